"""The notification service that the stub simulates: it accepts and shows everything."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from keystead_stub.controls.guards import CurrentSandbox, control_routes
from keystead_stub.http.api_routes import Body
from keystead_stub.settings import NOTIFICATIONS
from keystead_stub.store.tables import notifications

#: Bounds the answer of a stub that has been running for weeks.
_NEWEST = 200

routes = control_routes()


@routes.post(NOTIFICATIONS)
async def post_notification(sandbox: CurrentSandbox, data: Body[dict[str, Any]]) -> dict[str, bool]:
    services = sandbox.services
    now_ms = services.stripe_now_ms()
    with services.store.write() as connection:
        text = msgspec.json.encode(data).decode()
        connection.execute(sa.insert(notifications).values(body=text, received_at=now_ms))
    return {"received": True}


@routes.get(NOTIFICATIONS)
async def get_notifications(sandbox: CurrentSandbox) -> dict[str, Any]:
    """List received notifications, the newest first."""
    query = sa.select(notifications.c.body, notifications.c.received_at)
    query = query.order_by(notifications.c.id.desc()).limit(_NEWEST)
    with sandbox.services.store.read() as connection:
        rows = connection.execute(query).all()
    return {
        "notifications": [
            {"receivedAt": row.received_at, **msgspec.json.decode(row.body)} for row in rows
        ]
    }
