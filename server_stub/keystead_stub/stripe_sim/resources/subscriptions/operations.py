"""Operations on subscriptions: https://docs.stripe.com/api/subscriptions."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine.errors import invalid_request, invalid_state
from keystead_stub.stripe_sim.engine.objects import Json, merged
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.customers import operations as customers
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle
from keystead_stub.stripe_sim.resources.subscriptions.rules import Cause, Status


def retrieve(work: UnitOfWork, subscription_id: str) -> Json:
    """Return a subscription whose customer was not deleted; raises `resource_missing`."""
    subscription = work.get("subscription", subscription_id)
    # A deleted customer's subscriptions can be read, but no longer changed.
    customers.retrieve(work, subscription["customer"])
    return subscription


def find(work: UnitOfWork, customer_id: str, subscription_id: str | None = None) -> Json:
    """Return the customer's subscription of this id, or their current one where none is named.

    Raises StripeError `resource_missing`.
    """
    customers.retrieve(work, customer_id)
    if subscription_id is not None:
        return work.get("subscription", subscription_id)
    subscription = lifecycle.current(work, customer_id)
    if subscription is None:
        raise invalid_request(
            "This customer has no subscription.", code="resource_missing", status=404
        )
    return subscription


def describe(work: UnitOfWork, subscription: Json, fields: dict[str, Any]) -> None:
    """Set the description or metadata; `metadata` is merged."""
    work.change(subscription, lifecycle.UPDATED, **merged(subscription, fields))


def cancel(
    work: UnitOfWork, subscription: Json, *, at_period_end: bool, invoice_now: bool = False
) -> None:
    """Cancel now or at the period's end; `invoice_now` bills pending items at once."""
    cause = Cause.CANCEL_AT_PERIOD_END if at_period_end else Cause.CANCEL_NOW
    reason = lifecycle.CANCELLATION_REQUESTED
    lifecycle.apply(work, subscription, cause, reason=reason, invoice_now=invoice_now)


def cancel_now(work: UnitOfWork, subscription_id: str, *, invoice_now: bool = False) -> Json:
    subscription = retrieve(work, subscription_id)
    cancel(work, subscription, at_period_end=False, invoice_now=invoice_now)
    return subscription


def resume_now(work: UnitOfWork, subscription_id: str) -> Json:
    subscription = retrieve(work, subscription_id)
    resume(work, subscription)
    return subscription


def resume(work: UnitOfWork, subscription: Json) -> None:
    """End a pause, of the subscription or of its collection, or a scheduled cancellation."""
    if subscription["status"] == Status.PAUSED:
        customer = work.get("customer", subscription["customer"])
        # A resumed subscription is billed at once if its period is over.
        if payment_methods.default_for(work, customer) is None:
            raise invalid_state("There is no card to charge: add one first.")
        lifecycle.apply(work, subscription, Cause.RESUME)
        work.emit("customer.subscription.resumed", subscription)
    elif subscription["pause_collection"]:
        work.change(subscription, lifecycle.UPDATED, pause_collection=None)
    elif subscription["cancel_at_period_end"] and not lifecycle.has_ended(subscription):
        lifecycle.apply(work, subscription, Cause.KEEP)
    else:
        raise invalid_state("There is no pause and no cancellation to take back.")


def pause(work: UnitOfWork, subscription: Json) -> None:
    """Pause the subscription itself: its status becomes `paused`."""
    lifecycle.apply(work, subscription, Cause.PAUSE)
    # In addition to the update: Stripe has events of its own for `paused` and `resumed`.
    work.emit("customer.subscription.paused", subscription)


def pause_collection(work: UnitOfWork, subscription: Json) -> None:
    """Void new invoices until resumed; the status stays.

    https://docs.stripe.com/billing/subscriptions/pause-payment
    """
    if subscription["status"] != Status.ACTIVE:
        raise invalid_state("Only an active subscription can pause its collection.")
    halt = {"behavior": "void", "resumes_at": None}
    work.change(subscription, lifecycle.UPDATED, pause_collection=halt)
