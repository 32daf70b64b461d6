"""The notification service, as the stub plays it: it takes everything, and shows it."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import get, post

from keystead_stub.controls.guards import MAX_BODY, AnyRequest, read, rehearsal_of
from keystead_stub.http.local_callers import local_only, simulated_only
from keystead_stub.settings import NOTIFICATIONS
from keystead_stub.store.tables import notifications

_OPTIONS: dict[str, Any] = {
    "guards": [local_only, simulated_only],
    "include_in_schema": False,
    "status_code": 200,
    "request_max_body_size": MAX_BODY,
}
_NEWEST = 200


@post(NOTIFICATIONS, **_OPTIONS)
async def post_notification(request: AnyRequest) -> dict[str, bool]:
    body = await read(request, dict[str, Any])
    services = rehearsal_of(request).services
    now_ms = services.stripe_now_ms()
    with services.store.write() as connection:
        text = msgspec.json.encode(body).decode()
        connection.execute(sa.insert(notifications).values(body=text, received_at=now_ms))
    return {"received": True}


@get(NOTIFICATIONS, **_OPTIONS)
async def get_notifications(request: AnyRequest) -> dict[str, Any]:
    """What has come, the newest first."""
    query = sa.select(notifications.c.body, notifications.c.received_at)
    query = query.order_by(notifications.c.id.desc()).limit(_NEWEST)
    with rehearsal_of(request).services.store.read() as connection:
        rows = connection.execute(query).all()
    return {
        "notifications": [
            {"receivedAt": row.received_at, **msgspec.json.decode(row.body)} for row in rows
        ]
    }


ROUTES = (post_notification, get_notifications)
