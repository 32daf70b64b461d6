"""A tenant's invoices and payments: a pure fold over Stripe's events about its customer.

| event | what it does |
| --- | --- |
| `invoice.payment_succeeded` | the invoice is paid |
| `invoice.payment_failed` | the invoice is overdue |
| `payment_intent.succeeded` | the payment is recorded |
| `payment_intent.payment_failed` | the failure is recorded |

What `checkout.session.completed` and `customer.subscription.*` do is in
`keystead_stub.billing.billing_state`.
The events are put in their own order, so late and repeated deliveries end in the same records.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from keystead.wire.stripe_integration import Invoice, Payment
from keystead_stub.stripe_types.events import (
    StripeEvent,
    instant,
    paid_until,
    subscription_of_invoice,
    text,
    within,
)

_PAYMENTS = ("payment_intent.succeeded", "payment_intent.payment_failed")
_FAILED = "invoice.payment_failed"
#: A preview of the next invoice, which Stripe creates later under another id.
_PREVIEW = "invoice.upcoming"
#: The status by event type, for invoices without a status.
_STATUS_OF_TYPE = {"invoice.payment_succeeded": "paid", "invoice.paid": "paid"}
#: The order of statuses, which decides between two events of one second.
_PROGRESS = ("draft", "open", "uncollectible", "void", "paid")


def invoices_of(events: Iterable[StripeEvent]) -> tuple[Invoice, ...]:
    """Return the invoices, the newest first."""
    invoices: dict[str, Invoice] = {}
    overdue: set[str] = set()
    invoice_events = [
        event
        for event in _ordered(events)
        if event.object.get("object") == "invoice" and event.type != _PREVIEW
    ]
    for event in sorted(invoice_events, key=lambda event: (event.created_ms, _progress(event))):
        invoice_id = text(event.object.get("id"))
        if invoice_id is None:
            continue
        if event.type == _FAILED:
            overdue.add(invoice_id)
        invoices[invoice_id] = _invoice(invoice_id, event, overdue=invoice_id in overdue)
    return tuple(sorted(invoices.values(), key=lambda one: (-one.created_at, one.id)))


def payments_of(events: Iterable[StripeEvent]) -> tuple[Payment, ...]:
    """Return payments and failures, the newest first. One intent may fail and then succeed."""
    payments = [_payment(event) for event in _ordered(events) if event.type in _PAYMENTS]
    return tuple(reversed(payments))


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
        id=invoice_id,
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
    )


def _payment(event: StripeEvent) -> Payment:
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


def _amount(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
