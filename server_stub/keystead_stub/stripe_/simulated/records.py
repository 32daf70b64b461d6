"""Reading what the account holds, outside of any change: objects, events and their deliveries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from keystead_stub import clock
from keystead_stub.stripe_.interface import Delivery, Document, Endpoint, Event
from keystead_stub.stripe_.simulated import tables
from keystead_stub.stripe_.simulated.ledger import missing
from keystead_stub.stripe_.simulated.shapes.parts import Json

_DELIVERY_FIELDS = tuple(Delivery.__struct_fields__)


def clock_state(connection: sa.Connection) -> clock.ClockState:
    table = tables.account
    row = connection.execute(sa.select(table.c.offset_ms, table.c.floor_ms)).first()
    return clock.ClockState() if row is None else clock.ClockState(row.offset_ms, row.floor_ms)


def find(connection: sa.Connection, kind: str, object_id: str) -> tuple[Document, Json] | None:
    """Return the object and what is private of it."""
    table = tables.objects
    query = sa.select(table.c.document, table.c.private)
    row = connection.execute(query.where(table.c.id == object_id, table.c.kind == kind)).first()
    return None if row is None else (_decode(row.document), _decode(row.private))


def get(connection: sa.Connection, kind: str, object_id: str) -> tuple[Document, Json]:
    found = find(connection, kind, object_id)
    if found is None:
        raise missing(kind)
    return found


def find_document(connection: sa.Connection, kind: str, object_id: str | None) -> Document | None:
    """Return the object without what is private; no id is no object."""
    found = find(connection, kind, object_id) if object_id is not None else None
    return found[0] if found else None


def objects(
    connection: sa.Connection, kind: str, customer_id: str | None = None
) -> list[tuple[Document, Json]]:
    """Return the objects of a kind in order of creation, each with what is private of it."""
    table = tables.objects
    query = sa.select(table.c.document, table.c.private).where(table.c.kind == kind)
    if customer_id is not None:
        query = query.where(table.c.customer_id == customer_id)
    rows = connection.execute(query.order_by(table.c.seq))
    return [(_decode(row.document), _decode(row.private)) for row in rows]


def _decode(text: str) -> dict[str, Any]:
    return msgspec.json.decode(text, type=dict[str, Any])


def events(
    connection: sa.Connection,
    *,
    customer_id: str | None = None,
    event_id: str | None = None,
    event_type: str | None = None,
    limit: int = 100,
) -> tuple[Event, ...]:
    """Return the newest events first, each with its deliveries."""
    table = tables.events
    query = sa.select(table).order_by(table.c.seq.desc()).limit(limit)
    wanted = {"customer_id": customer_id, "id": event_id, "type": event_type}
    for name, value in wanted.items():
        if value is not None:
            query = query.where(table.c[name] == value)
    rows = connection.execute(query).all()
    ids = [row.id for row in rows]
    made = _deliveries(connection, ids)
    owed = _owed(connection, ids)
    return tuple(
        Event(
            id=row.id,
            type=row.type,
            created_ms=row.created_ms,
            object_id=row.object_id,
            customer_id=row.customer_id,
            pending_webhooks=owed.get(row.id, 0),
            deliveries=tuple(made.get(row.id, ())),
            document=_decode(row.document),
        )
        for row in rows
    )


def _deliveries(connection: sa.Connection, ids: Sequence[str]) -> dict[str, list[Delivery]]:
    table = tables.deliveries
    found: dict[str, list[Delivery]] = {}
    for chunk in _chunks(ids):
        query = sa.select(table).where(table.c.event_id.in_(chunk)).order_by(table.c.seq)
        for row in connection.execute(query).mappings():
            one = Delivery(**{name: row[name] for name in _DELIVERY_FIELDS})
            found.setdefault(one.event_id, []).append(one)
    return found


def _owed(connection: sa.Connection, ids: Sequence[str]) -> dict[str, int]:
    table = tables.pending
    found: dict[str, int] = {}
    for chunk in _chunks(ids):
        query = sa.select(table.c.event_id, sa.func.count()).where(table.c.event_id.in_(chunk))
        rows = connection.execute(query.group_by(table.c.event_id))
        found |= {row[0]: row[1] for row in rows}
    return found


def _chunks(ids: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    # A statement takes a limited number of values.
    return (ids[start : start + size] for start in range(0, len(ids), size))


def endpoints(connection: sa.Connection) -> tuple[Endpoint, ...]:
    rows = connection.execute(sa.select(tables.endpoints).order_by(tables.endpoints.c.id))
    return tuple(
        Endpoint(
            id=row.id,
            url=row.url,
            secrets=tuple(msgspec.json.decode(row.secrets)),
            enabled_events=tuple(msgspec.json.decode(row.enabled_events)),
        )
        for row in rows
    )
