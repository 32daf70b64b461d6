"""Prices in the REST API: https://docs.stripe.com/api/prices."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.engine.errors import invalid_parameter
from keystead_stub.stripe_sim.engine.search import Query
from keystead_stub.stripe_sim.resources.prices import operations as prices
from keystead_stub.stripe_sim.resources.prices.requests import NewPrice
from keystead_stub.stripe_sim.resources.products import parameters as product_parameters
from keystead_stub.stripe_sim.rest import lists as rest_lists
from keystead_stub.stripe_sim.rest.list_pages import page_of, read_paging
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.requests import InlinePrice


def inline_price(data: Parameters) -> InlinePrice:
    """Return the inline price of `price_data`."""
    product, recurring = data.nested("product_data"), data.nested("recurring")
    amount, interval = data.whole("unit_amount"), recurring.text("interval")
    if amount is None:
        raise invalid_parameter("price_data[unit_amount]")
    if interval not in {None, "month", "year"}:
        raise invalid_parameter("price_data[recurring][interval]")
    known: Any = interval
    wanted = InlinePrice(
        currency=data.required("currency").lower(),
        unit_amount=amount,
        product_id=data.text("product"),
        name=product.text("name"),
        description=product.text("description"),
        interval=known,
    )
    for one in (product, recurring, data):
        one.done()
    return wanted


_OBJECTS = StoredObjects(
    "price",
    {"active": "active", "currency": "currency", "product": "product", "type": "type"},
)


def list_prices(stripe: SimulatedStripe, params: Parameters) -> Document:
    """A page of prices, or those of the lookup keys that are named."""
    if not params.has("lookup_keys"):
        return rest_lists.page(stripe, _OBJECTS, "prices", params)
    paging, where = read_paging(params), rest_lists.filters(_OBJECTS, params)
    keys = params.list("lookup_keys")
    params.done()
    # One query for each key, because filters compare with a single value.
    found = [
        price
        for key in keys
        for price in stripe.read(
            lookup.list_objects,
            Query(kind="price", where={**where, "lookup_key": key}),
            expand=paging.expand,
        ).data
    ]
    return page_of(found, paging, "prices")


def create(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    product_id, product_data = params.text("product"), params.nested("product_data")
    if product_id is None:
        made = product_parameters.create(stripe, product_data, None)
        product_id = str(made["id"])
    product_data.done()
    recurring = params.nested("recurring")
    interval: Any = recurring.text("interval")
    # The simulation bills by single months and years only.
    if interval not in {None, "month", "year"} or recurring.text("interval_count") not in {
        None,
        "1",
    }:
        raise invalid_parameter("recurring[interval]")
    meter_id = recurring.text("meter")
    if recurring.choice("usage_type", "licensed", "metered") == "metered" and meter_id is None:
        raise invalid_parameter("recurring[meter]")
    recurring.done()
    amount = params.whole("unit_amount")
    if amount is None or amount < 0:
        raise invalid_parameter("unit_amount")
    request = NewPrice(
        product_id=product_id,
        currency=params.required("currency").lower(),
        unit_amount=amount,
        interval=interval,
        meter_id=meter_id,
        nickname=params.text("nickname"),
        lookup_key=params.text("lookup_key"),
        active=params.flag("active") is not False,
        metadata=params.metadata(),
        idempotency_key=key,
    )
    params.done()
    return stripe.submit(prices.create, request)


def update(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    fields = params.changes("nickname", "lookup_key")
    if params.has("active"):
        fields["active"] = params.flag("active")
    params.done()
    return stripe.run(prices.update, object_id, fields)


RESOURCES = (
    Resource(path="prices", objects=_OBJECTS, get=list_prices, create=create, update=update),
)
