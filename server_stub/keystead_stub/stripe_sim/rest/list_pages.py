"""Pages of lists: their parameters and the list object.

https://docs.stripe.com/api/pagination
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from keystead_stub.stripe_sim.engine.errors import invalid_parameter
from keystead_stub.stripe_sim.engine.search import Page
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_types.api import Document

#: As many as one page of Stripe's lists holds.
MAX_LIMIT = 100


class Paging(msgspec.Struct, frozen=True):
    query: dict[str, Any]
    expand: list[str]


def read_paging(params: Parameters) -> Paging:
    limit = params.whole("limit")
    if limit is not None and not 1 <= limit <= MAX_LIMIT:
        raise invalid_parameter("limit")
    query: dict[str, Any] = {
        "limit": limit or 10,
        "starting_after": params.text("starting_after"),
        "ending_before": params.text("ending_before"),
    }
    created = params.nested("created")
    since, after = created.whole("gte"), created.whole("gt")
    until, before = created.whole("lte"), created.whole("lt")
    created.done()
    # The engine compares inclusively, and Stripe's times are whole seconds.
    query["created_from"] = since if after is None else after + 1
    query["created_to"] = until if before is None else before - 1
    # Stripe's paths start at the list object, the engine's at each object in it.
    expand = [str(one).removeprefix("data.") for one in params.list("expand")]
    return Paging(query, expand)


def page_of(found: Sequence[Document], paging: Paging, path: str) -> Document:
    """Return one page of a list that is not stored but computed as a whole."""
    after, limit = paging.query["starting_after"], paging.query["limit"]
    ids = [one["id"] for one in found]
    # A cursor that has vanished meanwhile starts from the beginning.
    rest = found[ids.index(after) + 1 :] if after in ids else found
    return list_object(Page(tuple(rest[:limit]), len(rest) > limit), path)


def list_object(page: Page, path: str) -> Document:
    return {
        "object": "list",
        "data": list(page.data),
        "has_more": page.has_more,
        "url": f"/v1/{path}",
    }
