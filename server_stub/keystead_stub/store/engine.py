"""Opens the database: SQLite in memory or in a file, or PostgreSQL.

One thread serves all requests, and no transaction spans an `await`: queries are synchronous and
take microseconds on SQLite. Transactions are never nested. In particular, read the simulated time
before a transaction begins, because that may query the database.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool, StaticPool

from keystead.errors import InvalidInput
from keystead_stub.store.database_files import make_private

IN_MEMORY = "sqlite://"
#: How long a transaction waits for another process that writes to the same SQLite file.
BUSY_SECONDS = 10


class Store:
    """A database as a source of transactions."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        # A connection to SQLite never breaks, and checking one out of a pool takes longer than most
        # queries. A connection to a server can break, so the pool checks it.
        self._keeps_connections = engine.dialect.name == "sqlite"
        self._writer: sa.Connection | None = None
        self._reader: sa.Connection | None = None
        self._insertions: dict[str, Any] = {}

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only reads, and sees one consistent state."""
        if not self._keeps_connections:
            with self.engine.begin() as connection:
                yield connection
            return
        if self._reader is None:
            self._reader = self.engine.connect().execution_options(keystead_reads=True)
        with self._reader.begin():
            yield self._reader

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction: committed at the end of the block, or rolled back on an exception."""
        if not self._keeps_connections:
            with self.engine.begin() as connection:
                yield connection
            return
        if self._writer is None:
            self._writer = self.engine.connect()
        with self._writer.begin():
            yield self._writer

    def insert_new(self, table: sa.Table) -> Any:
        """An INSERT that does nothing if a row with the same key exists."""
        if table.name not in self._insertions:
            # Some drivers discard the row count of an INSERT otherwise.
            statement = self._insertion(table).execution_options(preserve_rowcount=True)
            self._insertions[table.name] = statement
        return self._insertions[table.name]

    def ok(self) -> bool:
        """Whether the database can be queried."""
        try:
            with self.read() as connection:
                connection.execute(sa.text("SELECT 1"))
        except (sa.exc.SQLAlchemyError, sqlite3.Error):
            return False
        return True

    def connections(self) -> tuple[int, int]:
        """Return how many connections this process uses, and how many it keeps for later."""
        pool = self.engine.pool
        if isinstance(pool, QueuePool):
            return pool.checkedout(), pool.checkedin()
        return sum(one is not None for one in (self._reader, self._writer)), 0

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
    """Return SQLAlchemy's URL for a file name or for such a URL.

    Raises InvalidInput (``invalid_database``).
    """
    if "://" not in text:
        return f"sqlite:///{Path(text).absolute()}"
    try:
        sa.make_url(text)
    except sa.exc.ArgumentError:
        raise InvalidInput("Invalid database URL.", code="invalid_database") from None
    return text


def file_path(url: str) -> Path | None:
    """The file of an SQLite URL; null for memory and for other databases."""
    parts = sa.make_url(url)
    if parts.get_backend_name() != "sqlite" or parts.database in {None, "", ":memory:"}:
        return None
    return Path(str(parts.database)).absolute()


def is_in_memory(url: str) -> bool:
    """Whether the database ends with the process."""
    return sa.make_url(url).get_backend_name() == "sqlite" and file_path(url) is None


def kind_of(url: str) -> str:
    """The name of the database system of SQLAlchemy's `url`, as people write it."""
    backend = sa.make_url(url).get_backend_name()
    return {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(backend, backend)


def open_store(url: str = IN_MEMORY) -> Store:
    """Open the database at SQLAlchemy's `url`. `store.migrations.migrate` creates the tables.

    Raises OSError where an SQLite file can't be created, or belongs to another user.
    """
    if url.startswith("sqlite"):
        return Store(_sqlite(url))
    return Store(sa.create_engine(url, pool_pre_ping=True, hide_parameters=True))


def _sqlite(url: str) -> sa.Engine:
    # A database in memory belongs to its connection: with a second one there would be two.
    file = file_path(url)
    options: dict[str, Any] = {"poolclass": StaticPool} if file is None else {}
    if file is not None:
        make_private(file)
    engine = sa.create_engine(
        url,
        # Opened in one thread and used in the server's, but never in two at once.
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
        # Errors are logged, and the values in a statement may be secret.
        hide_parameters=True,
        **options,
    )
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    # By default the driver begins a transaction only before a write, so a SELECT is outside it.
    connection.isolation_level = None
    # WAL lets others read while one writes. FULL keeps a committed payment through a power cut.
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    # A transaction that begins to write after a read fails at once if another one is writing;
    # with BEGIN IMMEDIATE it waits.
    reads = connection.get_execution_options().get("keystead_reads", False)
    # Executed by the driver itself, because by way of SQLAlchemy it takes as long as a query.
    driver: Any = connection.connection.dbapi_connection
    driver.execute("BEGIN" if reads else "BEGIN IMMEDIATE")
