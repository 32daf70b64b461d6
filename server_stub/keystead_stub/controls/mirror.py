"""The mirror of a merchant's webhooks, from which its figures are computed."""

from __future__ import annotations

from typing import Annotated, Any

from litestar.params import FromQuery, QueryParameter

from keystead_stub.billing_apis.dashclicks.merchants import connections
from keystead_stub.controls.guards import CurrentSandbox, control_routes
from keystead_stub.store import mirror

AccountId = Annotated[str, QueryParameter(name="accountId")]

routes = control_routes()


@routes.get("/_stub/mirror")
async def get_mirror(
    sandbox: CurrentSandbox, account_id: AccountId, kind: FromQuery[str | None] = None
) -> dict[str, Any]:
    """List the mirrored objects of an account of `dashclicks`, of one kind or of all."""
    services = sandbox.services
    merchant = connections.require_merchant(services, account_id)
    with services.store.read() as connection:
        found = mirror.list_objects(connection, merchant.stripe_account_id, kind)
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
