"""Statements that are compiled once, for the status route that every device requests.

SQLAlchemy Core's own work at each execution takes several times as long as SQLite's. Only for
columns that need no conversion.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


class PreparedStatement:
    """A statement; `columns` are those that an INSERT sets."""

    def __init__(self, statement: Any, columns: tuple[str, ...] | None = None) -> None:
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, sa.Compiled] = {}

    def execute(self, connection: sa.Connection, **values: Any) -> Any:
        """Execute it in the connection's transaction, and return the driver's cursor."""
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
