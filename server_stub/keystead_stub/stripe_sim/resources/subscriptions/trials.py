"""Trials: the notice before their end, and their end.

https://docs.stripe.com/billing/subscriptions/trials
"""

from __future__ import annotations

import msgspec

from keystead_stub.stripe_sim.engine.calendar import DAY_S
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.invoices.lines import Line
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle
from keystead_stub.stripe_sim.resources.subscriptions import rules as subscriptions
from keystead_stub.stripe_sim.resources.subscriptions.rules import Cause, Status

#: How long before its end a trial is announced; a shorter trial is announced at its start.
_NOTICE_S = 3 * DAY_S
WILL_END = "customer.subscription.trial_will_end"


def free_line(cycle: Line) -> Line:
    """Return the line of a trial's own invoice."""
    words = f"Trial period for {cycle.description}"
    return msgspec.structs.replace(cycle, amount=0, description=words)


def schedule_notice(work: UnitOfWork, subscription: Json) -> None:
    """Schedule the notice three days before the end of a trial, or send it now."""
    if subscription["trial_end"] is None:
        return
    due_s = subscription["trial_end"] - _NOTICE_S
    if due_s > work.now_s:
        work.set_timer(due_s, "trial_will_end", subscription["id"])
    else:
        work.emit(WILL_END, subscription)


def send_notice(work: UnitOfWork, subscription_id: str) -> None:
    subscription = work.get("subscription", subscription_id)
    # It may have been canceled or paused since the timer was set.
    if subscription["status"] == Status.TRIALING:
        work.emit(WILL_END, subscription)


def end(work: UnitOfWork, subscription: Json) -> None:
    """End a trial: bill it, or without a payment method do what `end_behavior` says."""
    customer = work.get("customer", subscription["customer"])
    cause = subscriptions.end_of_trial(
        lifecycle.life_of(subscription),
        can_be_charged=payment_methods.default_for(work, customer, subscription) is not None,
        otherwise=subscription["trial_settings"]["end_behavior"]["missing_payment_method"],
    )
    lifecycle.apply(work, subscription, cause)
    # In addition to the update, as when it is paused by hand.
    if cause is Cause.PAUSE:
        work.emit("customer.subscription.paused", subscription)
