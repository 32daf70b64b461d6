"""Money beside subscriptions, as it is asked for: payments, invoices of one's own, refunds.

Instants are epoch milliseconds, amounts integers in the currency's smallest unit.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.requests import FutureUsage, InlinePrice

#: How one can pay here.
METHOD_TYPES = ("card", "sepa_debit")
CollectionMethod = Literal["charge_automatically", "send_invoice"]


class NewPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment intent to be made (https://docs.stripe.com/api/payment_intents/create).

    `method` is a payment method's id or the name of a test card. With `confirm` it is charged at
    once; `off_session` says that the person is not there to be asked. A `manual` capture holds the
    money until it is captured.
    """

    amount: int
    currency: str
    customer_id: str | None = None
    description: str | None = None
    metadata: dict[str, str] = {}
    method: str | None = None
    confirm: bool = False
    off_session: bool = False
    automatic_methods: bool = True
    method_types: tuple[str, ...] = METHOD_TYPES
    capture_method: Literal["automatic", "manual"] = "automatic"
    setup_future_usage: FutureUsage | None = None
    receipt_email: str | None = None
    return_url: str | None = None
    idempotency_key: str | None = None


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """How a payment intent is confirmed; without a method, with the one that it has."""

    method: str | None = None
    off_session: bool = False
    return_url: str | None = None
    receipt_email: str | None = None


class NewSetup(msgspec.Struct, frozen=True, kw_only=True):
    """A setup intent to be made (https://docs.stripe.com/api/setup_intents/create).

    `method` is a payment method's id or the name of a test card; with `confirm` it is set up at
    once, and is the customer's from then on, where there is one.
    """

    customer_id: str | None = None
    description: str | None = None
    metadata: dict[str, str] = {}
    method: str | None = None
    method_types: tuple[str, ...] = METHOD_TYPES
    usage: FutureUsage = "off_session"
    confirm: bool = False
    return_url: str | None = None
    idempotency_key: str | None = None


class NewRefund(msgspec.Struct, frozen=True, kw_only=True):
    """Money to be given back of a charge, or of a payment intent's: all that is left, or a part."""

    charge_id: str | None = None
    payment_intent_id: str | None = None
    amount: int | None = None
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = None
    metadata: dict[str, str] = {}
    idempotency_key: str | None = None


class NewInvoiceItem(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be billed: an `amount`, or `quantity` of a one-time price or of an inline one.

    It waits for the customer's next invoice, or goes on the draft that it names.
    """

    customer_id: str
    currency: str | None = None
    amount: int | None = None
    price_id: str | None = None
    price: InlinePrice | None = None
    quantity: int = 1
    description: str | None = None
    metadata: dict[str, str] = {}
    invoice_id: str | None = None
    idempotency_key: str | None = None


class NewInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice to be drafted; it takes in what waits to be billed, or nothing yet.

    Sent to the customer it is due in `days_until_due`; else the card on file is charged.
    """

    customer_id: str
    collection_method: CollectionMethod = "charge_automatically"
    days_until_due: int | None = None
    due_date_ms: int | None = None
    currency: str | None = None
    description: str | None = None
    footer: str | None = None
    metadata: dict[str, str] = {}
    auto_advance: bool = False
    takes_pending: bool = False
    method: str | None = None
    idempotency_key: str | None = None


def raise_if_declined(intent: Document) -> Document:
    """Return a payment or setup intent; raise PaymentRefused where its last attempt was declined.

    To be called outside of the transaction: the failed attempt stays on the intent.
    """
    kind = intent["object"]
    error = intent["last_payment_error" if kind == "payment_intent" else "last_setup_error"]
    if error is not None and intent["status"] == "requires_payment_method":
        about = {**error, kind: intent}
        raise PaymentRefused(error["message"], code=error["code"], about=about)
    return intent


class PaymentRefused(StripeError):
    """A bank said no; `about` is what Stripe's error tells beside its code (`payment_intent`…)."""

    def __init__(self, sentence: str, *, code: str, about: Document) -> None:
        super().__init__(sentence, code=code, status=402)
        self.about = about
