"""One daemon for each home: a lock that the system lets go of when its holder ends, however."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from keystead.errors import StorageFailed
from keystead.files import NO_FOLLOW, PRIVATE_FILE, make_private_folder


class InstanceLock:
    """The lock file, with the holder's pid in it for people."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock, or say that another holds it. Raises StorageFailed."""
        try:
            make_private_folder(self._path.parent)
            flags = os.O_RDWR | os.O_CREAT | _CLOEXEC | NO_FOLLOW
            descriptor = os.open(self._path, flags, PRIVATE_FILE)
        except OSError as error:
            raise StorageFailed(
                f"{self._path.name} could not be opened: {error.strerror}.",
                values={"file": self._path.name, "why": error.strerror or "unknown"},
                remedy="Check who may write to the folder of this product's state.",
            ) from None
        if not _lock(descriptor):
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        # The pid is for people: a disk without room for it is no reason not to run.
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, b"%d\n" % os.getpid())
        return True

    def release(self) -> None:
        """Let go; the file stays, because removing it could remove another's."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> int | None:
        """The pid that the file names, if it can be read."""
        with suppress(OSError, ValueError):
            return int(self._path.read_text("ascii"))
        return None


if sys.platform == "win32":
    import msvcrt

    _CLOEXEC = os.O_NOINHERIT
    #: Beyond the pid: what msvcrt locks, nobody else can read.
    _LOCKED_AT = 1024

    def _lock(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_AT, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    _CLOEXEC = os.O_CLOEXEC

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
