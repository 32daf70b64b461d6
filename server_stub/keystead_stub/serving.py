"""One uvicorn server over a socket that is bound before anybody is told its address."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from keystead.errors import InvalidInput
from keystead_stub.faults import DROP


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


def server(app: Any) -> uvicorn.Server:
    """A server for this application; the caller runs it on its sockets."""
    return uvicorn.Server(
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
        )
    )
