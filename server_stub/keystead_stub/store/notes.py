"""What merchants note of their customers."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from keystead_stub.store.tables import customer_notes


class NoteRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `customer_notes`, but for the place in order that the database gives it."""

    id: str
    account_id: str
    customer_id: str
    note: str
    author: str
    created_at: int


_COLUMNS = [customer_notes.c[name] for name in NoteRow.__struct_fields__]


def add(connection: sa.Connection, row: NoteRow) -> None:
    connection.execute(sa.insert(customer_notes).values(msgspec.structs.asdict(row)))


def of_customer(
    connection: sa.Connection,
    account_id: str,
    customer_id: str,
    *,
    before: int | None = None,
    limit: int | None = None,
) -> Sequence[NoteRow]:
    """The notes of a merchant's customer, the newest first.

    With `before`, a place in order, only older ones; with `limit` no more than so many.
    """
    query = sa.select(*_COLUMNS).where(_of(account_id, customer_id))
    if before is not None:
        query = query.where(customer_notes.c.seq < before)
    rows = connection.execute(query.order_by(customer_notes.c.seq.desc()).limit(limit))
    return [NoteRow(**row) for row in rows.mappings()]


def place_of(
    connection: sa.Connection, account_id: str, customer_id: str, note_id: str
) -> int | None:
    """Where in the order of all notes that one of this customer's stands."""
    query = sa.select(customer_notes.c.seq).where(
        _of(account_id, customer_id), customer_notes.c.id == note_id
    )
    found: int | None = connection.scalar(query)
    return found


def forget(connection: sa.Connection, account_id: str, customer_id: str) -> None:
    """Delete all that was noted of the customer."""
    connection.execute(sa.delete(customer_notes).where(_of(account_id, customer_id)))


def _of(account_id: str, customer_id: str) -> sa.ColumnElement[bool]:
    table = customer_notes.c
    return (table.account_id == account_id) & (table.customer_id == customer_id)
