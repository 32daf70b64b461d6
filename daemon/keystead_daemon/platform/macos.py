"""macOS: LOCAL_PEERCRED, and the routing socket for routes.

A resume from sleep is only reported to a run loop of Apple's frameworks. Here a timer that fires
late shows it (`clocks.SleepWatch`), and a resume nearly always adds a route.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path

_SOL_LOCAL, _LOCAL_PEERCRED = 0, 1
#: struct xucred (sys/ucred.h): version, uid, and more that is not read.
_XUCRED = struct.Struct("=II")
_XUCRED_BYTES = 76

_AF_ROUTE = 17
_RTM_ADD = 1
_RECEIVE_BYTES = 4096


def peer_is_user(transport: asyncio.BaseTransport) -> bool:
    """unix(4): LOCAL_PEERCRED."""
    peer = transport.get_extra_info("socket")
    if peer is None:
        return False
    _, uid = _XUCRED.unpack_from(peer.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, _XUCRED_BYTES))
    return bool(uid == os.getuid())


def watch(loop: asyncio.AbstractEventLoop, changed: Callable[[str], None]) -> Callable[[], None]:
    """route(4): an added route counts as a new network."""
    routes = socket.socket(_AF_ROUTE, socket.SOCK_RAW, 0)
    routes.setblocking(False)

    def readable() -> None:
        try:
            message = routes.recv(_RECEIVE_BYTES)
        except OSError:
            return
        # struct rt_msghdr begins: length (2 bytes), version, type.
        if len(message) > 3 and message[3] == _RTM_ADD:
            changed("network")

    loop.add_reader(routes, readable)

    def end() -> None:
        loop.remove_reader(routes)
        routes.close()

    return end


def watch_folder(
    loop: asyncio.AbstractEventLoop, folder: Path, changed: Callable[[], None]
) -> Callable[[], None]:
    """Watch nothing, and return a function that does nothing."""

    def end() -> None:
        return None

    return end
