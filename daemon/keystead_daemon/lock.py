"""One daemon per home: a file lock that the system releases when its holder ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from keystead.errors import StorageFailed
from keystead.files import NO_FOLLOW, PRIVATE_FILE, make_private_folder


class InstanceLock:
    """The lock file, which also holds the daemon's pid for people."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Acquire the lock. Returns False where another process holds it. Raises StorageFailed."""
        try:
            make_private_folder(self._path.parent)
            flags = os.O_RDWR | os.O_CREAT | _CLOEXEC | NO_FOLLOW
            descriptor = os.open(self._path, flags, PRIVATE_FILE)
        except OSError as error:
            raise StorageFailed(
                f"Can't open {self._path}: {error.strerror}.",
                values={"file": self._path.name, "why": error.strerror or "unknown"},
                remedy="Check the permissions of the product's state folder.",
            ) from None
        if not _lock(descriptor):
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        # The pid is informative only, so a full disk must not stop the daemon here.
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, b"%d\n" % os.getpid())
        return True

    def release(self) -> None:
        """Release the lock. The file stays: removing it could remove the one of another daemon."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> int | None:
        """Return the pid in the file, None where it can't be read."""
        with suppress(OSError, ValueError):
            return int(self._path.read_text("ascii"))
        return None


if sys.platform == "win32":
    import msvcrt

    _CLOEXEC = os.O_NOINHERIT
    #: Beyond the pid, because no other process can read the bytes that msvcrt locks.
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
