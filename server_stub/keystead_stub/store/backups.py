"""A copy of the database before a migration drops something of it.

An SQLite file is copied beside itself. A server's database is its operator's to dump: the line to
run is said, and nothing is changed until somebody says that it was done.
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
from keystead_stub.store.engine import file_path


def backup_path(file: Path, *, version: str, now_ms: int) -> Path:
    """Where the copy goes that is taken before this version: `stub.db.before-13-20261121T090500Z`.

    It names the second; a second copy of one second is none.
    """
    return file.with_name(f"{file.name}.before-{version}-{to_datetime(now_ms):%Y%m%dT%H%M%SZ}")


def take_backup(engine: sa.Engine, *, version: str, now_ms: int, taken: bool) -> Path | None:
    """Copy the database; null where there is nothing to copy, or `taken` says that it was done.

    The caller holds the write lock, so that nothing is written between the copy and the step.
    Raises StorageFailed, or InvalidInput (``backup_needed``) where it is the operator's to do.
    """
    if taken:
        return None
    if engine.dialect.name != "sqlite":
        raise InvalidInput(
            f"Version {version} of the database drops data, and a backup comes first.",
            code="backup_needed",
            remedy=f"Run: {pg_dump_command(engine.url, version)}\n"
            "and then `keystead-stub serve` with --backup-taken.",
        )
    file = file_path(engine.url.render_as_string(hide_password=False))
    if file is None:
        return None
    backup = backup_path(file, version=version, now_ms=now_ms)
    _copy(file, backup)
    return backup


def pg_dump_command(url: sa.URL, version: str) -> str:
    """The `pg_dump` to run; a password is not in it, and comes from ~/.pgpass or PGPASSWORD."""
    plain = sa.URL.create(
        "postgresql", username=url.username, host=url.host, port=url.port, database=url.database
    )
    address = shlex.quote(plain.render_as_string())
    return f"pg_dump --format=custom --file=before-{version}.dump {address}"


def _copy(file: Path, backup: Path) -> None:
    """A whole copy by SQLite itself, readable by its user alone, or none."""
    made = False
    try:
        os.close(os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
        made = True
        # Of its own connection: VACUUM cannot run in the transaction that holds the lock.
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute("VACUUM INTO ?", (str(backup),))
        with backup.open("rb") as copied:
            os.fsync(copied.fileno())
    except (OSError, sqlite3.Error) as error:
        if made:
            with suppress(OSError):
                backup.unlink()
        raise StorageFailed(
            "The database could not be backed up before data is dropped, so nothing was changed."
        ) from error
