"""What the paths and queries of the dialect's routes may hold."""

from __future__ import annotations

from typing import Annotated

from litestar.params import HeaderParameter, PathParameter, QueryParameter

from keystead.wire.dashclicks.page import DEFAULT_LIMIT, MAX_LIMIT
from keystead_stub.billing_apis.dashclicks.merchants.idempotency import HEADER, LONGEST

_ID = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$"

#: One object's id in a path, and the list's next page.
ObjectId = Annotated[str, PathParameter(pattern=_ID)]
Limit = Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT, required=False)]
Cursor = Annotated[str | None, QueryParameter(pattern=_ID, required=False)]
CustomerFilter = Annotated[
    str | None, QueryParameter(name="customerId", pattern=_ID, required=False)
]
Session = Annotated[
    str | None,
    HeaderParameter(name="Authorization", description="`Bearer <session>`", required=False),
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
        max_length=LONGEST,
        required=False,
    ),
]
EACH_PAGE = DEFAULT_LIMIT
