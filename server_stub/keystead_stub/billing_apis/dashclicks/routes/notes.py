"""What a merchant notes of a customer, as a list or as CSV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, OpenAPIType, Operation, Schema
from litestar.params import QueryParameter

from keystead.wire.dashclicks import people as wire
from keystead.wire.dashclicks.page import Page
from keystead_stub.auth.callers import session_of
from keystead_stub.billing_apis.dashclicks.merchants import notes
from keystead_stub.billing_apis.dashclicks.routes.customers import CUSTOMER
from keystead_stub.billing_apis.dashclicks.routes.guards import (
    MERCHANT,
    REFUSALS,
    REFUSALS_WITH_BODY,
    WITH_BODY,
    merchant_of,
)
from keystead_stub.billing_apis.dashclicks.routes.parameters import (
    EACH_PAGE,
    Cursor,
    Limit,
    ObjectId,
    Session,
)
from keystead_stub.dependencies import Injected
from keystead_stub.http.requests import AnyRequest, Described, body_of

NOTES = f"{CUSTOMER}/{wire.NOTES}"
CSV = "text/csv"

Format = Annotated[
    wire.NotesFormat,
    QueryParameter(
        name="format", description="`csv` is all of them; it has no pages.", required=False
    ),
]


@dataclass
class _AlsoCsv(Operation):
    """The framework's description of an answer has one form of it."""

    def __post_init__(self) -> None:
        answer = (self.responses or {}).get("200")
        if isinstance(answer, OpenAPIResponse) and answer.content is not None:
            answer.content[CSV] = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))


@post(
    NOTES,
    status_code=201,
    guards=WITH_BODY,
    responses=REFUSALS_WITH_BODY,
    summary="Note something of a customer",
)
async def post_note(
    *,
    request: AnyRequest,
    services: Injected,
    customer_id: ObjectId,
    data: Described[wire.NewNote],
    authorization: Session = None,
) -> wire.Note:
    wanted = await body_of(request, wire.NewNote)
    author = session_of(request).subject
    return await notes.write(
        services, merchant_of(request), customer_id, wanted.note, author=author
    )


@get(
    NOTES,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="What was noted of a customer, as a list or as CSV",
    operation_class=_AlsoCsv,
)
async def get_notes(
    *,
    request: AnyRequest,
    services: Injected,
    customer_id: ObjectId,
    limit: Limit = EACH_PAGE,
    cursor: Cursor = None,
    wanted: Format = "json",
    authorization: Session = None,
) -> Response[Page[wire.Note]]:
    merchant = merchant_of(request)
    if wanted == "csv":
        return _file(await notes.export(services, merchant, customer_id), customer_id)
    return Response(await notes.page(services, merchant, customer_id, limit, cursor))


def _file(content: bytes, customer_id: str) -> Response[Any]:
    headers = {
        "Content-Disposition": f'attachment; filename="notes-{customer_id}.csv"',
        # Nobody is to take what people wrote for a page, whatever it looks like.
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=CSV, headers=headers)


HANDLERS = (post_note, get_notes)
