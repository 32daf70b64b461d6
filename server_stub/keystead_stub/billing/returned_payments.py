"""Match refunds and disputes to the payments that they take back. Pure.

A refund ends only what its own payment has bought. Stripe names the payment by its intent, and
the invoice that an intent has paid in an event of its own, which may come later or never.
"""

from __future__ import annotations

from collections.abc import Callable

from keystead_stub.billing.billing_history import BillingHistory, ReturnedPayment


def of_subscription(history: BillingHistory) -> str | None:
    """Why the newest payment of a subscription no longer stands, or null if it does.

    An invoice of 0 is not a payment, so the newest payment may be older than that invoice.
    """
    newest = history.newest_payment

    def takes_newest(returned: ReturnedPayment) -> bool:
        if returned.intent in history.other_intents:
            return False
        paid = history.invoice_of_intent.get(returned.intent or "")
        if newest is None:
            return paid is None
        if paid is not None:
            return paid == newest.invoice_id
        # No event has reported which invoice the charge paid, so its time decides.
        return returned.made_ms >= newest.created_ms

    return _reason(history, takes_newest)


def of_purchase(history: BillingHistory, *, intent: str | None, invoice: str | None) -> str | None:
    """Why the payment of one purchase no longer stands, or null if it does."""

    def takes_this(returned: ReturnedPayment) -> bool:
        if returned.intent is None:
            return False
        paid = history.invoice_of_intent.get(returned.intent)
        return returned.intent == intent or (paid is not None and paid == invoice)

    return _reason(history, takes_this)


def _reason(history: BillingHistory, takes: Callable[[ReturnedPayment], bool]) -> str | None:
    if any(takes(refund.value) for refund in history.refunds.values()):
        return "refunded"
    if any(takes(one.value) for one in history.disputes.values() if one.value is not None):
        return "disputed"
    return None
