"""Parameters of the dialect's routes: ids, pages, filters, idempotency keys."""

from __future__ import annotations

from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import HeaderParameter, PathParameter, QueryParameter, SkipValidation

from keystead.wire.dashclicks.page import DEFAULT_LIMIT, MAX_LIMIT
from keystead_stub.billing_apis.dashclicks.merchants.idempotency_keys import HEADER, MAX_LENGTH
from keystead_stub.billing_apis.dashclicks.merchants.paging import PageRequest

_ID = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$"

#: One object's id in a path, and the list's next page.
ObjectId = Annotated[str, PathParameter(pattern=_ID)]
Limit = Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT, required=False)]
Cursor = Annotated[str | None, QueryParameter(pattern=_ID, required=False)]
CustomerFilter = Annotated[
    str | None, QueryParameter(name="customerId", pattern=_ID, required=False)
]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name=HEADER,
        description=(
            "The same key and body within a day are one request, answered alike; "
            "the same key with another body is a conflict."
        ),
        min_length=1,
        max_length=MAX_LENGTH,
        required=False,
    ),
]


def page_request(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> PageRequest:
    """Provide the page that the query asks for."""
    return PageRequest(limit, cursor)


#: The page that a list's query asks for, which the routers provide as ``page``.
RequestedPage = NamedDependency[SkipValidation[PageRequest]]
