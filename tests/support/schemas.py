"""Compare database schemas."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from keystead_stub.store.engine import Store
from keystead_stub.store.migrations import SCHEMA


def differences(store: Store) -> list[Any]:
    """Return what Alembic would put into the next revision."""
    options = {"compare_type": True, "compare_server_default": True, "target_metadata": SCHEMA}
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts=options)
        found: list[Any] = list(compare_metadata(context, SCHEMA))  # type: ignore[arg-type]
    return [one for one in found if not _is_null_key(one)]


def _is_null_key(difference: Any) -> bool:
    """Whether a numbered key of SQLite may be null by its definition; by its nature it can't."""
    change, *_, column = difference[0][:4] if isinstance(difference, list) else (None, None)
    return change == "modify_nullable" and column in {"id", "seq"}


def sqlite_schema(path: Path) -> dict[str, Any]:
    """Tables, columns, keys and indexes, without their order, and whether a table is strict.

    Alembic's comparison doesn't see primary keys, defaults of SQLite, and strict tables.
    """
    with closing(sqlite3.connect(path)) as connection:

        def pragma(name: str, of: str) -> list[tuple[Any, ...]]:
            return connection.execute(f'PRAGMA {name}("{of}")').fetchall()

        tables = connection.execute("PRAGMA table_list").fetchall()
        return {
            table: {
                "strict": strict,
                "columns": sorted(
                    (name, kind, required or bool(key), default, key)
                    for _, name, kind, required, default, key in pragma("table_info", table)
                ),
                "foreign keys": sorted(row[2:5] for row in pragma("foreign_key_list", table)),
                "indexes": sorted(
                    (
                        "" if origin == "u" else index,
                        unique,
                        tuple(row[2] for row in pragma("index_info", index)),
                    )
                    for _, index, unique, origin, _ in pragma("index_list", table)
                    if origin != "pk"
                ),
            }
            for _, table, kind, _, _, strict in tables
            if kind == "table" and not table.startswith("sqlite_")
        }
