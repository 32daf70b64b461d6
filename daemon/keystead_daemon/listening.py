"""The local API's Unix socket: for this user alone, from the instant that it exists."""

from __future__ import annotations

import os
import socket
import stat
import sys
from contextlib import suppress
from pathlib import Path

from keystead.errors import StorageFailed
from keystead.files import PRIVATE_FOLDER, private_folder

#: Peers that may wait to be let in: beyond, one that only came at a busy moment is turned away.
BACKLOG = 256
_OWNER_ONLY = 0o177


def listen(path: Path) -> socket.socket:
    """A listening socket of mode 0600 in a folder of mode 0700.

    One that an earlier daemon left behind is removed: who calls this holds the lock, so nobody
    listens on it. Raises StorageFailed.
    """
    if sys.platform == "win32":
        raise StorageFailed(
            "The daemon does not run on this system yet.", code="unsupported_system"
        )
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.setblocking(False)
    try:
        _own_folder(path.parent)
        path.unlink(missing_ok=True)
        umask = os.umask(_OWNER_ONLY)
        try:
            listener.bind(str(path))
        finally:
            os.umask(umask)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise StorageFailed(
            f"The local socket could not be made: {error.strerror or error}.",
            code="socket_failed",
            remedy="Check who owns the folder, and who may write to it.",
        ) from None
    return listener


def remove(path: Path) -> None:
    """Take the socket away at the end."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _own_folder(folder: Path) -> None:
    """Make sure that nobody else can put a socket in our place. Raises OSError."""
    private_folder(folder)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{folder.name} belongs to somebody else")
    if stat.S_IMODE(found.st_mode) != PRIVATE_FOLDER:
        folder.chmod(PRIVATE_FOLDER)
