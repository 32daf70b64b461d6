"""The listening socket, which is bound again after its file was removed.

logind removes a user's runtime folder at the last logout and leaves processes alive. A daemon
without its socket's file can't be reached and still holds the lock, so it binds again, or ends.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from keystead.errors import StorageFailed
from keystead.paths import Paths
from keystead_daemon import local_socket, platform
from keystead_daemon.logs import Log

#: Seconds between a removal and the first look, because a folder is removed file by file.
_SETTLING_S = 0.5
#: Seconds until the second look: the folder may have been removed again by then.
_SECOND_LOOK_S = 10.0


class Listener:
    """Listens at ``paths.socket``; ``lost`` is called where the socket can't be bound again.

    ``inherited`` is a socket that the service manager bound. Only the manager can bind it again.
    """

    def __init__(
        self,
        paths: Paths,
        peer: Callable[[], asyncio.BaseProtocol],
        *,
        inherited: socket.socket | None,
        lost: Callable[[], None],
        log: Log,
    ) -> None:
        """Bind the socket. Raises StorageFailed."""
        self._paths = paths
        self._peer = peer
        self._inherited = inherited is not None
        self._lost = lost
        self._log = log
        self._socket = inherited or local_socket.bind_socket(paths.socket)
        self._identity = local_socket.identity_of(paths.socket)
        self._server: asyncio.Server | None = None
        self._look_timer: asyncio.TimerHandle | None = None
        self._stop_watching: Callable[[], None] = _nothing
        self._binding: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Accept connections, and watch the socket's folder."""
        loop = asyncio.get_running_loop()
        self._server = await local_socket.start_server(loop, self._peer, self._socket)
        self._watch()

    def check(self) -> None:
        """Bind again if the socket's file is no longer this one's."""
        if self._identity == local_socket.identity_of(self._paths.socket) or self._binding:
            return
        self._log.event("socket.removed", level="warning")
        # Without its lock file this daemon would not be the only one.
        if self._inherited or not self._paths.lock.exists():
            self._lost()
            return
        try:
            self._socket = local_socket.bind_socket(self._paths.socket)
        except StorageFailed as error:
            self._log.failed("socket", error)
            self._lost()
            return
        self._identity = local_socket.identity_of(self._paths.socket)
        self._binding = asyncio.get_running_loop().create_task(self._restart())

    async def close(self) -> None:
        """Stop accepting, and remove the socket's file if it is still this one's."""
        if self._binding is not None:
            await asyncio.wait([self._binding])
        self._stop_watching()
        if self._look_timer is not None:
            self._look_timer.cancel()
        if self._server is not None:
            self._server.close()
        if not self._inherited and self._identity == local_socket.identity_of(self._paths.socket):
            local_socket.remove_socket(self._paths.socket)

    async def _restart(self) -> None:
        before = self._server
        await self.start()
        if before is not None:
            before.close()
        self._binding = None
        self._look_after(_SECOND_LOOK_S)

    def _watch(self) -> None:
        self._stop_watching()
        self._stop_watching = platform.watch_folder(
            asyncio.get_running_loop(),
            self._paths.socket.parent,
            lambda: self._look_after(_SETTLING_S),
        )

    def _look_after(self, wait_s: float) -> None:
        if self._look_timer is not None:
            self._look_timer.cancel()
        loop = asyncio.get_running_loop()
        self._look_timer = loop.call_later(wait_s, self.check)


def _nothing() -> None:
    return None
