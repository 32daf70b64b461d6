"""What merchants note of their customers."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store.paging import list_newest
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


def insert(connection: sa.Connection, row: NoteRow) -> None:
    connection.execute(sa.insert(customer_notes).values(msgspec.structs.asdict(row)))


def list_by_customer(
    connection: sa.Connection,
    account_id: str,
    customer_id: str,
    *,
    limit: int | None = None,
    after: str | None = None,
) -> list[NoteRow] | None:
    """The notes of a merchant's customer, the newest first.

    Those after one's id, null where the customer has no such; with `limit` no more than so many.
    """
    mine = _of(account_id, customer_id)
    rows = list_newest(connection, _COLUMNS, mine, limit=limit, after=after)
    return None if rows is None else [NoteRow(**row) for row in rows]


def delete_by_customer(connection: sa.Connection, account_id: str, customer_id: str) -> None:
    """Delete all that was noted of the customer."""
    connection.execute(sa.delete(customer_notes).where(_of(account_id, customer_id)))


def _of(account_id: str, customer_id: str) -> sa.ColumnElement[bool]:
    table = customer_notes.c
    return (table.account_id == account_id) & (table.customer_id == customer_id)
