"""Subscriptions changed and ended; a checkout begins them."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_.interface import Document
from keystead_stub.stripe_.offers import NewChange
from keystead_stub.stripe_.rest.parameters import Parameters, invalid
from keystead_stub.stripe_.rest.writing.area import Area, ms_of
from keystead_stub.stripe_.simulated.stripe import SimulatedStripe


def update_subscription(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    subscription = stripe.retrieve("subscription", object_id)
    customer_id = subscription["customer"]
    if given.has("pause_collection"):
        _pause(stripe, customer_id, given)
    if given.has("cancel_at_period_end"):
        ends = given.flag("cancel_at_period_end")
        if ends and not subscription["cancel_at_period_end"]:
            stripe.cancel(customer_id, at_period_end=True)
        elif ends is False and subscription["cancel_at_period_end"]:
            stripe.resume(customer_id)
    change = _change(given)
    given.done()
    if change != NewChange():
        stripe.update_subscription(customer_id, change)
    return stripe.retrieve("subscription", object_id)


def _pause(stripe: SimulatedStripe, customer_id: str, given: Parameters) -> None:
    halt = given.rest_of("pause_collection")
    if isinstance(halt, str):
        # An empty text takes the pause away.
        stripe.resume(customer_id)
    else:
        stripe.pause(customer_id, behavior="collection")


def _change(given: Parameters) -> NewChange:
    items = [Parameters(one) for one in given.list("items") if isinstance(one, dict)]
    if len(items) > 1:
        raise invalid("items")
    item = items[0] if items else Parameters({})
    item.text("id")
    behavior: Any = given.text("proration_behavior")
    anchor: Any = given.text("billing_cycle_anchor") or "unchanged"
    if anchor not in {"now", "unchanged"}:
        raise invalid("billing_cycle_anchor")
    if behavior not in {None, "create_prorations", "always_invoice", "none"}:
        raise invalid("proration_behavior")
    quantity, price_id = item.whole("quantity"), item.text("price")
    item.done()
    if quantity is None and price_id is None and anchor == "unchanged":
        return NewChange()
    return NewChange(
        quantity=quantity,
        price_id=price_id,
        # Stripe's own default; ours is what a person expects who changes seats in a portal.
        proration_behavior=behavior or "create_prorations",
        proration_date_ms=ms_of(given.whole("proration_date")),
        billing_cycle_anchor=anchor,
    )


def cancel_subscription(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    for name in ("invoice_now", "prorate"):
        given.text(name)
    given.tree("cancellation_details")
    given.done()
    customer_id = stripe.retrieve("subscription", object_id)["customer"]
    stripe.cancel(customer_id, at_period_end=False)
    return stripe.retrieve("subscription", object_id)


def resume_subscription(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    for name in ("billing_cycle_anchor", "proration_behavior"):
        given.text(name)
    given.done()
    stripe.resume(stripe.retrieve("subscription", object_id)["customer"])
    return stripe.retrieve("subscription", object_id)


AREA = Area(
    update={"subscriptions": update_subscription},
    act={("subscriptions", "resume"): resume_subscription},
    delete={"subscriptions": cancel_subscription},
)
