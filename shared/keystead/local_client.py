"""A small blocking client of the local API (specification §10), for the CLI and the SDK."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from keystead import local_api
from keystead.errors import DaemonUnreachable, InvalidInput
from keystead.local_peer import foreign_folder, peer_is_user

#: Timeouts in seconds: to connect, and for a response that needs no network.
CONNECT_S = 2.0
ANSWER_S = 5.0


class LocalClient:
    """A connection to the daemon that listens on a socket path; a context manager."""

    def __init__(self, path: Path, *, connect_s: float = CONNECT_S) -> None:
        """Connect to this user's daemon.

        Raises DaemonUnreachable: ``folder_foreign`` where another user controls the socket's
        folder, ``daemon_foreign`` where another user's process listens.
        """
        if (foreign := foreign_folder(str(path.parent))) is not None:
            raise DaemonUnreachable(
                "Another user controls the folder of the daemon's socket.",
                code="folder_foreign",
                values={"folder": foreign},
            )
        self._buffer = bytearray()
        self._last_id = 0
        self._waiting: list[local_api.Message] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(connect_s)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise _unreachable("No daemon is running") from None
        if not peer_is_user(self._socket):
            self._socket.close()
            raise DaemonUnreachable(
                "Another user's process listens on the daemon's socket.",
                code="daemon_foreign",
                values={"folder": str(path.parent)},
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. A call that waits in another thread raises DaemonUnreachable."""
        # close() alone does not wake up a thread that is blocked in recv().
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def abandon(self) -> None:
        """Close this process's descriptor of a connection that another process goes on using."""
        self._socket.close()

    def call(
        self,
        method: str,
        params: Any = None,
        *,
        timeout_s: float | None = ANSWER_S,
    ) -> Any:
        """Call a method and return its result, of the type in `local_api.METHODS`.

        Raises DaemonRefused, DaemonUnreachable (also after ``timeout_s`` seconds without a
        response), or InvalidInput for a response that can't be decoded.
        """
        self._last_id += 1
        sent = params if params is not None else local_api.Nothing()
        # Changing the timeout is a system call, and most calls use the default.
        if timeout_s != self._socket.gettimeout():
            self._socket.settimeout(timeout_s)
        self._send(local_api.encode_request(method, sent, self._last_id))
        while True:
            message = local_api.decode_message(self._line())
            if message.id == self._last_id:
                return local_api.result_of(message, method)
            # The daemon may send notifications while it works on the call.
            if message.method is not None:
                self._waiting.append(message)

    def notifications(self, *, timeout_s: float | None = None) -> Iterator[local_api.Message]:
        """Yield notifications after ``events.subscribe``, until the daemon closes the connection.

        Raises TimeoutError after ``timeout_s`` seconds without one.
        """
        self._socket.settimeout(timeout_s)
        while True:
            if self._waiting:
                yield self._waiting.pop(0)
                continue
            try:
                message = local_api.decode_message(self._read_line())
            except TimeoutError:
                # TimeoutError is an OSError too, but the connection is still usable.
                raise
            except OSError:
                return
            if message.method is not None:
                yield message

    def _send(self, line: bytes) -> None:
        if len(line) > local_api.MAX_LINE:
            raise InvalidInput("The message is too long.", code="too_large")
        try:
            self._socket.sendall(line)
        except OSError:
            raise _unreachable("The daemon closed the connection") from None

    def _line(self) -> bytes:
        try:
            return self._read_line()
        except TimeoutError:
            raise _unreachable("The daemon didn't respond in time") from None
        except OSError:
            raise _unreachable("The daemon closed the connection") from None

    def _read_line(self) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > local_api.MAX_LINE:
                raise InvalidInput("The daemon's answer is too long.", code="too_large")
            received = self._socket.recv(local_api.MAX_LINE)
            if not received:
                raise ConnectionResetError
            self._buffer += received
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line


def _unreachable(what: str) -> DaemonUnreachable:
    return DaemonUnreachable(f"{what}.")
