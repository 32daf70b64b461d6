"""Notes of a merchant about a customer, as a list or as CSV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Response
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, OpenAPIType, Operation, Schema
from litestar.params import QueryParameter

from keystead.wire.dashclicks import people as wire
from keystead.wire.dashclicks.page import Page
from keystead_stub.auth.callers import session_of
from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.billing_apis.dashclicks.merchants import notes
from keystead_stub.billing_apis.dashclicks.routes.customers import CUSTOMER
from keystead_stub.billing_apis.dashclicks.routes.parameters import ObjectId, RequestedPage
from keystead_stub.billing_apis.dashclicks.routes.shared import (
    STRIPE_REFUSALS,
    CurrentMerchant,
    merchant_routes,
)
from keystead_stub.http.api_routes import Body
from keystead_stub.http.requests import AnyRequest

NOTES = f"{CUSTOMER}/{wire.NOTES}"
CSV = "text/csv"

Format = Annotated[
    wire.NotesFormat,
    QueryParameter(
        name="format", description="`csv` is all of them; it has no pages.", required=False
    ),
]

routes = merchant_routes()


@dataclass
class _AlsoCsv(Operation):
    """Documents CSV as a second media type of the answer; the framework documents only one."""

    def __post_init__(self) -> None:
        answer = (self.responses or {}).get("200")
        if isinstance(answer, OpenAPIResponse) and answer.content is not None:
            answer.content[CSV] = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))


@routes.post(NOTES, status=201, refuses=STRIPE_REFUSALS)
async def post_note(
    request: AnyRequest,
    services: Injected,
    merchant: CurrentMerchant,
    customer_id: ObjectId,
    data: Body[wire.NewNote],
) -> wire.Note:
    """Add a note about a customer."""
    author = session_of(request).subject
    return await notes.write(services, merchant, customer_id, data.note, author=author)


@routes.get(NOTES, refuses=STRIPE_REFUSALS, operation_class=_AlsoCsv)
async def get_notes(
    *,
    services: Injected,
    merchant: CurrentMerchant,
    customer_id: ObjectId,
    page: RequestedPage,
    form: Format = "json",
) -> Response[Page[wire.Note]]:
    """List the notes about a customer, or export them as CSV."""
    if form == "csv":
        return _file(await notes.export(services, merchant, customer_id), customer_id)
    return Response(await notes.page(services, merchant, customer_id, page))


def _file(content: bytes, customer_id: str) -> Response[Any]:
    headers = {
        "Content-Disposition": f'attachment; filename="notes-{customer_id}.csv"',
        # Keep browsers from rendering the notes as a page, whatever they look like.
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=CSV, headers=headers)
