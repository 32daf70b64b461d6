"""A tenant's invoices and payments, as Stripe's events about its customer describe them. Pure.

| event | what it does |
| --- | --- |
| `invoice.payment_succeeded` | the invoice is paid |
| `invoice.payment_failed` | the invoice is overdue |
| `payment_intent.succeeded` | the payment is recorded |
| `payment_intent.payment_failed` | the failure is recorded |

What `checkout.session.completed` and `customer.subscription.*` do is in
`keystead_stub.billing.billing_state`. `record_writer` writes what follows from an event.
The events are put in their own order, so late and repeated deliveries end in the same records.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from keystead_stub.stripe_types.events import StripeEvent, instant, text, within
from keystead_stub.stripe_types.object_shapes import paid_until, subscription_of_invoice

Status = Literal["draft", "open", "paid", "overdue", "void", "uncollectible"]

_PAYMENTS = ("payment_intent.succeeded", "payment_intent.payment_failed")
_FAILED = "invoice.payment_failed"
#: A preview of the next invoice, which Stripe creates later under another id.
_PREVIEW = "invoice.upcoming"
#: The status by event type, for invoices without a status.
_STATUS_OF_TYPE = {"invoice.payment_succeeded": "paid", "invoice.paid": "paid"}
#: The order of statuses, which decides between two events of one second.
_PROGRESS = ("draft", "open", "uncollectible", "void", "paid")


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice at Stripe. Status ``overdue`` is an open invoice whose payment failed."""

    number: str | None
    status: Status
    amount_due: int
    amount_paid: int
    currency: str
    created_at: int
    period_end: int | None
    hosted_url: str | None
    stripe_invoice_id: str
    stripe_subscription_id: str | None
    #: Null where the invoice doesn't name it, as in the pinned API version.
    stripe_payment_intent_id: str | None


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment intent that succeeded or failed; ``failure`` is Stripe's error code."""

    id: str
    status: Literal["succeeded", "failed"]
    amount: int
    currency: str
    at: int
    failure: str | None
    stripe_payment_intent_id: str
    stripe_charge_id: str | None


def invoice_named(event: StripeEvent) -> str | None:
    """Return the id of the invoice that an event is about; a preview is none."""
    if event.type.startswith("invoice_payment."):
        return text(event.object.get("invoice"))
    if event.object.get("object") != "invoice" or event.type == _PREVIEW:
        return None
    return text(event.object.get("id"))


def invoices_of(events: Iterable[StripeEvent]) -> tuple[Invoice, ...]:
    """Return the invoices, the newest first."""
    invoices: dict[str, Invoice] = {}
    overdue: set[str] = set()
    about = [event for event in _ordered(events) if event.object.get("object") == "invoice"]
    for event in sorted(about, key=lambda event: (event.created_ms, _progress(event))):
        invoice_id = invoice_named(event)
        if invoice_id is None:
            continue
        if event.type == _FAILED:
            overdue.add(invoice_id)
        invoices[invoice_id] = _invoice(invoice_id, event, overdue=invoice_id in overdue)
    found = invoices.values()
    return tuple(sorted(found, key=lambda one: (-one.created_at, one.stripe_invoice_id)))


def payment_of(event: StripeEvent) -> Payment | None:
    """Return the payment or failure that an event reports. One intent may fail and then succeed."""
    if event.type not in _PAYMENTS:
        return None
    intent, body = text(event.object.get("id")) or "", event.object
    failed = event.type.endswith("payment_failed")
    error = within(body, "last_payment_error")
    return Payment(
        id=event.id,
        status="failed" if failed else "succeeded",
        amount=_amount(body.get("amount")),
        currency=text(body.get("currency")) or "",
        at=event.created_ms,
        failure=(
            text(within(error, "decline_code")) or text(within(error, "code")) if failed else None
        ),
        stripe_payment_intent_id=intent,
        stripe_charge_id=text(body.get("latest_charge")),
    )


def _ordered(events: Iterable[StripeEvent]) -> list[StripeEvent]:
    # By id first, because Stripe may deliver an event more than once.
    return sorted({event.id: event for event in events}.values(), key=lambda event: event.order)


def _status(event: StripeEvent) -> str:
    return text(event.object.get("status")) or _STATUS_OF_TYPE.get(event.type, "open")


def _progress(event: StripeEvent) -> int:
    status = _status(event)
    return _PROGRESS.index(status) if status in _PROGRESS else 0


def _invoice(invoice_id: str, event: StripeEvent, *, overdue: bool) -> Invoice:
    body: dict[str, Any] = event.object
    status: Any = _status(event)
    return Invoice(
        number=text(body.get("number")),
        status="overdue" if status == "open" and overdue else status,
        amount_due=_amount(body.get("amount_due")),
        amount_paid=_amount(body.get("amount_paid")),
        currency=text(body.get("currency")) or "",
        created_at=instant(body.get("created")) or event.created_ms,
        period_end=paid_until(body),
        hosted_url=text(body.get("hosted_invoice_url")),
        stripe_invoice_id=invoice_id,
        stripe_subscription_id=subscription_of_invoice(body),
        # API versions before 2025-03-31.basil.
        stripe_payment_intent_id=text(body.get("payment_intent")),
    )


def _amount(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
