"""What a timer does when its instant comes."""

from __future__ import annotations

from collections.abc import Callable

from keystead_stub.stripe_.simulated import (
    buying,
    checkout,
    coupons,
    drafts,
    funds,
    intents,
    lifecycle,
    subscribing,
    trials,
    upcoming,
)
from keystead_stub.stripe_.simulated.ledger import Ledger
from keystead_stub.stripe_.simulated.moments import Timer
from keystead_stub.subscriptions import Cause, Status


def _renew(ledger: Ledger, subscription_id: str) -> None:
    subscription = ledger.get("subscription", subscription_id)
    if subscription["status"] == Status.TRIALING:
        trials.end(ledger, subscription)
    else:
        lifecycle.apply(ledger, subscription, Cause.PERIOD_ENDED)


def _retry(ledger: Ledger, invoice_id: str) -> None:
    invoice = ledger.get("invoice", invoice_id)
    if invoice["status"] == "open":
        lifecycle.collect(ledger, invoice)


def _expire(ledger: Ledger, session_id: str) -> None:
    checkout.expire(ledger, session_id)


_KINDS: dict[str, Callable[[Ledger, str], None]] = {
    "renew": _renew,
    "upcoming": upcoming.announce,
    "retry": _retry,
    "expire": _expire,
    "advance": drafts.advance,
    "overdue": drafts.overdue,
    "debit": buying.debit_known,
    "never_paid": subscribing.never_paid,
    "intent_debit": intents.debit_known,
    "trial_will_end": trials.will_end,
    "coupon_over": coupons.coupon_over,
    "code_over": coupons.code_over,
    "discount_over": coupons.discount_over,
    "settle": funds.settle,
    "arrive": funds.arrive,
}


def run(ledger: Ledger, timer: Timer) -> None:
    """Do what was due."""
    _KINDS[timer.kind](ledger, timer.object_id)
