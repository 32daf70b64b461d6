"""What is sold, for less with a code, and what who bought it may use."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.engine.search import Page, Query
from keystead_stub.stripe_sim.resources.entitlements import queries as entitlements
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.reading import lists
from keystead_stub.stripe_sim.rest.reading.area import Area, Resource
from keystead_stub.stripe_sim.rest.reading.paging import listed, page_of, paging_of
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document

_PRICES = Resource(
    "price",
    {"active": "active", "currency": "currency", "product": "product", "type": "type"},
)


def prices(stripe: SimulatedStripe, given: Parameters) -> Document:
    """A page of prices, or those of the lookup keys that are named."""
    if not given.has("lookup_keys"):
        return lists.page(stripe, _PRICES, "prices", given)
    paging, where = paging_of(given), lists.narrowed(_PRICES, given)
    keys = given.list("lookup_keys")
    given.done()
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


def active_entitlements(stripe: SimulatedStripe, given: Parameters) -> Document:
    found = stripe.read(entitlements.active, given.required("customer"))
    return listed(Page(found, has_more=False), "entitlements/active_entitlements")


AREA = Area(
    resources={
        "coupons": Resource("coupon"),
        "entitlements/features": Resource("entitlements.feature", {"lookup_key": "lookup_key"}),
        "prices": _PRICES,
        "products": Resource("product", {"active": "active"}),
        "promotion_codes": Resource(
            "promotion_code", {"active": "active", "code": "code", "coupon": "promotion.coupon"}
        ),
    },
    alone={"prices": prices, "entitlements/active_entitlements": active_entitlements},
)
