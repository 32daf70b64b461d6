"""The local API's Unix socket: for this user alone, from the instant that it exists."""

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

#: Peers that may wait to be let in: beyond, one that only came at a busy moment is turned away.
BACKLOG = 256
_OWNER_ONLY = 0o177


def bind_socket(path: Path) -> socket.socket:
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
        require_private_folder(path.parent)
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
            values={"why": error.strerror or str(error)},
            remedy="Check who owns the folder, and who may write to it.",
        ) from None
    return listener


async def start_server(
    loop: asyncio.AbstractEventLoop,
    peer: Callable[[], asyncio.BaseProtocol],
    listener: socket.socket,
) -> asyncio.Server:
    """Let peers in. The socket's file is left to whoever made it.

    From Python 3.13 on asyncio would take it away at the end: also one that was handed over.
    """
    if sys.version_info >= (3, 13):
        return await loop.create_unix_server(
            peer, sock=listener, backlog=BACKLOG, cleanup_socket=False
        )
    return await loop.create_unix_server(peer, sock=listener, backlog=BACKLOG)


def remove_socket(path: Path) -> None:
    """Take the socket away at the end."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
