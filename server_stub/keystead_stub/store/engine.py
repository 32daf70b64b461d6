"""Opening the database: SQLite in memory or in a file, or PostgreSQL.

One thread serves all requests, and no transaction spans an `await`: the calls are synchronous and
take microseconds on SQLite. Transactions are never nested; the time in particular is read before
one begins, because reading it may ask the database.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from keystead.errors import InvalidInput

IN_MEMORY = "sqlite://"
BUSY_SECONDS = 10


class Store:
    """The database as the rest of the stub sees it: whole transactions, nothing else."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        # A connection to a file or to memory never breaks, and taking one from a pool costs more
        # than most of our queries; one to a server is a pool's business.
        self._kept = engine.dialect.name == "sqlite"
        self._writer: sa.Connection | None = None
        self._reader: sa.Connection | None = None
        self._insertions: dict[str, Any] = {}

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A consistent view that writes nothing."""
        if not self._kept:
            with self.engine.begin() as connection:
                yield connection
            return
        if self._reader is None:
            self._reader = self.engine.connect().execution_options(keystead_reads=True)
        with self._reader.begin():
            yield self._reader

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """All of it or, on any exception, nothing of it."""
        if not self._kept:
            with self.engine.begin() as connection:
                yield connection
            return
        if self._writer is None:
            self._writer = self.engine.connect()
        with self._writer.begin():
            yield self._writer

    def insert_new(self, table: sa.Table) -> Any:
        """An INSERT of this table that leaves a row that is there already as it is."""
        if table.name not in self._insertions:
            # Not every driver keeps the count of an INSERT unless it is asked to.
            counted = self._insertion(table).execution_options(preserve_rowcount=True)
            self._insertions[table.name] = counted
        return self._insertions[table.name]

    def ok(self) -> bool:
        """Whether the database answers."""
        try:
            with self.read() as connection:
                connection.execute(sa.text("SELECT 1"))
        except (sa.exc.SQLAlchemyError, sqlite3.Error):
            return False
        return True

    def close(self) -> None:
        for connection in (self._reader, self._writer):
            if connection is not None:
                connection.close()
        self.engine.dispose()

    def _insertion(self, table: sa.Table) -> Any:
        if self.engine.dialect.name == "postgresql":
            from sqlalchemy.dialects import postgresql

            return postgresql.insert(table).on_conflict_do_nothing()
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table).on_conflict_do_nothing()


def to_url(text: str) -> str:
    """A file's name, or SQLAlchemy's form, in that form.

    Raises InvalidInput (``invalid_database``).
    """
    if "://" not in text:
        return f"sqlite:///{Path(text).absolute()}"
    try:
        sa.make_url(text)
    except sa.exc.ArgumentError:
        raise InvalidInput("--database is no database URL.", code="invalid_database") from None
    return text


def file_path(url: str) -> Path | None:
    """The file that the database of this URL is in, or null where it is none."""
    parts = sa.make_url(url)
    if parts.get_backend_name() != "sqlite" or parts.database in {None, "", ":memory:"}:
        return None
    return Path(str(parts.database)).absolute()


def open_store(url: str = IN_MEMORY) -> Store:
    """Connect to `url` (SQLAlchemy's form). Tables come from `keystead_stub.store.migrations`."""
    if url.startswith("sqlite"):
        return Store(_sqlite(url))
    return Store(sa.create_engine(url, pool_pre_ping=True, hide_parameters=True))


def _sqlite(url: str) -> sa.Engine:
    options: dict[str, Any] = {} if file_path(url) else {"poolclass": StaticPool}
    engine = sa.create_engine(
        url,
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
        # An error is logged, and what was to be written is nobody's business there.
        hide_parameters=True,
        **options,
    )
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    # The driver's own idea of when a transaction begins leaves SELECT outside of it.
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    # A reader that turns writer half-way can be refused at once; a writer that says so waits.
    reads = connection.get_execution_options().get("keystead_reads", False)
    # Asked of the driver itself: by way of SQLAlchemy it costs as much as a query.
    driver: Any = connection.connection.dbapi_connection
    driver.execute("BEGIN" if reads else "BEGIN IMMEDIATE")
