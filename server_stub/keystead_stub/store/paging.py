"""Rows that are listed the newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa


def list_newest(
    connection: sa.Connection,
    columns: Sequence[sa.Column[Any]],
    mine: sa.ColumnElement[bool],
    *,
    limit: int | None = None,
    after: str | None = None,
) -> Sequence[sa.RowMapping] | None:
    """Those of one table's rows that are `mine`; with `after`, only what is older than that one.

    The table gives each row an `id` and its place, `seq`. Null where none of mine has that id.
    """
    table = columns[0].table
    query = sa.select(*columns).where(mine)
    if after is not None:
        seq = connection.scalar(sa.select(table.c.seq).where(mine, table.c.id == after))
        if seq is None:
            return None
        query = query.where(table.c.seq < seq)
    return connection.execute(query.order_by(table.c.seq.desc()).limit(limit)).mappings().all()
