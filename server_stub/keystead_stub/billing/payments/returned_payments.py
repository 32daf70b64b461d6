"""Match refunds and disputes to the payments that they take back. Pure.

Money that goes back ends only what its own payment has bought, and only if all of that payment
goes back. Stripe names the payment by its intent, and the invoice that an intent has paid in an
event of its own. Where no event has reported the invoice, amount and time tell which one it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from keystead.instants import HOUR_MS
from keystead_stub.billing.billing_history import BillingHistory, Charge, Dispute, KnownInvoice
from keystead_stub.billing.facts.object_progress import charge_progress, dispute_progress
from keystead_stub.billing.facts.statements import Statements, last

#: How far the times of one payment's charge and invoice may be apart.
_SLACK_MS = HOUR_MS


_UNKNOWN: tuple[int | None, str | None] = (None, None)


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """Money of one payment that went back, or is withheld while it is disputed.

    `amount` is null for all of the payment, of which `paid` is the amount, null if unknown.
    `payments` are the payment's known ids, and `invoice` is "" where it paid for none.
    """

    disputed: bool
    amount: int | None
    paid: int | None
    currency: str | None
    made_ms: int
    payments: tuple[str, ...]
    invoice: str | None


def of_invoices(history: BillingHistory) -> dict[str, str]:
    """The invoices whose whole payment went back, each with the reason."""
    known = [one for invoices in history.invoices.values() for one in invoices]
    by_invoice: dict[str, list[Returned]] = {}
    unmatched = []
    for one in returned(history):
        invoice = _invoice_of(history, one)
        if invoice:
            by_invoice.setdefault(invoice, []).append(one)
        elif invoice is None:
            unmatched.append(one)
    for invoice_id, one in _match(history, known, unmatched):
        by_invoice.setdefault(invoice_id, []).append(one)
    details = {one.invoice_id: one.details.value for one in known}
    paid = {name: (one.amount_paid, one.currency) for name, one in details.items()}
    bought = history.purchases.items()
    paid |= {name: (one.value.amount_paid, one.value.currency) for name, one in bought}
    reasons = (
        (
            invoice_id,
            _reason(found, *paid.get(invoice_id, _UNKNOWN), _payments_of(history, invoice_id)),
        )
        for invoice_id, found in by_invoice.items()
    )
    return {invoice_id: reason for invoice_id, reason in reasons if reason}


def of_purchase(
    history: BillingHistory,
    by_invoice: Mapping[str, str],
    intent: str | None,
    paid: int | None,
    currency: str | None = None,
) -> str | None:
    """Why the payment of `paid` by this intent no longer stands, or null if it does."""
    if intent is None:
        return None
    if reason := by_invoice.get(history.invoice_of_payment.get(intent, "")):
        return reason
    return _reason([one for one in returned(history) if intent in one.payments], paid, currency, 1)


def returned(history: BillingHistory) -> list[Returned]:
    """All refunds and disputes that stand."""
    refunds = (_refund(history, *item) for item in sorted(history.charges.items()))
    disputes = (_dispute(statements) for _, statements in sorted(history.disputes.items()))
    return [one for one in (*refunds, *disputes) if one is not None]


def _refund(
    history: BillingHistory, charge_id: str, statements: Statements[Charge]
) -> Returned | None:
    charge = last(statements, _refund_progress)
    amount = None if charge.refunded else charge.amount_refunded or 0
    if amount == 0:
        return None
    failed = history.failed_refunds.get(charge_id)
    # A charge that was updated after the failure already leaves the failed refund out.
    if failed is not None and failed > statements[0].at:
        return None
    return Returned(
        disputed=False,
        amount=amount,
        paid=charge.amount,
        currency=charge.currency,
        made_ms=charge.made_ms,
        payments=tuple(filter(None, (charge_id, charge.intent))),
        invoice=charge.invoice,
    )


def _refund_progress(charge: Charge) -> tuple[int, ...]:
    return charge_progress(refunded=charge.refunded, amount_refunded=charge.amount_refunded)


def _dispute(statements: Statements[Dispute]) -> Returned | None:
    dispute = last(statements, _dispute_progress)
    if not dispute.takes:
        return None
    return Returned(
        disputed=True,
        amount=dispute.amount,
        paid=dispute.amount,
        currency=dispute.currency,
        made_ms=dispute.made_ms,
        payments=tuple(filter(None, (dispute.charge, dispute.intent))),
        invoice=None,
    )


def _dispute_progress(dispute: Dispute) -> int:
    return dispute_progress(dispute.status)


def _invoice_of(history: BillingHistory, one: Returned) -> str | None:
    """The invoice that the payment has paid, "" for none, null if it is unknown."""
    if one.invoice is not None:
        return one.invoice
    linked = (history.invoice_of_payment.get(payment) for payment in one.payments)
    found = next((invoice for invoice in linked if invoice), None)
    if found is None and history.other_intents & set(one.payments):
        return ""
    return found


def _match(
    history: BillingHistory, known: Iterable[KnownInvoice], unmatched: Iterable[Returned]
) -> Iterable[tuple[str, Returned]]:
    """Match payments without a known invoice to invoices without a known payment."""
    paid_by_others = set(history.invoice_of_payment.values())
    free = {
        one.invoice_id: one
        for one in known
        if one.paid and one.details.value.amount_paid and one.invoice_id not in paid_by_others
    }
    of_charge: dict[str, str] = {}
    for one in sorted(unmatched, key=lambda each: (each.made_ms, each.disputed, each.payments)):
        # A refund and a dispute of one charge are of one invoice.
        again = next((of_charge[name] for name in one.payments if name in of_charge), None)
        fitting = [each for each in free.values() if _fits(each, one)]
        newest = max(fitting, key=lambda each: (each.created_ms, each.invoice_id), default=None)
        invoice_id = again or (newest.invoice_id if newest else None)
        if invoice_id is None:
            continue
        # One charge pays one invoice: the next charge has paid another one.
        free.pop(invoice_id, None)
        of_charge |= dict.fromkeys(one.payments, invoice_id)
        yield invoice_id, one


def _fits(invoice: KnownInvoice, one: Returned) -> bool:
    paid_ms = invoice.paid[0] if invoice.paid else 0
    details = invoice.details.value
    if one.paid is not None and one.paid != details.amount_paid:
        return False
    if _differ(details.currency, one.currency):
        return False
    if one.disputed:
        # The time of the charge is not known: a dispute follows it by days.
        return paid_ms <= one.made_ms + _SLACK_MS
    return invoice.created_ms - _SLACK_MS <= one.made_ms <= paid_ms + _SLACK_MS


def _payments_of(history: BillingHistory, invoice_id: str) -> int:
    """How many payments are known to have paid the invoice; an intent and its charge are one."""
    paid = [name for name, one in history.invoice_of_payment.items() if one == invoice_id]
    intents = [name for name in paid if name.startswith("pi_")]
    return len(intents or paid)


def _reason(
    found: Iterable[Returned], paid: int | None, currency: str | None, payments: int
) -> str | None:
    """Why all of what was paid is gone, null where a part of it stays."""
    found = [_in(currency, one, payments) for one in found]
    refunds = [one for one in found if not one.disputed]
    if _covers(refunds, paid, payments):
        return "refunded"
    return "disputed" if _covers(found, paid, payments) else None


def _in(currency: str | None, one: Returned, payments: int) -> Returned:
    """What went back in the currency that was paid in; numbers of two currencies say nothing.

    A dispute may be in the currency of the settlement, or of the cardholder's bank: it is taken for
    all of its payment, as most are (docs.stripe.com/api/disputes/object, `amount`). A refund is in
    the currency of its charge (docs.stripe.com/currencies/disputes-refunds), where all of it is
    told by `refunded`.
    """
    if not _differ(currency, one.currency):
        return one
    # Of one among several payments it isn't known how much of the whole it was.
    is_whole = (one.disputed or one.amount is None) and payments <= 1
    amount = None if is_whole else 0
    return msgspec.structs.replace(one, amount=amount, paid=None)


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one.lower() != other.lower()


def _covers(found: Iterable[Returned], paid: int | None, payments: int) -> bool:
    total = 0
    for one in found:
        amount = one.amount if one.amount is not None or payments <= 1 else one.paid
        # All of the only payment, or of one whose amount is not known.
        if amount is None or (paid is None and amount >= (one.paid or 0)):
            return True
        total += amount
    return paid is not None and total >= max(paid, 1)
