"""What goes over the wire of the billing API ``crow``: organisations, builders, modules.

Instants are epoch ms.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from keystead.wire.fields import CheckoutFields, ShortText, Wire

BASE = "/api/v1/billing"
BUILDERS = f"{BASE}/billing-builders"
CHECKOUT = f"{BASE}/checkout/session"
PORTAL = f"{BASE}/portal"
PLANS = f"{BASE}/plans"
INVOICES = f"{BASE}/invoices"
SUBSCRIPTIONS = f"{BASE}/subscriptions"
WEBHOOK = f"{BASE}/webhook"

#: Names the organisation that a checkout is for.
ORGANIZATION = "X-Organization-Id"

BillingPeriod = Literal["monthly", "annual"]
Name = Annotated[str, Meta(min_length=1, max_length=200)]


class Modules(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which modules are switched on."""

    web: bool = False
    cctv: bool = False
    social: bool = False


class NewBuilder(Wire, frozen=True, kw_only=True):
    """A draft of what an organisation wants before it pays; it is the caller's organisation."""

    organization_id: Name | None = None
    modules: Modules = Modules()
    pay_as_you_go: bool = False
    billing_period: BillingPeriod = "monthly"
    onboarding_id: Name | None = None


class BuilderChange(Wire, frozen=True, kw_only=True):
    """Only what is given is changed; modules are given as a whole."""

    modules: Modules | UnsetType = UNSET
    pay_as_you_go: bool | UnsetType = UNSET
    billing_period: BillingPeriod | UnsetType = UNSET
    onboarding_id: Name | UnsetType | None = UNSET


class Builder(Wire, frozen=True, kw_only=True):
    id: str
    organization_id: str
    modules: Modules
    pay_as_you_go: bool
    billing_period: BillingPeriod
    stripe_customer_id: str | None
    stripe_subscription_id: str | None
    status: Literal["draft", "active"]
    onboarding_id: str | None
    created_at: int


class CheckoutRequest(CheckoutFields, frozen=True, kw_only=True):
    """A checkout of what a builder holds. ``plan`` defaults to ``pro``."""

    billing_builder_id: Name
    plan: ShortText | None = None


class CheckoutAnswer(Wire, frozen=True, kw_only=True):
    session_id: str
    url: str
    expires_at: int


class Price(Wire, frozen=True, kw_only=True):
    """``amount`` is in the currency's smallest unit, per module and period."""

    price_id: str
    billing_period: BillingPeriod
    pay_as_you_go: bool
    amount: int
    currency: str
    per: Literal["module"] = "module"


class Plan(Wire, frozen=True, kw_only=True):
    plan: str
    name: str
    features: tuple[str, ...]
    modules: tuple[str, ...]
    prices: tuple[Price, ...]


class PlansAnswer(Wire, frozen=True, kw_only=True):
    plans: tuple[Plan, ...]


class NewSubscription(Wire, frozen=True, kw_only=True):
    """A subscription of the caller's organisation, as it was agreed outside of a checkout."""

    organization_id: Name | None = None
    modules: Modules = Modules()
    pay_as_you_go: bool = False
    billing_period: BillingPeriod = "monthly"
    stripe_customer_id: Name | None = None
    stripe_subscription_id: Name | None = None


class Subscription(Wire, frozen=True, kw_only=True):
    id: str
    organization_id: str
    stripe_customer_id: str | None
    stripe_subscription_id: str | None
    modules: Modules
    pay_as_you_go: bool
    billing_period: BillingPeriod
    status: Literal["active", "cancelled", "past_due"]
    current_period_start: int | None
    current_period_end: int | None
    created_at: int
    updated_at: int
