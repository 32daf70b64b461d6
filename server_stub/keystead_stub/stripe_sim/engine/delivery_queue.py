"""The queue of pending webhook deliveries: requeue, claim, record."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import sqlalchemy as sa

from keystead_stub.store import stripe_tables
from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.errors import missing
from keystead_stub.stripe_sim.engine.rows import Rows
from keystead_stub.stripe_sim.engine.webhook_values import Delivery, Endpoint

#: How long a claim holds. A process that dies after claiming leaves the delivery to others then.
CLAIM_MS = 60_000


class PendingDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """An event that an endpoint has not accepted yet.

    `attempts` counts all attempts, `tries` those since it was last queued, at `since_ms`.
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


def requeue(rows: Rows, event_id: str, now_ms: int) -> None:
    """Make an event due now at every endpoint that listens to the account and to its type.

    Raises StripeError `resource_missing`.
    """
    found = rows.execute(
        rows.select(
            stripe_tables.events, stripe_tables.events.c.seq, stripe_tables.events.c.type
        ).where(stripe_tables.events.c.id == event_id)
    ).one_or_none()
    if found is None:
        raise missing("event", event_id)
    table = stripe_tables.pending
    # An event still queued is replaced, so that no endpoint has it queued twice.
    rows.execute(sa.delete(table).where(table.c.event_id == event_id))
    counted = rows.execute(
        sa.select(stripe_tables.deliveries.c.endpoint_id, sa.func.count())
        .where(stripe_tables.deliveries.c.event_id == event_id)
        .group_by(stripe_tables.deliveries.c.endpoint_id)
    )
    made: dict[str, int] = {row[0]: row[1] for row in counted}
    endpoints = records.endpoints_of(rows.execute(rows.listeners(stripe_tables.endpoints)))
    deliveries = [
        {
            "event_id": event_id,
            "endpoint_id": endpoint.id,
            "event_seq": found.seq,
            "due_ms": now_ms,
            "attempts": made.get(endpoint.id, 0),
            # Stripe's three days of retries begin again, but attempts are numbered on.
            "tries": 0,
            "since_ms": now_ms,
        }
        for endpoint in endpoints
        if endpoint.listens_to(found.type)
    ]
    if deliveries:
        rows.execute(table.insert(), deliveries)


def next_due_ms(connection: sa.Connection, holds: Callable[[str], bool]) -> int | None:
    """Return when the next delivery is due, without those of event types that are held."""
    pending, events = stripe_tables.pending, stripe_tables.events
    # By type, because whether a type is held is decided in Python and not in the database.
    query = (
        sa.select(events.c.type, sa.func.min(pending.c.due_ms))
        .join(events, events.c.id == pending.c.event_id)
        .group_by(events.c.type)
    )
    rows = connection.execute(query)
    return min((due_ms for event_type, due_ms in rows if not holds(event_type)), default=None)


def due(connection: sa.Connection, now_ms: int) -> list[PendingDelivery]:
    """Return the deliveries due by now, in order of their events."""
    pending, events = stripe_tables.pending, stripe_tables.events
    query = (
        sa.select(pending, events.c.document, events.c.type)
        .join(events, events.c.id == pending.c.event_id)
        .where(pending.c.due_ms <= now_ms)
        .order_by(pending.c.event_seq)
    )
    return [
        PendingDelivery(
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


def claim(connection: sa.Connection, pending: PendingDelivery, now_ms: int) -> bool:
    """Claim the delivery unless another process did; it is due again if it is never recorded."""
    table = stripe_tables.pending
    changed = connection.execute(
        sa.update(table)
        .where(
            table.c.event_id == pending.event_id,
            table.c.endpoint_id == pending.endpoint_id,
            # Both change with every claim or attempt: if they are as they were read, no other
            # process was faster.
            table.c.attempts == pending.attempts,
            table.c.due_ms == pending.due_ms,
        )
        .values(due_ms=now_ms + CLAIM_MS)
    )
    return changed.rowcount == 1


def record(connection: sa.Connection, pending: PendingDelivery, made: Sequence[Delivery]) -> None:
    """Record the attempts; remove the delivery, or queue it for the last attempt's next instant.

    Without an attempt it is pending as it was before it was claimed.
    """
    table = stripe_tables.pending
    row = (table.c.event_id == pending.event_id) & (table.c.endpoint_id == pending.endpoint_id)
    # Restores the due time that the claim overwrote.
    next_ms: int | None = pending.due_ms
    if made:
        rows = [msgspec.structs.asdict(delivery) for delivery in made]
        connection.execute(stripe_tables.deliveries.insert(), rows)
        next_ms = made[-1].next_attempt_ms
    if next_ms is None:
        connection.execute(sa.delete(table).where(row))
        return
    values = {
        "due_ms": next_ms,
        "attempts": pending.attempts + len(made),
        "tries": pending.tries + len(made),
    }
    connection.execute(sa.update(table).where(row).values(values))


def drop_endpoint(connection: sa.Connection, endpoint_id: str) -> None:
    """Drop the deliveries to a deleted endpoint."""
    table = stripe_tables.pending
    connection.execute(sa.delete(table).where(table.c.endpoint_id == endpoint_id))


def endpoint_map(connection: sa.Connection) -> dict[str, Endpoint]:
    """Return every account's endpoints by their ids."""
    known = records.endpoints_of(connection.execute(sa.select(stripe_tables.endpoints)))
    return {endpoint.id: endpoint for endpoint in known}
