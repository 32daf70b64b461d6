"""Rows of tables as structs: what the modules of the other tables have in common.

A struct has a field for each column that it reads, by the same name.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from keystead_stub.store.engine import Store

Row = TypeVar("Row", bound=msgspec.Struct)


def columns(table: sa.Table, kind: type[msgspec.Struct]) -> list[sa.ColumnElement[Any]]:
    """The columns that a struct reads, in the order of its fields.

    A column's key is the field's name, its name in the database may be another one.
    """
    found = [table.c[name] for name in kind.__struct_fields__]
    return [one if one.name == one.key else one.label(one.key) for one in found]


def select(table: sa.Table, kind: type[msgspec.Struct]) -> sa.Select[Any]:
    return sa.select(*columns(table, kind))


def first(connection: sa.Connection, query: sa.Select[Any], kind: type[Row]) -> Row | None:
    """The first row of a query that `select` started."""
    row = connection.execute(query).mappings().first()
    return kind(**row) if row is not None else None


def all_of(connection: sa.Connection, query: sa.Select[Any], kind: type[Row]) -> list[Row]:
    """All rows of a query that `select` started."""
    return [kind(**row) for row in connection.execute(query).mappings()]


def newest(
    connection: sa.Connection,
    table: sa.Table,
    kind: type[Row],
    condition: sa.ColumnElement[bool],
    *,
    limit: int | None = None,
    after: str | None = None,
) -> list[Row] | None:
    """A page of the rows that meet the condition, the newest first.

    The table has a unique `id` and the order `seq`. The page starts after the row with the id
    `after`; null if no row that meets the condition has that id.
    """
    query = select(table, kind).where(condition)
    if after is not None:
        # By `seq` and not by time, because several rows may have the same instant.
        seq = connection.scalar(sa.select(table.c.seq).where(condition, table.c.id == after))
        if seq is None:
            return None
        query = query.where(table.c.seq < seq)
    return all_of(connection, query.order_by(table.c.seq.desc()).limit(limit), kind)


def insert(connection: sa.Connection, table: sa.Table, row: msgspec.Struct) -> None:
    connection.execute(sa.insert(table).values(values(row)))


def insert_new(
    store: Store, connection: sa.Connection, table: sa.Table, row: msgspec.Struct
) -> bool:
    """Insert the row unless a row with its key exists, and return whether it is new."""
    inserted = connection.execute(store.insert_new(table).values(values(row)))
    return bool(inserted.rowcount == 1)


def values(row: msgspec.Struct) -> dict[str, Any]:
    """The row's values by column."""
    return msgspec.structs.asdict(row)
