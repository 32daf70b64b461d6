"""Backups of the database before a migration that drops data.

An SQLite file is copied to the same folder. PostgreSQL is backed up by the operator: the error
names the `pg_dump` command, and the migration waits for `--backup-taken`.
"""

from __future__ import annotations

import os
import shlex
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import sqlalchemy as sa

from keystead.errors import InvalidInput, StorageFailed
from keystead.files import PRIVATE_FILE
from keystead.instants import to_datetime
from keystead_stub.store.database_files import BACKUP_SUFFIX
from keystead_stub.store.engine import file_path


def backup_path(file: Path, *, version: str, now_ms: int) -> Path:
    """The backup's path, such as `stub.db.before-0013-20261121T090500Z`.

    Two backups of one second would have the same path; then the second one fails.
    """
    return file.with_name(
        f"{file.name}{BACKUP_SUFFIX}{version}-{to_datetime(now_ms):%Y%m%dT%H%M%SZ}"
    )


def take_backup(engine: sa.Engine, *, version: str, now_ms: int, taken: bool) -> Path | None:
    """Copy the database; null for one in memory, or if `taken` says that a backup exists.

    The caller holds the write lock, so that nothing is written between the copy and the revision.
    Raises StorageFailed, or InvalidInput (``backup_needed``) for PostgreSQL.
    """
    if taken:
        return None
    if engine.dialect.name != "sqlite":
        raise InvalidInput(
            f"Revision {version} of the database schema drops data, so a backup is needed first.",
            code="backup_needed",
            remedy=f"Run: {pg_dump_command(engine.url, version)}\n"
            "Then run `keystead-stub serve` with --backup-taken.",
        )
    file = file_path(engine.url.render_as_string(hide_password=False))
    if file is None:
        return None
    backup = backup_path(file, version=version, now_ms=now_ms)
    _copy(file, backup)
    return backup


def pg_dump_command(url: sa.URL, version: str) -> str:
    """The `pg_dump` command. Its password comes from ~/.pgpass or PGPASSWORD."""
    # Without the driver, which pg_dump does not know, and the password, which must not show.
    plain = sa.URL.create(
        "postgresql", username=url.username, host=url.host, port=url.port, database=url.database
    )
    address = shlex.quote(plain.render_as_string())
    return f"pg_dump --format=custom --file=before-{version}.dump {address}"


def _copy(file: Path, backup: Path) -> None:
    """Copy the file with SQLite, readable only by its owner. On an error no copy is left."""
    created = False
    try:
        # Created first: VACUUM INTO takes an empty file, and would create one that others can read.
        os.close(os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
        created = True
        # On another connection, because VACUUM can't run in the transaction that holds the lock.
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute("VACUUM INTO ?", (str(backup),))
        with backup.open("rb") as copied:
            # The copy has to be on the disk before the revision drops anything.
            os.fsync(copied.fileno())
    except (OSError, sqlite3.Error) as error:
        if created:
            with suppress(OSError):
                backup.unlink()
        raise StorageFailed(
            "The database could not be backed up, so it was not migrated."
        ) from error
