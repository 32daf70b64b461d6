"""The mirror of merchants' Stripe accounts: the latest version of each object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from keystead_stub.store import locks
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import billing_events, mirrored_objects
from keystead_stub.stripe_types.events import StripeEvent


class MirroredObject(msgspec.Struct, frozen=True, kw_only=True):
    """The latest version of a Stripe object; a deleted object keeps its last document.

    `said` is JSON: what the newest events said of it, which decides what a further event changes.
    """

    kind: str
    object_id: str
    created_ms: int
    deleted: bool
    document: dict[str, Any]
    said: str


_table = mirrored_objects.c
_COLUMNS = [
    _table[name] for name in ("kind", "object_id", "created_at", "deleted", "document", "said")
]
_event = msgspec.json.Decoder(StripeEvent)


def lock(connection: sa.Connection, stripe_account_id: str, object_id: str) -> None:
    """Lock the object, so that one process at a time compares versions of it."""
    locks.take(connection, f"mirror:{stripe_account_id}:{object_id}")


def find(
    connection: sa.Connection, stripe_account_id: str, kind: str, object_id: str
) -> MirroredObject | None:
    row = connection.execute(
        sa.select(*_COLUMNS).where(*_of(stripe_account_id, kind), _table.object_id == object_id)
    ).first()
    return _record(row) if row is not None else None


def save(
    store: Store, connection: sa.Connection, stripe_account_id: str, record: MirroredObject
) -> None:
    """Insert or replace the object's row."""
    if insert(store, connection, stripe_account_id, record):
        return
    own = (*_of(stripe_account_id, record.kind), _table.object_id == record.object_id)
    connection.execute(sa.update(mirrored_objects).where(*own).values(_values(record)))


def insert(
    store: Store, connection: sa.Connection, stripe_account_id: str, record: MirroredObject
) -> bool:
    """Insert the object unless it is mirrored already, and return whether it is new."""
    key = {"stripe_account_id": stripe_account_id, "kind": record.kind}
    row = key | {"object_id": record.object_id} | _values(record)
    added = connection.execute(store.insert_new(mirrored_objects).values(row))
    return bool(added.rowcount == 1)


def list_created_between(
    connection: sa.Connection, stripe_account_id: str, kind: str, from_ms: int, until_ms: int
) -> list[MirroredObject]:
    """Objects created from `from_ms` and before `until_ms`, the oldest first."""
    query = sa.select(*_COLUMNS).where(
        *_of(stripe_account_id, kind), _table.created_at >= from_ms, _table.created_at < until_ms
    )
    ordered = query.order_by(_table.created_at, _table.object_id)
    return [_record(row) for row in connection.execute(ordered)]


def list_objects(
    connection: sa.Connection, stripe_account_id: str, kind: str | None
) -> list[MirroredObject]:
    """The account's objects, optionally of one kind only, the oldest first."""
    query = sa.select(*_COLUMNS).where(_table.stripe_account_id == stripe_account_id)
    if kind is not None:
        query = query.where(_table.kind == kind)
    ordered = query.order_by(_table.created_at, _table.kind, _table.object_id)
    return [_record(row) for row in connection.execute(ordered)]


def find_documents(
    connection: sa.Connection, stripe_account_id: str, kind: str, object_ids: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """The documents of these objects by id; unknown ids are left out."""
    query = sa.select(_table.object_id, _table.document)
    wanted = query.where(*_of(stripe_account_id, kind), _table.object_id.in_(list(object_ids)))
    return {row.object_id: _document(row.document) for row in connection.execute(wanted)}


def find_newest_ms(connection: sa.Connection, stripe_account_id: str, kind: str) -> int | None:
    """When the newest object of this kind was created."""
    query = sa.select(sa.func.max(_table.created_at)).where(*_of(stripe_account_id, kind))
    found: int | None = connection.scalar(query)
    return found


def list_subscription_events(
    connection: sa.Connection, stripe_account_id: str
) -> list[StripeEvent]:
    """All events about the account's subscriptions, in no particular order."""
    query = sa.select(billing_events.c.payload).join(
        mirrored_objects, _table.object_id == billing_events.c.object_id
    )
    mine = query.where(*_of(stripe_account_id, "subscription"))
    return [_event.decode(payload) for payload in connection.scalars(mine)]


def _of(stripe_account_id: str, kind: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (_table.stripe_account_id == stripe_account_id, _table.kind == kind)


def _values(record: MirroredObject) -> dict[str, Any]:
    return {
        "created_at": record.created_ms,
        "deleted": record.deleted,
        "document": msgspec.json.encode(record.document).decode(),
        "said": record.said,
    }


def _record(row: sa.Row[Any]) -> MirroredObject:
    return MirroredObject(
        kind=row.kind,
        object_id=row.object_id,
        created_ms=row.created_at,
        deleted=row.deleted,
        document=_document(row.document),
        said=row.said,
    )


def _document(text: str) -> dict[str, Any]:
    return msgspec.json.decode(text, type=dict[str, Any])
