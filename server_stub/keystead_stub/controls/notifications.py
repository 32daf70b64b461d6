"""The notification service that the stub simulates: it accepts and shows everything."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from keystead_stub.billing_apis.dashclicks.merchants.follow_up_jobs import CUSTOMERS
from keystead_stub.controls.billing_sandbox import BillingSandbox
from keystead_stub.controls.guards import CurrentSandbox, control_routes
from keystead_stub.http.api_routes import Body
from keystead_stub.settings import INTERNAL_ROUTER, NOTIFICATIONS
from keystead_stub.store.tables import notifications

#: Bounds the answer of a stub that has been running for weeks.
_NEWEST = 200

#: The internal router that the stub simulates for `dashclicks`.
ROUTER = INTERNAL_ROUTER + CUSTOMERS
#: Marks what came to another receiver than the notification service.
_RECEIVER = "_receiver"

routes = control_routes()


@routes.post(NOTIFICATIONS)
async def post_notification(sandbox: CurrentSandbox, data: Body[dict[str, Any]]) -> dict[str, bool]:
    return await _receive(sandbox, data)


@routes.post(ROUTER)
async def post_customer(sandbox: CurrentSandbox, data: Body[dict[str, Any]]) -> dict[str, bool]:
    """Receive a customer in the role of the internal router (API_BASE_URL)."""
    return await _receive(sandbox, {_RECEIVER: ROUTER, **data})


@routes.get(ROUTER)
async def get_customers(sandbox: CurrentSandbox) -> dict[str, Any]:
    """List the customers that the internal router was told of, the newest first."""
    return {"customers": [one for one in _received(sandbox) if one.pop(_RECEIVER, None) == ROUTER]}


@routes.get(NOTIFICATIONS)
async def get_notifications(sandbox: CurrentSandbox) -> dict[str, Any]:
    """List received notifications, the newest first."""
    return {"notifications": [one for one in _received(sandbox) if _RECEIVER not in one]}


async def _receive(sandbox: BillingSandbox, data: dict[str, Any]) -> dict[str, bool]:
    services = sandbox.services
    now_ms = services.stripe_now_ms()
    with services.store.write() as connection:
        text = msgspec.json.encode(data).decode()
        connection.execute(sa.insert(notifications).values(body=text, received_at=now_ms))
    return {"received": True}


def _received(sandbox: BillingSandbox) -> list[dict[str, Any]]:
    query = sa.select(notifications.c.body, notifications.c.received_at)
    query = query.order_by(notifications.c.id.desc()).limit(_NEWEST)
    with sandbox.services.store.read() as connection:
        rows = connection.execute(query).all()
    return [{"receivedAt": row.received_at, **msgspec.json.decode(row.body)} for row in rows]
