"""One uvicorn server over a socket that is bound before anybody is told its address."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from keystead.errors import InvalidInput
from keystead_stub.http.faults import DROP


class DroppableProtocol(HttpToolsProtocol):
    """HTTP that an application can hang up on, without an answer."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {DROP: self.transport.abort}  # type: ignore[dict-item]


def bind(host: str, port: int) -> socket.socket:
    """Listen on a loopback address; port 0 takes a free one.

    Raises InvalidInput: ``not_loopback``, or ``address_in_use`` where somebody listens there.
    """
    if not is_loopback(host):
        raise InvalidInput(
            "The stub answers to this machine only: its controls can do anything to anybody.",
            code="not_loopback",
            remedy="Use --host 127.0.0.1.",
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise InvalidInput(
            f"Nothing can listen on port {port} of {host}.",
            code="address_in_use",
            remedy="Stop what is listening there, or choose another --port.",
        ) from None
    listening.listen(512)
    return listening


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def address(listening: socket.socket) -> str:
    """The socket's URL, without a slash at the end."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """A server that says when it answers, and leaves the process's signals alone."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        """Answer what is being asked, and end; from any thread."""
        self.should_exit = True


def server(app: Any, on_started: Callable[[], None]) -> Server:
    """A server for this application; the caller runs it on its sockets."""
    return Server(
        uvicorn.Config(
            app,
            http=DroppableProtocol,
            ws="none",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=3,
        ),
        on_started,
    )
