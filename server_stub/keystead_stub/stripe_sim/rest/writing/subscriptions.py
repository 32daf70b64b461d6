"""Subscriptions begun without a checkout, changed and ended; and their items one by one."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.resources.invoices import upcoming
from keystead_stub.stripe_sim.resources.subscription_items.requests import ItemChange
from keystead_stub.stripe_sim.resources.subscriptions import create, queries, update
from keystead_stub.stripe_sim.resources.subscriptions import operations as subscriptions
from keystead_stub.stripe_sim.resources.subscriptions.requests import (
    NewSubscription,
    SubscriptionChange,
)
from keystead_stub.stripe_sim.rest.parameters import Parameters, invalid
from keystead_stub.stripe_sim.rest.writing.area import Area, ms_of
from keystead_stub.stripe_sim.rest.writing.checkouts import line_item
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


async def create_subscription(
    stripe: SimulatedStripe, given: Parameters, key: str | None
) -> Document:
    ending = given.nested("trial_settings").nested("end_behavior")
    discounts = given.each("discounts")
    discount = discounts[0] if discounts else Parameters({})
    trial_end = given.text("trial_end")
    days = given.whole("trial_period_days") or 0
    given.choice("collection_method", "charge_automatically")
    behavior: Any = given.choice(
        "payment_behavior", "allow_incomplete", "default_incomplete", "error_if_incomplete"
    )
    after: Any = ending.choice("missing_payment_method", "cancel", "create_invoice", "pause")
    request = NewSubscription(
        customer_id=given.required("customer"),
        items=tuple(map(line_item, given.each("items"))),
        payment_behavior=behavior or "allow_incomplete",
        payment_method_id=given.text("default_payment_method"),
        coupon_id=discount.text("coupon"),
        promotion_code_id=discount.text("promotion_code"),
        trial_end_ms=_instant_ms(trial_end),
        trial_period_days=days,
        trial_end_behavior=after or "create_invoice",
        cancel_at_period_end=given.flag("cancel_at_period_end") or False,
        description=given.text("description"),
        metadata=given.metadata(),
        idempotency_key=key,
    )
    given.text("off_session")
    for one in (*discounts[:1], ending, given):
        one.done()
    if len(discounts) > 1:
        raise invalid("discounts")
    return stripe.submit(create.create, request)


def _instant_ms(text: str | None) -> int | None:
    if text is None or text == "now":
        return None
    return ms_of(Parameters({"trial_end": text}).whole("trial_end"))


def update_subscription(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    fields: dict[str, Any] = {}
    if given.has("description"):
        fields["description"] = given.text("description")
    if given.has("metadata"):
        fields["metadata"] = given.metadata()
    ends = given.flag("cancel_at_period_end")
    paused = None
    if given.has("pause_collection"):
        # An empty text removes the pause.
        paused = not isinstance(given.rest_of("pause_collection"), str)
    items = tuple(map(_item_change, given.each("items")))
    change = read_change(given, items)
    given.done()
    return stripe.run(
        update.update,
        object_id,
        change,
        fields=fields,
        pause_collection=paused,
        cancel_at_period_end=ends,
    )


async def preview_invoice(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    details = given.nested("subscription_details")
    items = tuple(map(_item_change, details.each("items")))
    change = read_change(details, items)
    given.choice("preview_mode", "next")
    customer_id, subscription_id = given.text("customer"), given.text("subscription")
    if customer_id is None and subscription_id is None:
        raise invalid("customer")
    details.done()
    given.done()
    return stripe.preview(upcoming.create_preview, customer_id, subscription_id, change)


def _item_change(item: Parameters) -> ItemChange:
    made = ItemChange(
        id=item.text("id"),
        price_id=item.text("price"),
        quantity=item.whole("quantity"),
        deleted=item.flag("deleted") or False,
        metadata=item.metadata() if item.has("metadata") else None,
    )
    item.done()
    return made


def read_change(given: Parameters, items: tuple[ItemChange, ...]) -> SubscriptionChange:
    """What a request asks to be changed; a change that is none is `NewChange()`."""
    anchor: Any = given.choice("billing_cycle_anchor", "now", "unchanged") or "unchanged"
    behavior: Any = given.choice(
        "proration_behavior", "create_prorations", "always_invoice", "none"
    )
    date_ms = ms_of(given.whole("proration_date"))
    if not items and anchor == "unchanged":
        return SubscriptionChange()
    return SubscriptionChange(
        items=items,
        # Stripe's own default; ours is what a person expects who changes seats in a portal.
        proration_behavior=behavior or "create_prorations",
        proration_date_ms=date_ms,
        billing_cycle_anchor=anchor,
    )


def cancel_subscription(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    invoice_now = given.flag("invoice_now") or False
    if given.flag("prorate"):
        raise invalid("prorate")
    given.tree("cancellation_details")
    given.done()
    return stripe.run(subscriptions.cancel_now, object_id, invoice_now=invoice_now)


def resume_subscription(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    for name in ("billing_cycle_anchor", "proration_behavior"):
        given.text(name)
    given.done()
    return stripe.run(subscriptions.resume_now, object_id)


# Items


async def create_item(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    subscription_id = given.required("subscription")
    known = {one["id"] for one in _items(stripe, subscription_id)}
    item = ItemChange(
        price_id=given.required("price"),
        quantity=given.whole("quantity"),
        metadata=given.metadata(),
    )
    _change_item(stripe, subscription_id, item, given)
    return next(one for one in _items(stripe, subscription_id) if one["id"] not in known)


def update_item(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    subscription_id = stripe.read(queries.of_item, object_id)["id"]
    item = ItemChange(
        id=object_id,
        price_id=given.text("price"),
        quantity=given.whole("quantity"),
        metadata=given.metadata() if given.has("metadata") else None,
    )
    _change_item(stripe, subscription_id, item, given)
    return next(one for one in _items(stripe, subscription_id) if one["id"] == object_id)


def delete_item(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    subscription_id = stripe.read(queries.of_item, object_id)["id"]
    _change_item(stripe, subscription_id, ItemChange(id=object_id, deleted=True), given)
    return {"id": object_id, "object": "subscription_item", "deleted": True}


def _items(stripe: SimulatedStripe, subscription_id: str) -> list[Document]:
    found: list[Document] = stripe.read(lookup.retrieve, "subscription", subscription_id)["items"][
        "data"
    ]
    return found


def _change_item(
    stripe: SimulatedStripe, subscription_id: str, item: ItemChange, given: Parameters
) -> None:
    change = read_change(given, (item,))
    given.done()
    stripe.run(update.update, subscription_id, change)


AREA = Area(
    create={
        "invoices/create_preview": preview_invoice,
        "subscription_items": create_item,
        "subscriptions": create_subscription,
    },
    update={"subscription_items": update_item, "subscriptions": update_subscription},
    act={("subscriptions", "resume"): resume_subscription},
    delete={"subscription_items": delete_item, "subscriptions": cancel_subscription},
)
