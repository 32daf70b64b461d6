"""Read what an event reports about money that goes back: charges, refunds, disputes. Pure."""

from __future__ import annotations

from collections.abc import Callable

from keystead_stub.billing.billing_history import EMPTY, BillingHistory, Charge, Dispute
from keystead_stub.billing.facts.event_fields import amount, created_ms, stated
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.events import StripeEvent, text

#: Dispute statuses in which the customer's payment stands, beside those of an inquiry, which
#: takes no money (https://docs.stripe.com/api/disputes/object#dispute_object-status).
_SETTLED_FOR_US = frozenset({"won", "prevented"})
_INQUIRY = "warning_"
#: Statuses of a refund whose money stays with the seller.
_FAILED_REFUND = frozenset({"failed", "canceled"})


def _charge(event: StripeEvent) -> BillingHistory:
    charge = event.object
    charge_id = text(charge.get("id"))
    # What was only authorized has paid for nothing.
    if charge_id is None or charge.get("captured") is False:
        return EMPTY
    return BillingHistory(charges={charge_id: stated(event, lambda body: _charge_of(event, body))})


def _charge_updated(event: StripeEvent) -> BillingHistory:
    changed = event.previous
    # Stripe updates each charge for other reasons, too, which need not be kept.
    if changed is not None and not {"refunded", "amount_refunded"} & changed.keys():
        return EMPTY
    return _charge(event)


def _charge_of(event: StripeEvent, charge: Document) -> Charge:
    invoice = text(charge.get("invoice"))
    return Charge(
        made_ms=created_ms(event),
        intent=text(charge.get("payment_intent")),
        # Before basil a charge named its invoice, null for none.
        invoice="" if invoice is None and "invoice" in charge else invoice,
        amount=amount(charge.get("amount")),
        amount_refunded=amount(charge.get("amount_refunded")),
        # `refunded` is true once the whole charge went back; a partial refund leaves the purchase.
        refunded=charge.get("refunded") is True,
        currency=text(charge.get("currency")),
    )


def _refund(event: StripeEvent) -> BillingHistory:
    refund = event.object
    if event.type != "refund.failed" and refund.get("status") not in _FAILED_REFUND:
        return EMPTY
    named = [text(refund.get("charge")), text(refund.get("payment_intent"))]
    return BillingHistory(failed_refunds={one: event.moment for one in named if one})


def _disputed(event: StripeEvent) -> BillingHistory:
    dispute_id = text(event.object.get("id"))
    if dispute_id is None:
        return EMPTY
    return BillingHistory(
        disputes={dispute_id: stated(event, lambda body: _dispute_of(event, body))}
    )


def _dispute_of(event: StripeEvent, dispute: Document) -> Dispute:
    status = text(dispute.get("status")) or "needs_response"
    back = event.type == "charge.dispute.funds_reinstated"
    return Dispute(
        made_ms=created_ms(event),
        intent=text(dispute.get("payment_intent")),
        charge=text(dispute.get("charge")),
        amount=amount(dispute.get("amount")),
        status=status,
        currency=text(dispute.get("currency")),
        takes=not (back or status in _SETTLED_FOR_US or status.startswith(_INQUIRY)),
    )


READERS: dict[str, Callable[[StripeEvent], BillingHistory]] = {
    "charge.refunded": _charge,
    "charge.updated": _charge_updated,
    "charge.refund.updated": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.dispute.created": _disputed,
    "charge.dispute.updated": _disputed,
    "charge.dispute.funds_withdrawn": _disputed,
    "charge.dispute.funds_reinstated": _disputed,
    "charge.dispute.closed": _disputed,
}
