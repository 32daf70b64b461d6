"""Lists of stored objects: filtered pages and search."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.engine.search import Query
from keystead_stub.stripe_sim.rest.list_pages import MAX_LIMIT, list_object, read_paging
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import StoredObjects
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document

#: The parameters whose values are truth values.
_FLAGS = {"active"}


def page(
    stripe: SimulatedStripe, resource: StoredObjects, path: str, params: Parameters
) -> Document:
    """Return one page of a list. Raises StripeError."""
    paging = read_paging(params)
    query = Query(
        kind=resource.kind,
        customer_id=params.text("customer") if resource.of_customer else None,
        payout_id=params.text("payout") if resource.of_payout else None,
        where=filters(resource, params),
        **paging.query,
    )
    params.done()
    return list_object(stripe.read(lookup.list_objects, query, expand=paging.expand), path)


def filters(resource: StoredObjects, params: Parameters) -> dict[str, Any]:
    """Return the fields to compare, with their values."""
    return {
        field: params.flag(name) if name in _FLAGS else params.text(name)
        for name, field in resource.filters.items()
        if params.has(name)
    }


def search(
    stripe: SimulatedStripe, resource: StoredObjects, path: str, params: Parameters
) -> Document:
    """Return a page of a search in Stripe's query language. Raises StripeError."""
    text, limit = params.required("query"), params.whole("limit") or 10
    expand = [str(one).removeprefix("data.") for one in params.list("expand")]
    after = params.text("page")
    params.done()
    # Capped instead of refused, unlike a list's limit.
    page = stripe.read(
        lookup.search_objects,
        resource.kind,
        text,
        limit=min(limit, MAX_LIMIT),
        after=after,
        expand=expand,
    )
    return {
        "object": "search_result",
        "data": list(page.data),
        "has_more": page.has_more,
        # Stripe's page tokens are opaque, so the id of the last object serves.
        "next_page": page.data[-1]["id"] if page.has_more else None,
        "url": f"/v1/{path}/search",
    }
