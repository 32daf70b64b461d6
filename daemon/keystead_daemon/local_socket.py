"""The local API's Unix socket, accessible by this user alone from its creation."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from keystead.errors import StorageFailed
from keystead.files import require_private_folder

#: Connections that may wait to be accepted. Beyond, a client gets an error at a busy moment.
BACKLOG = 256
_OWNER_ONLY = 0o177


def bind_socket(path: Path) -> socket.socket:
    """Bind a listening socket of mode 0600 in a folder of mode 0700. Raises StorageFailed.

    A socket left by an earlier daemon is removed. The caller holds the lock, so no process listens
    on it.
    """
    if sys.platform == "win32":
        raise StorageFailed(
            "The daemon doesn't support this system yet.", code="unsupported_system"
        )
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.setblocking(False)
    try:
        require_private_folder(path.parent)
        path.unlink(missing_ok=True)
        # The umask sets the mode at creation. After a later chmod others could have connected.
        umask = os.umask(_OWNER_ONLY)
        try:
            listener.bind(str(path))
        finally:
            os.umask(umask)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise StorageFailed(
            f"Can't create the socket {path}: {error.strerror or error}.",
            code="socket_failed",
            values={"why": error.strerror or str(error)},
            remedy="Check the owner and permissions of its folder.",
        ) from None
    return listener


async def start_server(
    loop: asyncio.AbstractEventLoop,
    peer: Callable[[], asyncio.BaseProtocol],
    listener: socket.socket,
) -> asyncio.Server:
    """Accept connections. The socket file is not removed at the end.

    From Python 3.13 on asyncio would remove it by default, even one that systemd owns.
    """
    if sys.version_info >= (3, 13):
        return await loop.create_unix_server(
            peer, sock=listener, backlog=BACKLOG, cleanup_socket=False
        )
    return await loop.create_unix_server(peer, sock=listener, backlog=BACKLOG)


def identity_of(path: Path) -> tuple[int, int] | None:
    """Return device and inode of the socket's file, None if there is none."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino)


def remove_socket(path: Path) -> None:
    """Remove the socket file."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
