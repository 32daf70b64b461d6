"""The actions of due timers, by their kind."""

from __future__ import annotations

from collections.abc import Callable

from keystead_stub.stripe_sim.engine.clock_and_lock import Timer
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.checkout_sessions import subscription_mode
from keystead_stub.stripe_sim.resources.coupons import operations as coupons
from keystead_stub.stripe_sim.resources.discounts import operations as discounts
from keystead_stub.stripe_sim.resources.invoices import operations as invoices
from keystead_stub.stripe_sim.resources.invoices import upcoming
from keystead_stub.stripe_sim.resources.payment_intents import operations as intents
from keystead_stub.stripe_sim.resources.payouts import operations as payouts
from keystead_stub.stripe_sim.resources.promotion_codes import operations as promotion_codes
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
    # It may have been paid or voided by hand since the timer was set.
    if invoice["status"] == "open":
        lifecycle.collect(work, invoice)


def _expire(work: UnitOfWork, session_id: str) -> None:
    checkout.expire(work, session_id)


_KINDS: dict[str, Callable[[UnitOfWork, str], None]] = {
    "renew": _renew,
    "upcoming": upcoming.send_upcoming,
    "retry": _retry,
    "expire": _expire,
    "advance": invoices.advance,
    "overdue": invoices.mark_overdue,
    "debit": subscription_mode.finish_processing,
    "never_paid": create.expire_incomplete,
    "intent_debit": intents.finish_processing,
    "trial_will_end": trials.send_notice,
    "coupon_over": coupons.expire,
    "code_over": promotion_codes.expire,
    "discount_over": discounts.expire,
    "settle": payouts.create_due,
    "arrive": payouts.arrive,
}


def run(work: UnitOfWork, timer: Timer) -> None:
    """Run the action of a due timer."""
    _KINDS[timer.kind](work, timer.object_id)
