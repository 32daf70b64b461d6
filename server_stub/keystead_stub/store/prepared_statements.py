"""Statements of the one route that every device asks every few hours, compiled once.

They are written in SQLAlchemy Core like all others; what is saved is Core's work at each execution,
which is several times SQLite's own. Only for columns that need no conversion.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


class PreparedStatement:
    """One statement; `columns` are those that an INSERT gives values for."""

    def __init__(self, statement: Any, columns: tuple[str, ...] | None = None) -> None:
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, sa.Compiled] = {}

    def execute(self, connection: sa.Connection, **values: Any) -> Any:
        """Run it within the connection's transaction; returns the driver's cursor."""
        compiled = self._for(connection.dialect)
        given = compiled.params | values
        order: list[str] | None = getattr(compiled, "positiontup", None)
        cursor = connection.connection.cursor()
        cursor.execute(compiled.string, [given[name] for name in order] if order else given)
        return cursor

    def _for(self, dialect: sa.Dialect) -> Any:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            options: dict[str, Any] = {"column_keys": self._columns} if self._columns else {}
            compiled = self._statement.compile(dialect=dialect, **options)
            self._compiled[dialect.name] = compiled
        return compiled
