"""Subscription items in the REST API: https://docs.stripe.com/api/subscription_items."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.resources.subscription_items.requests import ItemChange
from keystead_stub.stripe_sim.resources.subscriptions import queries
from keystead_stub.stripe_sim.resources.subscriptions import update as subscription_update
from keystead_stub.stripe_sim.resources.subscriptions.requests import SubscriptionChange
from keystead_stub.stripe_sim.rest.list_pages import page_of, read_paging
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def list_items(stripe: SimulatedStripe, params: Parameters) -> Document:
    """List the items of a subscription."""
    subscription_id, paging = params.required("subscription"), read_paging(params)
    params.done()
    items = stripe.read(lookup.retrieve, "subscription", subscription_id)["items"]["data"]
    return page_of(items, paging, "subscription_items")


def retrieve(stripe: SimulatedStripe, item_id: str, params: Parameters) -> Document:
    params.list("expand")
    params.done()
    items: list[Document] = stripe.read(queries.of_item, item_id)["items"]["data"]
    return next(one for one in items if one["id"] == item_id)


def read_item(item: Parameters) -> ItemChange:
    made = ItemChange(
        id=item.text("id"),
        price_id=item.text("price"),
        quantity=item.whole("quantity"),
        deleted=item.flag("deleted") or False,
        metadata=item.metadata() if item.has("metadata") else None,
    )
    item.done()
    return made


def read_change(params: Parameters, items: tuple[ItemChange, ...]) -> SubscriptionChange:
    """Return the requested change; `NO_CHANGE` if there is none."""
    anchor: Any = params.choice("billing_cycle_anchor", "now", "unchanged") or "unchanged"
    behavior: Any = params.choice(
        "proration_behavior", "create_prorations", "always_invoice", "none"
    )
    date_ms = params.instant_ms("proration_date")
    if not items and anchor == "unchanged":
        return SubscriptionChange()
    return SubscriptionChange(
        items=items,
        # Stripe's API default, unlike the stub's own, which invoices a portal's change at once.
        proration_behavior=behavior or "create_prorations",
        proration_date_ms=date_ms,
        billing_cycle_anchor=anchor,
    )


def create(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    subscription_id = params.required("subscription")
    # An update returns the subscription, so the new item is found as the one that was not there
    # before.
    known = {one["id"] for one in _items_of(stripe, subscription_id)}
    item = ItemChange(
        price_id=params.required("price"),
        quantity=params.whole("quantity"),
        metadata=params.metadata(),
    )
    _change_item(stripe, subscription_id, item, params)
    return next(one for one in _items_of(stripe, subscription_id) if one["id"] not in known)


def update(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    subscription_id = stripe.read(queries.of_item, object_id)["id"]
    item = ItemChange(
        id=object_id,
        price_id=params.text("price"),
        quantity=params.whole("quantity"),
        metadata=params.metadata() if params.has("metadata") else None,
    )
    _change_item(stripe, subscription_id, item, params)
    return next(one for one in _items_of(stripe, subscription_id) if one["id"] == object_id)


def delete(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    subscription_id = stripe.read(queries.of_item, object_id)["id"]
    _change_item(stripe, subscription_id, ItemChange(id=object_id, deleted=True), params)
    return {"id": object_id, "object": "subscription_item", "deleted": True}


def _items_of(stripe: SimulatedStripe, subscription_id: str) -> list[Document]:
    found: list[Document] = stripe.read(lookup.retrieve, "subscription", subscription_id)["items"][
        "data"
    ]
    return found


def _change_item(
    stripe: SimulatedStripe, subscription_id: str, item: ItemChange, params: Parameters
) -> None:
    change = read_change(params, (item,))
    params.done()
    stripe.run(subscription_update.update, subscription_id, change)


RESOURCES = (
    Resource(
        path="subscription_items",
        get=list_items,
        retrieve=retrieve,
        create=create,
        update=update,
        delete=delete,
    ),
)
