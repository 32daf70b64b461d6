"""An HTTP server that sends exactly the bytes that a test gives it, valid or not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Behaviour = Callable[[socket.socket, bytes], None]


class RawServer:
    """``url`` is where it listens; ``requests`` holds the heads of what it was sent."""

    def __init__(self, behave: Behaviour) -> None:
        self.requests: list[bytes] = []
        self._behave = behave
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with peer, suppress(OSError):
                peer.settimeout(5)
                head = peer.recv(65536)
                self.requests.append(head)
                self._behave(peer, head)


@contextmanager
def raw_server(behave: Behaviour) -> Iterator[RawServer]:
    server = RawServer(behave)
    try:
        yield server
    finally:
        server.close()


def respond_with(
    body: bytes, *, status: str = "200 OK", media_type: str = "application/json", more: str = ""
) -> Behaviour:
    """Answer every request with these bytes and close the connection."""
    head = (
        f"HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {len(body)}\r\n"
        f"connection: close\r\n{more}\r\n"
    )
    return lambda peer, _: peer.sendall(head.encode() + body)


def respond_with_bytes(data: bytes) -> Behaviour:
    return lambda peer, _: peer.sendall(data)
