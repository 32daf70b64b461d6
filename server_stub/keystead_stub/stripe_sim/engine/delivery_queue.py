"""The queue of webhooks that are owed: asked for again, claimed, settled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import sqlalchemy as sa

from keystead_stub.store import stripe_tables
from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.rows import Rows
from keystead_stub.stripe_sim.engine.unit_of_work import missing
from keystead_stub.stripe_sim.engine.webhook_values import Delivery, Endpoint

#: For how long a claimed delivery is left to whoever claimed it, should that one have died.
CLAIM_MS = 60_000


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """An event that an endpoint has yet to accept.

    `attempts` were made in all, `tries` since it was last asked for, which was at `since_ms`.
    """

    event_id: str
    event_seq: int
    endpoint_id: str
    attempts: int
    tries: int
    since_ms: int
    due_ms: int
    event_type: str
    body: bytes


def ask_again(rows: Rows, event_id: str, now_ms: int) -> None:
    """Make an event due now at every endpoint that hears the account.

    Raises StripeError `resource_missing`.
    """
    found = rows.execute(
        rows.select(stripe_tables.events, stripe_tables.events.c.seq).where(
            stripe_tables.events.c.id == event_id
        )
    ).scalar_one_or_none()
    if found is None:
        raise missing("event")
    table = stripe_tables.pending
    rows.execute(sa.delete(table).where(table.c.event_id == event_id))
    counted = rows.execute(
        sa.select(stripe_tables.deliveries.c.endpoint_id, sa.func.count())
        .where(stripe_tables.deliveries.c.event_id == event_id)
        .group_by(stripe_tables.deliveries.c.endpoint_id)
    )
    made: dict[str, int] = {row[0]: row[1] for row in counted}
    owed = [
        {
            "event_id": event_id,
            "endpoint_id": endpoint.id,
            "event_seq": found,
            "due_ms": now_ms,
            "attempts": made.get(endpoint.id, 0),
            "tries": 0,
            "since_ms": now_ms,
        }
        for endpoint in records.endpoints_of(rows.execute(rows.listeners(stripe_tables.endpoints)))
    ]
    if owed:
        rows.execute(table.insert(), owed)


def next_due_ms(connection: sa.Connection, holds: Callable[[str], bool]) -> int | None:
    """Return when the next delivery is due, those of event types that are held aside."""
    pending, events = stripe_tables.pending, stripe_tables.events
    query = (
        sa.select(events.c.type, sa.func.min(pending.c.due_ms))
        .join(events, events.c.id == pending.c.event_id)
        .group_by(events.c.type)
    )
    rows = connection.execute(query)
    return min((due_ms for event_type, due_ms in rows if not holds(event_type)), default=None)


def due(connection: sa.Connection, now_ms: int) -> list[Owed]:
    """Return what is due by now, in the order in which it was made."""
    pending, events = stripe_tables.pending, stripe_tables.events
    query = (
        sa.select(pending, events.c.document, events.c.type)
        .join(events, events.c.id == pending.c.event_id)
        .where(pending.c.due_ms <= now_ms)
        .order_by(pending.c.event_seq)
    )
    return [
        Owed(
            event_id=row.event_id,
            event_seq=row.event_seq,
            endpoint_id=row.endpoint_id,
            attempts=row.attempts,
            tries=row.tries,
            since_ms=row.since_ms,
            due_ms=row.due_ms,
            event_type=row.type,
            body=row.document.encode(),
        )
        for row in connection.execute(query)
    ]


def claim(connection: sa.Connection, owed: Owed, now_ms: int) -> bool:
    """Take the delivery, unless someone else did; it comes back if it is never settled."""
    table = stripe_tables.pending
    changed = connection.execute(
        sa.update(table)
        .where(
            table.c.event_id == owed.event_id,
            table.c.endpoint_id == owed.endpoint_id,
            table.c.attempts == owed.attempts,
            table.c.due_ms == owed.due_ms,
        )
        .values(due_ms=now_ms + CLAIM_MS)
    )
    return changed.rowcount == 1


def settle(connection: sa.Connection, owed: Owed, made: Sequence[Delivery]) -> None:
    """Record the attempts; let the event go, or owe it again at the last one's next instant.

    Without an attempt it is owed as it was before it was claimed.
    """
    table = stripe_tables.pending
    row = (table.c.event_id == owed.event_id) & (table.c.endpoint_id == owed.endpoint_id)
    next_ms: int | None = owed.due_ms
    if made:
        rows = [msgspec.structs.asdict(delivery) for delivery in made]
        connection.execute(stripe_tables.deliveries.insert(), rows)
        next_ms = made[-1].next_attempt_ms
    if next_ms is None:
        connection.execute(sa.delete(table).where(row))
        return
    values = {
        "due_ms": next_ms,
        "attempts": owed.attempts + len(made),
        "tries": owed.tries + len(made),
    }
    connection.execute(sa.update(table).where(row).values(values))


def forget(connection: sa.Connection, endpoint_id: str) -> None:
    """Owe nothing to an endpoint that is no longer there."""
    table = stripe_tables.pending
    connection.execute(sa.delete(table).where(table.c.endpoint_id == endpoint_id))


def endpoint_map(connection: sa.Connection) -> dict[str, Endpoint]:
    """Return every account's endpoints by their ids."""
    known = records.endpoints_of(connection.execute(sa.select(stripe_tables.endpoints)))
    return {endpoint.id: endpoint for endpoint in known}
