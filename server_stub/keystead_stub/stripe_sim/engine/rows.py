"""One account's rows of the simulation's tables: the one place where accounts are kept apart.

Statements on objects, funds, timers, events, idempotency keys and endpoints are built here, so that
they cannot reach another account's rows.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

Selection = sa.Select[*tuple[Any, ...]]

#: The platform's own account.
ACCOUNT_ID = "acct_1KeysteadSimulated"


class Rows:
    """One account's rows within a transaction."""

    def __init__(self, connection: sa.Connection, account_id: str) -> None:
        self._connection = connection
        self.account_id = account_id

    @property
    def is_platform(self) -> bool:
        return self.account_id == ACCOUNT_ID

    def execute(self, statement: sa.Executable, *many: Any) -> sa.CursorResult[*tuple[Any, ...]]:
        return self._connection.execute(statement, *many)

    def select(self, table: sa.Table, *columns: Any) -> Selection:
        """Return a query of the account's rows, of these columns or of all."""
        return sa.select(*(columns or (table,))).where(self._own(table))

    def select_of_all(self, table: sa.Table, *columns: Any) -> Selection:
        """Return a query of the rows of all accounts, for the console and the controls."""
        return sa.select(*(columns or (table,)))

    def update(self, table: sa.Table) -> sa.Update:
        return sa.update(table).where(self._own(table))

    def delete(self, table: sa.Table) -> sa.Delete:
        return sa.delete(table).where(self._own(table))

    def add(self, table: sa.Table, *rows: dict[str, Any]) -> None:
        """Insert rows into the account."""
        if rows:
            own = [{**row, "account_id": self.account_id} for row in rows]
            # A single row as a dictionary: its generated key is only returned for an insert of one
            # row.
            self._connection.execute(table.insert(), own if len(own) > 1 else own[0])

    def listeners(self, table: sa.Table, *columns: Any) -> Selection:
        """Return a query of the endpoints that receive the account's events.

        They are its own and the platform's (https://docs.stripe.com/connect/webhooks).
        """
        listening = table.c.account_id.in_({self.account_id, ACCOUNT_ID})
        return sa.select(*(columns or (table,))).where(listening)

    def _own(self, table: sa.Table) -> sa.ColumnElement[bool]:
        return table.c.account_id == self.account_id
