"""Bring a database to the present schema: Alembic's revisions, or all tables for a new database.

`versions` holds one revision a change, for SQLite and PostgreSQL; a revision that has been released
never changes, and never imports today's tables. A new database gets today's tables at once, which
is ten times as fast as all revisions; a test shows that both give the same schema.

Alembic is imported only when there is a revision to apply: it costs as much time as a quarter of
the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from keystead.errors import InvalidInput
from keystead_stub.store import backups, locks, stripe_tables, tables
from keystead_stub.store.engine import Store
from keystead_stub.store.merchant_records.document_views import CREATE_VIEWS
from keystead_stub.store.records import record_tables

FOLDER = Path(__file__).parent
#: The tables as they are today.
SCHEMA = (tables.metadata, record_tables.metadata, stripe_tables.metadata)
VERSIONS = FOLDER / "versions"
#: The number of steps before Alembic; see revision 0001.
LAST_NUMBERED = 20
_LOCK = "migrations"

_alembic_version = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def known_revisions(versions: Path = VERSIONS) -> list[str]:
    """Revisions of this program, the oldest first; revision 0001 is in `r0001_….py`."""
    return sorted(path.name[1:5] for path in versions.glob("r[0-9]*.py"))


def migrate(
    store: Store, now_ms: int, *, backup_taken: bool = False, versions: Path = VERSIONS
) -> list[str]:
    """Bring the database to the newest revision, and return the revisions that were applied.

    Each revision is one transaction, so a crash leaves whole revisions only. The database is copied
    before a revision that drops data; `backup_taken` says that the operator has done so. Raises
    InvalidInput (``newer_database``, ``backup_needed``) or StorageFailed; then the database is as
    it was before that revision.
    """
    known = known_revisions(versions)
    with store.read() as connection:
        if is_current(connection, known):
            return []
    with store.write() as connection:
        # Several processes may start over one database. Each looks again once it has the lock.
        locks.take(connection, _LOCK)
        if _is_empty(connection):
            _create(connection, known[-1])
            return []
    applied = []
    for revision in known:
        with store.write() as connection:
            locks.take(connection, _LOCK)
            if revision > (_present(connection) or ""):
                _apply(store, connection, revision, versions, now_ms, backup_taken=backup_taken)
                applied.append(revision)
    return applied


def is_current(connection: sa.Connection, known: Sequence[str] = ()) -> bool:
    """Whether the database is at the newest of the known revisions, by default this program's.

    Raises InvalidInput (``newer_database``).
    """
    known = known or known_revisions()
    present = _present(connection)
    if present is not None and present not in known:
        raise _newer(f"revision {present}", known[-1])
    if present is None and (steps := _numbered(connection)) > LAST_NUMBERED:
        raise _newer(f"step {steps}", known[-1])
    return present == known[-1]


def _newer(found: str, newest: str) -> InvalidInput:
    return InvalidInput(
        f"The database has a newer schema ({found}) than this version of keystead-stub supports"
        f" (up to revision {newest}).",
        code="newer_database",
        remedy="Upgrade keystead-stub, or restore the backup from before the upgrade.",
    )


def _present(connection: sa.Connection) -> str | None:
    """The database's revision; null before Alembic."""
    if not sa.inspect(connection).has_table(_alembic_version.name):
        return None
    found: str | None = connection.scalar(sa.select(_alembic_version.c.version_num))
    return found


def _numbered(connection: sa.Connection) -> int:
    """The last numbered step of a database from before Alembic; 0 if there is none."""
    if not sa.inspect(connection).has_table("schema_versions"):
        return 0
    found = connection.scalar(sa.text("SELECT max(version) FROM schema_versions"))
    return int(found or 0)


def _is_empty(connection: sa.Connection) -> bool:
    inspector = sa.inspect(connection)
    return not any(map(inspector.has_table, (_alembic_version.name, "schema_versions")))


def _create(connection: sa.Connection, revision: str) -> None:
    """Create today's tables in an empty database."""
    for statement in _definitions(connection.dialect):
        connection.exec_driver_sql(statement)
    connection.execute(sa.insert(_alembic_version).values(version_num=revision))


_compiled: dict[str, list[str]] = {}


def _definitions(dialect: sa.Dialect) -> list[str]:
    """The statements that create today's tables.

    Tests open thousands of new databases in a process, and compiling takes most of the time.
    """
    if dialect.name not in _compiled:
        statements: list[sa.schema.ExecutableDDLElement] = [sa.schema.CreateTable(_alembic_version)]
        for metadata in SCHEMA:
            for table in metadata.sorted_tables:
                statements.append(sa.schema.CreateTable(table))
                statements.extend(map(sa.schema.CreateIndex, table.indexes))
        compiled = [str(one.compile(dialect=dialect)) for one in statements]
        _compiled[dialect.name] = [*compiled, *CREATE_VIEWS]
    return _compiled[dialect.name]


def _apply(
    store: Store,
    connection: sa.Connection,
    revision: str,
    versions: Path,
    now_ms: int,
    *,
    backup_taken: bool,
) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    # Configuration values are interpolated, so a percent sign has to be doubled.
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("version_locations", str(versions).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    script = ScriptDirectory.from_config(config).get_revision(revision)
    if script.module.drops_data:
        backups.take_backup(store.engine, version=revision, now_ms=now_ms, taken=backup_taken)
    command.upgrade(config, revision)
