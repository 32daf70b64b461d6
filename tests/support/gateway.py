"""An HTTP proxy that records requests and responses, and can alter or replace responses.

With an `Answer` set it acts as a captive portal, with an alteration as a man in the middle, and
without either as a recorder.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx
import msgspec

_HOP_BY_HOP = {"connection", "proxy-connection", "keep-alive", "transfer-encoding"}


class Answer(msgspec.Struct, frozen=True):
    """A response."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Passed(msgspec.Struct, frozen=True):
    """A request that passed through, and its response."""

    method: str
    url: str
    headers: Mapping[str, str]
    answer: Answer


class Gateway:
    """The recorded requests and responses, oldest first.

    While set, ``instead`` replaces every response, ``instead_at`` those of the paths that it names,
    and ``alter`` changes the server's response.
    """

    def __init__(self, url: str, client: httpx.Client) -> None:
        self.url = url
        self.passed: list[Passed] = []
        self.instead: Answer | None = None
        self.instead_at: dict[str, Answer] = {}
        self.alter: Callable[[Answer], Answer] | None = None
        self._client = client

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        replaced = self.instead or self.instead_at.get(urlsplit(url).path)
        answer = replaced or self._forward(method, url, headers, body)
        answer = self.alter(answer) if self.alter is not None else answer
        self.passed.append(Passed(method, url, headers, answer))
        return answer

    def _forward(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        got = self._client.request(method, url, headers=headers, content=body)
        kept = {name: got.headers[name] for name in got.headers if name not in _HOP_BY_HOP}
        return Answer(got.status_code, kept, got.content)


@contextmanager
def gateway() -> Iterator[Gateway]:
    """Run a proxy within the block."""
    with httpx.Client(trust_env=False, timeout=60) as client:
        server = _Server(("127.0.0.1", 0), _Handler)
        way_out = server.way_out = Gateway(f"http://127.0.0.1:{server.server_port}", client)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield way_out
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    way_out: Gateway


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_one_request(self) -> None:
        """Handle every HTTP method alike; the base class dispatches by its name."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        sent = {name.lower(): value for name, value in self.headers.items()}
        kept = {name: sent[name] for name in sent if name not in _HOP_BY_HOP}
        self._say(self.server.way_out.answer(self.command, self.path, kept, body))

    def _say(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()
