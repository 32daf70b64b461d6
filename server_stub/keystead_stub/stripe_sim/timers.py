"""What a timer does when its instant comes."""

from __future__ import annotations

from collections.abc import Callable

from keystead_stub.stripe_sim.engine.clock_and_lock import Timer
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.balance_transactions import operations as funds
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.checkout_sessions import subscription_mode
from keystead_stub.stripe_sim.resources.coupons import operations as coupons
from keystead_stub.stripe_sim.resources.invoices import drafts, upcoming
from keystead_stub.stripe_sim.resources.payment_intents import operations as intents
from keystead_stub.stripe_sim.resources.subscriptions import create, lifecycle, trials
from keystead_stub.stripe_sim.resources.subscriptions.rules import Cause, Status


def _renew(work: UnitOfWork, subscription_id: str) -> None:
    subscription = work.get("subscription", subscription_id)
    if subscription["status"] == Status.TRIALING:
        trials.end(work, subscription)
    else:
        lifecycle.apply(work, subscription, Cause.PERIOD_ENDED)


def _retry(work: UnitOfWork, invoice_id: str) -> None:
    invoice = work.get("invoice", invoice_id)
    if invoice["status"] == "open":
        lifecycle.collect(work, invoice)


def _expire(work: UnitOfWork, session_id: str) -> None:
    checkout.expire(work, session_id)


_KINDS: dict[str, Callable[[UnitOfWork, str], None]] = {
    "renew": _renew,
    "upcoming": upcoming.announce,
    "retry": _retry,
    "expire": _expire,
    "advance": drafts.advance,
    "overdue": drafts.overdue,
    "debit": subscription_mode.debit_known,
    "never_paid": create.never_paid,
    "intent_debit": intents.debit_known,
    "trial_will_end": trials.will_end,
    "coupon_over": coupons.coupon_over,
    "code_over": coupons.code_over,
    "discount_over": coupons.discount_over,
    "settle": funds.settle,
    "arrive": funds.arrive,
}


def run(work: UnitOfWork, timer: Timer) -> None:
    """Do what was due."""
    _KINDS[timer.kind](work, timer.object_id)
