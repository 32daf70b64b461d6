"""Subscriptions in the REST API: https://docs.stripe.com/api/subscriptions."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.engine.errors import invalid_parameter
from keystead_stub.stripe_sim.engine.search import Page, Query
from keystead_stub.stripe_sim.resources.checkout_sessions.parameters import line_item
from keystead_stub.stripe_sim.resources.subscription_items import parameters as item_parameters
from keystead_stub.stripe_sim.resources.subscriptions import create as subscription_create
from keystead_stub.stripe_sim.resources.subscriptions import operations as subscriptions
from keystead_stub.stripe_sim.resources.subscriptions import update as subscription_update
from keystead_stub.stripe_sim.resources.subscriptions.requests import NewSubscription
from keystead_stub.stripe_sim.rest import lists as rest_lists
from keystead_stub.stripe_sim.rest.list_pages import MAX_LIMIT, list_object, read_paging
from keystead_stub.stripe_sim.rest.parameters import Parameters, ms_of
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document

_ENDED = ("canceled", "incomplete_expired")


_OBJECTS = StoredObjects(
    "subscription", {"collection_method": "collection_method"}, of_customer=True
)


def list_subscriptions(stripe: SimulatedStripe, params: Parameters) -> Document:
    """List subscriptions; without a status, ended ones are left out."""
    paging, where = read_paging(params), rest_lists.filters(_OBJECTS, params)
    status, price = params.text("status"), params.text("price")
    query = Query(
        kind="subscription",
        customer_id=params.text("customer"),
        where=where | ({"status": status} if status not in {None, "all", "ended"} else {}),
        # A full page is read and filtered here, because statuses and prices need more than an equal
        # value.
        **(paging.query | {"limit": MAX_LIMIT}),
    )
    params.done()
    page = stripe.read(lookup.list_objects, query, expand=paging.expand)
    data = [
        one
        for one in page.data
        if (status is not None or one["status"] not in _ENDED)
        and (status != "ended" or one["status"] in _ENDED)
        and (price is None or any(i["price"]["id"] == price for i in one["items"]["data"]))
    ]
    limit = paging.query["limit"]
    more = page.has_more or len(data) > limit
    return list_object(Page(tuple(data[:limit]), more), "subscriptions")


def create(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    ending = params.nested("trial_settings").nested("end_behavior")
    discounts = params.each("discounts")
    discount = discounts[0] if discounts else Parameters({})
    trial_end = params.text("trial_end")
    days = params.whole("trial_period_days") or 0
    params.choice("collection_method", "charge_automatically")
    behavior: Any = params.choice(
        "payment_behavior", "allow_incomplete", "default_incomplete", "error_if_incomplete"
    )
    after: Any = ending.choice("missing_payment_method", "cancel", "create_invoice", "pause")
    request = NewSubscription(
        customer_id=params.required("customer"),
        items=tuple(map(line_item, params.each("items"))),
        payment_behavior=behavior or "allow_incomplete",
        payment_method_id=params.text("default_payment_method"),
        coupon_id=discount.text("coupon"),
        promotion_code_id=discount.text("promotion_code"),
        trial_end_ms=_trial_end_ms(trial_end),
        trial_period_days=days,
        trial_end_behavior=after or "create_invoice",
        cancel_at_period_end=params.flag("cancel_at_period_end") or False,
        description=params.text("description"),
        metadata=params.metadata(),
        idempotency_key=key,
    )
    # Read and ignored: a subscription's first payment is always off session here.
    params.text("off_session")
    for one in (*discounts[:1], ending, params):
        one.done()
    if len(discounts) > 1:
        raise invalid_parameter("discounts")
    return stripe.submit(subscription_create.create, request)


def _trial_end_ms(text: str | None) -> int | None:
    # "now" ends a trial at once, which for a new subscription means that it has none.
    if text is None or text == "now":
        return None
    return ms_of(Parameters({"trial_end": text}).whole("trial_end"))


def update(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    fields = params.changes("description")
    ends = params.flag("cancel_at_period_end")
    paused = None
    if params.has("pause_collection"):
        # An empty text removes the pause.
        paused = not isinstance(params.rest_of("pause_collection"), str)
    items = tuple(map(item_parameters.read_item, params.each("items")))
    change = item_parameters.read_change(params, items)
    params.done()
    return stripe.run(
        subscription_update.update,
        object_id,
        change,
        fields=fields,
        pause_collection=paused,
        cancel_at_period_end=ends,
    )


def cancel(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    invoice_now = params.flag("invoice_now") or False
    # Refused instead of ignored, because the caller would expect a credit.
    if params.flag("prorate"):
        raise invalid_parameter("prorate")
    params.tree("cancellation_details")
    params.done()
    return stripe.run(subscriptions.cancel_now, object_id, invoice_now=invoice_now)


def resume(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    for name in ("billing_cycle_anchor", "proration_behavior"):
        params.text(name)
    params.done()
    return stripe.run(subscriptions.resume_now, object_id)


RESOURCES = (
    Resource(
        path="subscriptions",
        objects=_OBJECTS,
        get=list_subscriptions,
        create=create,
        update=update,
        actions={"resume": resume},
        delete=cancel,
    ),
)
