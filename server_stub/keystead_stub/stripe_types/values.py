"""Stripe's objects as typed values, the same from simulated and from live Stripe.

Instants are epoch milliseconds (`…_ms`); amounts are integers in the currency's smallest unit.
`document` is the object as Stripe's API gives it, and is read only.
"""

from typing import Literal

import msgspec

from keystead_stub.stripe_types.api import Document

Interval = Literal["month", "year"]
CheckoutMode = Literal["subscription", "payment"]
CheckoutStatus = Literal["open", "complete", "expired"]
PaymentStatus = Literal["paid", "unpaid", "no_payment_required"]
InvoiceStatus = Literal["draft", "open", "paid", "uncollectible", "void"]
PortalFlow = Literal["payment_method_update", "subscription_cancel", "subscription_update"]


class CheckoutSession(msgspec.Struct, frozen=True, kw_only=True):
    """A checkout session; `url` is null once the session is no longer open."""

    id: str
    mode: CheckoutMode
    status: CheckoutStatus
    payment_status: PaymentStatus
    url: str | None
    created_ms: int
    expires_at_ms: int
    customer_id: str | None
    customer_email: str | None
    subscription_id: str | None
    payment_intent_id: str | None
    client_reference_id: str | None
    metadata: dict[str, str]
    amount_subtotal: int | None
    amount_total: int | None
    currency: str | None
    success_url: str | None
    cancel_url: str | None
    locale: str | None
    document: Document


class PortalSession(msgspec.Struct, frozen=True, kw_only=True):
    """A customer portal session. Stripe's object has no expiry: `expires_at_ms` assumes an hour."""

    id: str
    url: str
    customer_id: str
    return_url: str | None
    flow: PortalFlow | None
    created_ms: int
    expires_at_ms: int
    document: Document


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice."""

    id: str
    number: str | None
    status: InvoiceStatus
    customer_id: str
    subscription_id: str | None
    currency: str
    subtotal: int
    total: int
    amount_due: int
    amount_paid: int
    amount_remaining: int
    created_ms: int
    period_start_ms: int
    period_end_ms: int
    attempt_count: int
    next_payment_attempt_ms: int | None
    hosted_invoice_url: str | None
    document: Document


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription; price, interval, quantity and period are those of its main item.

    The quantity of a metered item is 1.
    """

    id: str
    status: str
    customer_id: str
    price_id: str
    interval: Interval
    quantity: int
    current_period_start_ms: int
    current_period_end_ms: int
    cancel_at_period_end: bool
    trial_end_ms: int | None
    ended_at_ms: int | None
    collection_paused: bool
    latest_invoice_id: str | None
    metadata: dict[str, str]
    document: Document


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a payment method that may be shown; `brand` is `sepa_debit` for a bank debit."""

    payment_method_id: str
    brand: str
    last4: str
    exp_month: int | None
    exp_year: int | None


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer. A deleted one keeps its id."""

    id: str
    email: str | None
    name: str | None
    created_ms: int
    deleted: bool
    metadata: dict[str, str]
    card: Card | None
    document: Document
