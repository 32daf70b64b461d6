"""Windows: not supported yet; this module marks what differs there.

The local API will be a named pipe of the same user (specification §10.1), whose security descriptor
is checked before a connection is made. Until then `local_socket.bind_socket` raises StorageFailed
(``unsupported_system``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path


def peer_is_user(transport: asyncio.BaseTransport) -> bool:
    """Refuse every peer: the identity of a peer is not known here yet."""
    return False


def watch(loop: asyncio.AbstractEventLoop, changed: Callable[[str], None]) -> Callable[[], None]:
    """Watch nothing, and return a function that does nothing."""

    def end() -> None:
        return None

    return end


def watch_folder(
    loop: asyncio.AbstractEventLoop, folder: Path, changed: Callable[[], None]
) -> Callable[[], None]:
    """Watch nothing, and return a function that does nothing."""

    def end() -> None:
        return None

    return end
