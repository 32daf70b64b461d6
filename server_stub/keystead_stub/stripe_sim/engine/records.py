"""Reads outside of units of work: objects, events and their deliveries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from keystead.instants import to_ms
from keystead_stub.store import stripe_tables
from keystead_stub.stripe_sim.engine.errors import missing
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.rows import ACCOUNT_ID, Rows
from keystead_stub.stripe_sim.engine.webhook_values import Delivery, Endpoint, Event
from keystead_stub.stripe_types.api import Document

_DELIVERY_FIELDS = tuple(Delivery.__struct_fields__)


def find(rows: Rows, kind: str, object_id: str) -> tuple[Document, Json] | None:
    """Return the object, and what is stored with it."""
    table = stripe_tables.objects
    query = rows.select(table, table.c.document, table.c.private)
    row = rows.execute(query.where(table.c.id == object_id, table.c.kind == kind)).first()
    return None if row is None else (_decode(row.document), _decode(row.private))


def get(rows: Rows, kind: str, object_id: str) -> tuple[Document, Json]:
    found = find(rows, kind, object_id)
    if found is None:
        raise missing(kind, object_id)
    return found


def find_document(rows: Rows, kind: str, object_id: str | None) -> Document | None:
    """Return the object alone; null for no id, or if there is no such object."""
    found = find(rows, kind, object_id) if object_id is not None else None
    return found[0] if found else None


def objects(rows: Rows, kind: str, customer_id: str | None = None) -> list[tuple[Document, Json]]:
    """Return the objects of a kind in order of creation, each with what is stored with it."""
    table = stripe_tables.objects
    query = rows.select(table, table.c.document, table.c.private).where(table.c.kind == kind)
    if customer_id is not None:
        query = query.where(table.c.customer_id == customer_id)
    found = rows.execute(query.order_by(table.c.seq))
    return [(_decode(row.document), _decode(row.private)) for row in found]


def _decode(text: str) -> dict[str, Any]:
    return msgspec.json.decode(text, type=dict[str, Any])


def events(
    rows: Rows,
    *,
    customer_id: str | None = None,
    event_id: str | None = None,
    types: Collection[str] = (),
    before: int | None = None,
    created: tuple[int | None, int | None] = (None, None),
    limit: int = 100,
    all_accounts: bool = False,
) -> tuple[Event, ...]:
    """Return the newest events first, each with its deliveries.

    `before` is the `position` of an event, `created` the first and last second of creation.
    """
    table = stripe_tables.events
    query = rows.select_of_all(table) if all_accounts else rows.select(table)
    query = query.order_by(table.c.seq.desc()).limit(limit)
    since_s, until_s = created
    wanted = (
        (customer_id, table.c.customer_id == customer_id),
        (event_id, table.c.id == event_id),
        (types or None, table.c.type.in_(types)),
        (before, table.c.seq < (before or 0)),
        (since_s, table.c.created_ms >= to_ms(since_s or 0)),
        (until_s, table.c.created_ms <= to_ms(until_s or 0)),
    )
    query = query.where(*(condition for value, condition in wanted if value is not None))
    # Deliveries are read in one query for all events of the page, not in one for each.
    found = rows.execute(query).all()
    ids = [row.id for row in found]
    deliveries = _deliveries(rows, ids)
    pending_counts = _pending_counts(rows, ids)
    return tuple(
        Event(
            id=row.id,
            type=row.type,
            created_ms=row.created_ms,
            object_id=row.object_id,
            customer_id=row.customer_id,
            account=None if row.account_id == ACCOUNT_ID else row.account_id,
            pending_webhooks=pending_counts.get(row.id, 0),
            deliveries=tuple(deliveries.get(row.id, ())),
            document=_decode(row.document),
        )
        for row in found
    )


def position(rows: Rows, event_id: str) -> int:
    """Return an event's position among all events. Raises StripeError `resource_missing`."""
    table = stripe_tables.events
    query = rows.select(table, table.c.seq).where(table.c.id == event_id)
    found: int | None = rows.execute(query).scalar_one_or_none()
    if found is None:
        raise missing("event", event_id)
    return found


def _deliveries(rows: Rows, ids: Sequence[str]) -> dict[str, list[Delivery]]:
    table = stripe_tables.deliveries
    found: dict[str, list[Delivery]] = {}
    for chunk in _chunks(ids):
        query = sa.select(table).where(table.c.event_id.in_(chunk)).order_by(table.c.seq)
        for row in rows.execute(query).mappings():
            one = Delivery(**{name: row[name] for name in _DELIVERY_FIELDS})
            found.setdefault(one.event_id, []).append(one)
    return found


def _pending_counts(rows: Rows, ids: Sequence[str]) -> dict[str, int]:
    table = stripe_tables.pending
    found: dict[str, int] = {}
    for chunk in _chunks(ids):
        query = sa.select(table.c.event_id, sa.func.count()).where(table.c.event_id.in_(chunk))
        counted = rows.execute(query.group_by(table.c.event_id))
        found |= {row[0]: row[1] for row in counted}
    return found


def _chunks(ids: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    # SQLite limits the number of parameters of a statement.
    return (ids[start : start + size] for start in range(0, len(ids), size))


def endpoints(rows: Rows) -> tuple[Endpoint, ...]:
    """Return the account's own endpoints."""
    table = stripe_tables.endpoints
    return endpoints_of(rows.execute(rows.select(table).order_by(table.c.id)))


def endpoints_of(found: Iterable[sa.Row[*tuple[Any, ...]]]) -> tuple[Endpoint, ...]:
    """Return the endpoints in rows of their table."""
    return tuple(
        Endpoint(
            id=row.id,
            url=row.url,
            secrets=tuple(msgspec.json.decode(row.secrets)),
            enabled_events=tuple(msgspec.json.decode(row.enabled_events)),
        )
        for row in found
    )
