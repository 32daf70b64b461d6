"""A reverse proxy that ends TLS before a backend, as nginx and others do in production."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}


class ReverseProxy:
    """Passes requests for `url` on to `backend`, which may be set once the proxy listens.

    `prefix` is its path: it is taken off, or left with `keeps_prefix`. The caller's address is
    added to `X-Forwarded-For`. `backend_host` sends the backend's own name as `Host`.
    """

    def __init__(
        self, port: int, client: httpx.Client, *, prefix: str, keeps_prefix: bool, tls: bool
    ) -> None:
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}{prefix}"
        self.backend = ""
        self.backend_host = False
        self._client = client
        self._prefix = prefix
        self._keeps_prefix = keeps_prefix

    def passes_on(self, handler: BaseHTTPRequestHandler) -> httpx.Response:
        path = handler.path
        if not path.startswith(self._prefix):
            return httpx.Response(404)
        kept = path if self._keeps_prefix else path.removeprefix(self._prefix)
        headers = [
            (name, value)
            for name, value in handler.headers.items()
            if name.lower() not in _HOP_BY_HOP | ({"host"} if self.backend_host else set())
        ]
        headers.append(("X-Forwarded-For", handler.client_address[0]))
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        return self._client.request(
            handler.command, f"{self.backend}{kept}", headers=headers, content=body
        )


@contextmanager
def reverse_proxy(
    context: ssl.SSLContext | None = None, *, prefix: str = "", keeps_prefix: bool = False
) -> Iterator[ReverseProxy]:
    """Run a proxy within the block, with TLS if there is a context."""
    server = _Server(("127.0.0.1", 0), _Handler)
    if context is not None:
        # The handshake is the handler's: one that is broken off must stop nobody else.
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    with httpx.Client(trust_env=False, timeout=60) as client:
        proxy = server.proxy = ReverseProxy(
            server.server_port,
            client,
            prefix=prefix,
            keeps_prefix=keeps_prefix,
            tls=context is not None,
        )
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    proxy: ReverseProxy

    def handle_error(self, *_: object) -> None:
        """Ignore clients that break off the handshake or the connection."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_one_request(self) -> None:
        """Handle every HTTP method alike; the base class dispatches by its name."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        answer = self.server.proxy.passes_on(self)
        self.send_response_only(answer.status_code)
        for name, value in answer.headers.multi_items():
            if name.lower() not in _HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)
        self.wfile.flush()
