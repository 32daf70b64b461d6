"""The files of an SQLite database: for the user alone who runs the stub."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from keystead.files import PRIVATE_FILE

#: Follows the database's name in those of its copies.
BACKUP_SUFFIX = ".before-"


def make_private(file: Path) -> None:
    """Create the database's file, and let nobody else read what belongs to it.

    SQLite gives its own files (`-wal`, `-shm`) the mode of the database, so they are private from
    their first byte on. The folder is the user's, and stays as it is. Raises OSError.
    """
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, PRIVATE_FILE))
    # Earlier versions created them with the mode that the umask left.
    for one in (file, *file.parent.glob(f"{file.name}-*"), *backups_of(file)):
        # Another process that closes the database removes its `-wal`.
        with suppress(FileNotFoundError):
            if stat.S_IMODE(one.stat().st_mode) & ~PRIVATE_FILE:
                one.chmod(PRIVATE_FILE)


def backups_of(file: Path) -> list[Path]:
    """Return the copies that were made before migrations, the oldest first."""
    return sorted(file.parent.glob(f"{file.name}{BACKUP_SUFFIX}*"))
