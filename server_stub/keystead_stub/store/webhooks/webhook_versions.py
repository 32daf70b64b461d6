"""The API versions of received webhooks that are not the pinned one, for every process."""

from __future__ import annotations

import sqlalchemy as sa

from keystead.instants import DAY_MS, HOUR_MS
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import webhook_versions
from keystead_stub.stripe_types.api import STRIPE_API_VERSION

#: For how long a version is reported after its last event: as long as Stripe delivers one again.
_REPORTED_MS = 3 * DAY_MS
#: How exactly the time of the last event is kept, so that not every event writes it.
_EXACT_MS = HOUR_MS
#: More versions than Stripe endpoints of one account have.
_MOST = 16
_LONGEST = 40


def is_other(version: str | None) -> bool:
    """Whether it is another version than the pinned one."""
    return version is not None and version != STRIPE_API_VERSION


def note(store: Store, connection: sa.Connection, version: str | None, now_ms: int) -> None:
    """Note the version of an event, if it is another than the pinned one."""
    if version is None or not is_other(version):
        return
    table, name = webhook_versions.c, version[:_LONGEST]
    seen_ms = connection.scalar(sa.select(table.seen_at).where(table.version == name))
    # A clock that travels may be behind what was noted.
    if seen_ms is not None and abs(now_ms - seen_ms) < _EXACT_MS:
        return
    if seen_ms is not None:
        row = sa.update(webhook_versions).where(table.version == name).values(seen_at=now_ms)
        connection.execute(row)
        return
    old = table.seen_at <= now_ms - _REPORTED_MS
    connection.execute(sa.delete(webhook_versions).where(old))
    if (connection.scalar(sa.select(sa.func.count()).select_from(webhook_versions)) or 0) < _MOST:
        connection.execute(store.insert_new(webhook_versions).values(version=name, seen_at=now_ms))


def others(connection: sa.Connection, now_ms: int) -> tuple[str, ...]:
    """The other versions of the last days, in order."""
    table = webhook_versions.c
    query = sa.select(table.version).where(table.seen_at > now_ms - _REPORTED_MS)
    return tuple(sorted(connection.scalars(query)))
