"""Bring a database of any numbered version, or an empty one, to the first Alembic revision.

Before Alembic, databases were migrated by numbered steps, and the table `schema_versions` held the
number of each step that was applied. The 20 steps are frozen in `numbered_steps`, so this revision
takes over a database at any of them; an empty database is at step 0.

In a step `{instant}` is a 64-bit integer, `{serial}` a numbered primary key, and `{strict}` makes
SQLite check types.
"""

from __future__ import annotations

import json
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
# Step 16 copies every row before it drops the old table.
drops_data = False

_FOLDER = Path(__file__).parents[1] / "numbered_steps"
_WORDS = {
    "sqlite": {"instant": "INTEGER", "serial": "INTEGER PRIMARY KEY", "strict": " STRICT"},
    "postgresql": {"instant": "BIGINT", "serial": "BIGSERIAL PRIMARY KEY", "strict": ""},
}
#: The platform's own account, to which all rows belonged while there was only one account.
_PLATFORM = "acct_1KeysteadSimulated"
#: Tables of simulated Stripe that step 16 gives an `account_id`, and their numbered column.
_OWNED = {
    "stripe_objects": "seq",
    "stripe_funds": None,
    "stripe_requests": None,
    "stripe_timers": "id",
    "stripe_events": None,
    "stripe_endpoints": None,
}


def upgrade() -> None:
    connection = op.get_bind()
    applied = _applied(connection)
    for path in sorted(_FOLDER.glob("*.sql")):
        number = int(path.name[:2])
        if number <= applied or _is_there(connection, number):
            continue
        if number == 16:
            _add_accounts(connection, path)
            continue
        _execute(connection, path)
        if number == 6:
            _fill_created(connection)
    op.execute("DROP TABLE IF EXISTS schema_versions")


def _applied(connection: sa.Connection) -> int:
    if not sa.inspect(connection).has_table("schema_versions"):
        return 0
    query = sa.text("SELECT coalesce(max(version), 0) FROM schema_versions")
    return int(connection.scalar(query) or 0)


def _is_there(connection: sa.Connection, number: int) -> bool:
    """Whether step 4 already made what this step adds.

    Step 4 used to create simulated Stripe's tables as they were on the day that it ran. If the
    process ended between two steps, the recorded version is lower than the tables' age.
    """
    added = {
        6: ("stripe_objects", "created_s"),
        9: ("stripe_requests", "key"),
        16: ("stripe_objects", "account_id"),
    }
    if number not in added:
        return False
    table, column = added[number]
    inspector = sa.inspect(connection)
    return inspector.has_table(table) and column in {
        one["name"] for one in inspector.get_columns(table)
    }


def _execute(connection: sa.Connection, path: Path) -> None:
    script = path.read_text("utf-8").format(**_WORDS[connection.dialect.name])
    for statement in script.split(";"):
        if statement.strip():
            connection.execute(sa.text(statement))


def _fill_created(connection: sa.Connection) -> None:
    """Copy each object's time of creation from its document to the new column."""
    change = sa.text("UPDATE stripe_objects SET created_s = :created_s WHERE seq = :seq")
    rows = connection.execute(sa.text("SELECT seq, document FROM stripe_objects")).all()
    for seq, document in rows:
        created_s = json.loads(document).get("created")
        connection.execute(change, {"created_s": created_s, "seq": seq})


def _add_accounts(connection: sa.Connection, path: Path) -> None:
    """Rebuild the tables with an `account_id`; the existing rows are the platform's.

    Ids become unique within an account, and SQLite can't change a constraint of a table.
    """
    # It can be there only after an interrupted migration, and then it is empty.
    connection.execute(sa.text("DROP TABLE IF EXISTS stripe_keys"))
    old = {name: sa.Table(name, sa.MetaData(), autoload_with=connection) for name in _OWNED}
    for name, table in old.items():
        # Names of indexes are unique in the whole database, and the new tables use them again.
        for index in table.indexes:
            index.drop(connection)
        connection.execute(sa.text(f"ALTER TABLE {name} RENAME TO {name}_old"))
    _execute(connection, path)
    for name, table in old.items():
        _move_rows(connection, name, [one.name for one in table.c if one.name != "account_id"])


def _move_rows(connection: sa.Connection, name: str, columns: list[str]) -> None:
    names = ", ".join(columns)
    move = (
        f"INSERT INTO {name} (account_id, {names})"  # noqa: S608 only names written above
        f" SELECT :account, {names} FROM {name}_old"
    )
    connection.execute(sa.text(move), {"account": _PLATFORM})
    connection.execute(sa.text(f"DROP TABLE {name}_old"))
    numbered = _OWNED[name]
    if numbered and connection.dialect.name == "postgresql":
        # The new table's sequence starts at 1, below the copied rows.
        sequence = f"pg_get_serial_sequence('{name}', '{numbered}')"
        connection.execute(
            sa.text(f"SELECT setval({sequence}, max({numbered})) FROM {name}")  # noqa: S608
        )
