"""The billing API ``crow``: routes, and types of requests and responses.

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

#: The header with the id of the organisation that a checkout is for.
ORGANIZATION = "X-Organization-Id"

BillingPeriod = Literal["monthly", "annual"]
Name = Annotated[str, Meta(min_length=1, max_length=200)]


class Modules(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The modules, each switched on or off."""

    web: bool = False
    cctv: bool = False
    social: bool = False


class NewBuilder(Wire, frozen=True, kw_only=True):
    """A new billing builder: the draft of an order. It belongs to the caller's organisation."""

    organization_id: Name | None = None
    modules: Modules = Modules()
    pay_as_you_go: bool = False
    billing_period: BillingPeriod = "monthly"
    onboarding_id: Name | None = None


class BuilderChange(Wire, frozen=True, kw_only=True):
    """The fields to change. ``modules`` replaces all modules."""

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
    """A checkout of a billing builder's order. ``plan`` defaults to ``pro``."""

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
    """A subscription of the caller's organisation that was agreed without a checkout."""

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
