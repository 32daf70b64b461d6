"""Subscriptions and their items."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.engine.search import Page, Query
from keystead_stub.stripe_sim.resources.subscriptions import queries
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.reading import lists
from keystead_stub.stripe_sim.rest.reading.area import Area, Resource
from keystead_stub.stripe_sim.rest.reading.paging import LONGEST_PAGE, listed, page_of, paging_of
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document

_OVER = ("canceled", "incomplete_expired")

_SUBSCRIPTIONS = Resource(
    "subscription", {"collection_method": "collection_method"}, of_customer=True
)


def subscriptions(stripe: SimulatedStripe, given: Parameters) -> Document:
    """Without a status, those that are over are left out."""
    paging, where = paging_of(given), lists.narrowed(_SUBSCRIPTIONS, given)
    status, price = given.text("status"), given.text("price")
    query = Query(
        kind="subscription",
        customer_id=given.text("customer"),
        where=where | ({"status": status} if status not in {None, "all", "ended"} else {}),
        **(paging.query | {"limit": LONGEST_PAGE}),
    )
    given.done()
    page = stripe.read(lookup.list_objects, query, expand=paging.expand)
    data = [
        one
        for one in page.data
        if (status is not None or one["status"] not in _OVER)
        and (status != "ended" or one["status"] in _OVER)
        and (price is None or any(i["price"]["id"] == price for i in one["items"]["data"]))
    ]
    limit = paging.query["limit"]
    more = page.has_more or len(data) > limit
    return listed(Page(tuple(data[:limit]), more), "subscriptions")


def subscription_items(stripe: SimulatedStripe, given: Parameters) -> Document:
    """The items of a subscription, all of which it has at once."""
    subscription_id, paging = given.required("subscription"), paging_of(given)
    given.done()
    items = stripe.read(lookup.retrieve, "subscription", subscription_id)["items"]["data"]
    return page_of(items, paging, "subscription_items")


def subscription_item(stripe: SimulatedStripe, item_id: str, given: Parameters) -> Document:
    given.list("expand")
    given.done()
    items: list[Document] = stripe.read(queries.of_item, item_id)["items"]["data"]
    return next(one for one in items if one["id"] == item_id)


AREA = Area(
    resources={"subscriptions": _SUBSCRIPTIONS},
    alone={"subscriptions": subscriptions, "subscription_items": subscription_items},
    one={"subscription_items": subscription_item},
)
