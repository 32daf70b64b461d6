"""A tenant's invoices and payments, as Stripe's events about its customer describe them. Pure.

| event | what it does |
| --- | --- |
| `invoice.payment_succeeded` | the invoice is paid |
| `invoice.payment_failed` | the invoice is overdue |
| `payment_intent.succeeded` | the payment is recorded |
| `payment_intent.payment_failed` | the failure is recorded |

What `checkout.session.completed` and `customer.subscription.*` do is in
`keystead_stub.billing.billing_state`. `record_writer` writes what follows from an event.
Which event is the last is decided by what the events say (`billing.facts.statements`), so late and
repeated deliveries end in the same records.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from keystead_stub.billing.facts.event_fields import stated
from keystead_stub.billing.facts.object_progress import invoice_progress
from keystead_stub.billing.facts.statements import Statements, join, last
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.events import StripeEvent, instant, text, within
from keystead_stub.stripe_types.object_shapes import paid_until, subscription_of_invoice

Status = Literal["draft", "open", "paid", "overdue", "void", "uncollectible"]

_PAYMENTS = ("payment_intent.succeeded", "payment_intent.payment_failed")
_FAILED = "invoice.payment_failed"
#: A preview of the next invoice, which Stripe creates later under another id.
_PREVIEW = "invoice.upcoming"
#: The status by event type, for invoices without a status.
_STATUS_OF_TYPE = {"invoice.payment_succeeded": "paid", "invoice.paid": "paid"}


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
    stated_of: dict[str, Statements[Invoice]] = {}
    failed: set[str] = set()
    for event in events:
        invoice_id = invoice_named(event)
        if invoice_id is None or event.object.get("object") != "invoice":
            continue
        if event.type == _FAILED:
            failed.add(invoice_id)
        said = _stated(invoice_id, event)
        stated_of[invoice_id] = join(stated_of.get(invoice_id, ()), said)
    found = [
        _overdue(last(said, _progress)) if invoice_id in failed else last(said, _progress)
        for invoice_id, said in stated_of.items()
    ]
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


def _stated(invoice_id: str, event: StripeEvent) -> Statements[Invoice]:
    # An invoice's status tells more about the order within a second than the types of its events.
    at = (event.created_ms, 0)
    return stated(event, lambda body: _invoice(invoice_id, event, body), at)


def _progress(invoice: Invoice) -> tuple[int, int]:
    return invoice_progress(invoice.status), invoice.amount_paid


def _overdue(invoice: Invoice) -> Invoice:
    return (
        msgspec.structs.replace(invoice, status="overdue") if invoice.status == "open" else invoice
    )


def _invoice(invoice_id: str, event: StripeEvent, body: Document) -> Invoice:
    status: Any = text(body.get("status")) or _STATUS_OF_TYPE.get(event.type, "open")
    return Invoice(
        number=text(body.get("number")),
        status=status,
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
