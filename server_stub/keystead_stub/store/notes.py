"""Notes that merchants write about their customers."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store import rows
from keystead_stub.store.tables import customer_notes


class NoteRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `customer_notes` without `seq`, which the database numbers."""

    id: str
    account_id: str
    customer_id: str
    note: str
    author: str
    created_at: int


def insert(connection: sa.Connection, row: NoteRow) -> None:
    rows.insert(connection, customer_notes, row)


def list_by_customer(
    connection: sa.Connection,
    account_id: str,
    customer_id: str,
    *,
    limit: int | None = None,
    after: str | None = None,
) -> list[NoteRow] | None:
    """A page of the notes, the newest first; null if `after` is not one of them."""
    own = _is_about(account_id, customer_id)
    return rows.newest(connection, customer_notes, NoteRow, own, limit=limit, after=after)


def delete_by_customer(connection: sa.Connection, account_id: str, customer_id: str) -> None:
    connection.execute(sa.delete(customer_notes).where(_is_about(account_id, customer_id)))


def _is_about(account_id: str, customer_id: str) -> sa.ColumnElement[bool]:
    table = customer_notes.c
    return (table.account_id == account_id) & (table.customer_id == customer_id)
