"""Many requests over open connections, with minimal work on the client's side."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from benchmarks.measurement import CannotMeasure

_RECEIVED = 64 * 1024
_LIMIT_S = 60.0


def request(url: str, path: str, headers: dict[str, str]) -> bytes:
    """A GET request as it goes over the wire."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {urlsplit(url).netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


class Connections:
    """Several connections to one server, with a request in flight on each."""

    def __init__(self, url: str, count: int) -> None:
        place = urlsplit(url)
        with ExitStack() as stack:
            self._sockets = [
                stack.enter_context(
                    socket.create_connection((place.hostname, place.port or 80), _LIMIT_S)
                )
                for _ in range(count)
            ]
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def send_all(self, requests: list[bytes]) -> None:
        """Send the requests in turn; each connection has one request in flight.

        Raises CannotMeasure for an answer that is not 200.
        """
        count = len(self._sockets)
        for place, one in enumerate(requests):
            connection = self._sockets[place % count]
            if place >= count:
                _take_answer(connection)
            connection.sendall(one)
        for place in range(min(count, len(requests))):
            _take_answer(self._sockets[place])


def _take_answer(connection: socket.socket) -> None:
    received = b""
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += _more(connection)
    head = received[:end].lower()
    if b" 200 " not in head.partition(b"\r\n")[0]:
        raise CannotMeasure(f"refused: {received[:300]!r}")
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    left = length - (len(received) - end - 4)
    while left > 0:
        left -= len(_more(connection))


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(_RECEIVED)
    if not received:
        raise CannotMeasure("the server hung up")
    return received
