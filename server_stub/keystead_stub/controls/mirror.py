"""What a merchant's webhooks have told: the records that its figures are computed from."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import get
from litestar.params import FromQuery, QueryParameter

from keystead_stub.billing_apis.dashclicks.merchants import connections
from keystead_stub.controls.guards import AnyRequest, rehearsal_of
from keystead_stub.http.local_callers import local_only, simulated_only
from keystead_stub.store import mirror

AccountId = Annotated[str, QueryParameter(name="accountId")]


@get("/_stub/mirror", guards=[local_only, simulated_only], include_in_schema=False, status_code=200)
async def get_mirror(
    request: AnyRequest, account_id: AccountId, kind: FromQuery[str | None] = None
) -> dict[str, Any]:
    """The mirrored objects of the account of `dashclicks`, of one kind or of all."""
    services = rehearsal_of(request).services
    merchant = connections.needed(services, account_id)
    with services.store.read() as connection:
        found = mirror.all_of(connection, merchant.stripe_account_id, kind)
    return {
        "records": [
            {
                "kind": record.kind,
                "id": record.object_id,
                "createdAt": record.created_ms,
                "deleted": record.deleted,
                "document": record.document,
            }
            for record in found
        ]
    }


ROUTES = (get_mirror,)
