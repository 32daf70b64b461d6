"""The billing API ``stripe-integration``: routes, and types of requests and responses.

Instants are epoch ms; amounts are in the currency's smallest unit.
"""

from __future__ import annotations

from typing import Literal

from keystead.wire.fields import PlanCheckoutFields, Wire
from keystead.wire.nyra import PaymentMethod

BASE = "/api/v1/billing"
CHECKOUT = f"{BASE}/stripe/checkout"
PORTAL = f"{BASE}/stripe/portal"
WEBHOOK = f"{BASE}/stripe/webhook"
INVOICES = f"{BASE}/invoices"
#: The path segment after an invoice's id.
PAYMENT_INTENT = "payment-intent"
SUBSCRIPTION = f"{BASE}/subscription"
PAYMENTS = f"{BASE}/payments"
PLANS = f"{BASE}/plans"


class CheckoutRequest(PlanCheckoutFields, frozen=True, kw_only=True):
    """The body of a checkout request. The plan and the tenant are in the query."""


class CheckoutAnswer(Wire, frozen=True, kw_only=True):
    session_url: str
    session_id: str
    expires_at: int


class PortalAnswer(Wire, frozen=True, kw_only=True):
    portal_url: str
    expires_at: int


class PaymentIntentAnswer(Wire, frozen=True, kw_only=True):
    client_secret: str


class Invoice(Wire, frozen=True, kw_only=True):
    """``id`` is the tenant's own. Status ``overdue`` is an open invoice whose payment failed.

    ``reason`` is as in the native billing API.
    """

    id: str
    number: str | None
    status: Literal["draft", "open", "paid", "overdue", "void", "uncollectible"]
    amount_due: int
    amount_paid: int
    currency: str
    created_at: int
    period_end: int | None
    hosted_url: str | None
    stripe_invoice_id: str
    stripe_subscription_id: str | None
    stripe_payment_intent_id: str | None = None
    reason: str | None = None


class InvoicesAnswer(Wire, frozen=True, kw_only=True):
    """``payment_method`` is charged for the next invoice; None if unknown."""

    invoices: tuple[Invoice, ...]
    payment_method: PaymentMethod | None = None


class Payment(Wire, frozen=True, kw_only=True):
    """A payment intent that succeeded or failed; ``failure`` is Stripe's error code."""

    id: str
    status: Literal["succeeded", "failed"]
    amount: int
    currency: str
    at: int
    failure: str | None
    stripe_payment_intent_id: str
    stripe_charge_id: str | None


class PaymentsAnswer(Wire, frozen=True, kw_only=True):
    payments: tuple[Payment, ...]


class Subscription(Wire, frozen=True, kw_only=True):
    """The tenant's subscription; ``plan`` is null if there has never been one."""

    tenant_id: str
    tenant_status: Literal["active", "inactive"] = "inactive"
    plan: str | None = None
    status: str | None = None
    seats: int = 0
    current_period_end: int | None = None
    cancel_at_period_end: bool = False
    stripe_customer_id: str | None = None
    stripe_subscription_id: str | None = None
    stripe_price_id: str | None = None
