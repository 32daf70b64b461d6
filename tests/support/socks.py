"""A SOCKS5 proxy (RFC 1928) that counts its connections."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer

_NO_AUTHENTICATION = b"\x05\x00"
_SUCCEEDED = b"\x05\x00\x00\x01" + bytes(6)
_NAME = 3


class SocksProxy(ThreadingTCPServer):
    """A proxy that listens at ``place``; ``connected`` counts its outgoing connections."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.connected = 0

    @property
    def place(self) -> str:
        host, port = self.socket.getsockname()
        return f"{host}:{port}"


class _Connection(BaseRequestHandler):
    server: SocksProxy

    def handle(self) -> None:
        caller: socket.socket = self.request
        _, methods = self._take(2)
        self._take(methods)
        caller.sendall(_NO_AUTHENTICATION)
        target = self._target()
        self.server.connected += 1
        caller.sendall(_SUCCEEDED)
        with target:
            back = threading.Thread(target=_pass_on, args=(target, caller), daemon=True)
            back.start()
            _pass_on(caller, target)
            back.join()

    def _target(self) -> socket.socket:
        kind = self._take(4)[3]
        length = self._take(1)[0] if kind == _NAME else 4
        name = self._take(length)
        host = name.decode() if kind == _NAME else socket.inet_ntoa(name)
        (port,) = struct.unpack("!H", self._take(2))
        return socket.create_connection((host, port))

    def _take(self, count: int) -> bytes:
        taken: bytes = self.request.recv(count, socket.MSG_WAITALL)
        return taken


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while received := source.recv(65536):
            target.sendall(received)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def socks_proxy() -> Iterator[SocksProxy]:
    """Run a proxy within the block."""
    with SocksProxy() as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
