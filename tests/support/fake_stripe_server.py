"""An HTTP server with prepared answers: enough of Stripe's REST API for the SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit


class FakeStripeServer:
    """Responds with `answers[(method, path)]`, a document or (status, document)."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], Any] = {}
        self.asked: list[tuple[str, str, dict[str, str], dict[str, str]]] = []
        self.url = ""


@contextmanager
def fake_stripe_server() -> Iterator[FakeStripeServer]:
    face = FakeStripeServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            target = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            fields = dict(parse_qsl(body or target.query, keep_blank_values=True))
            headers = {name.lower(): value for name, value in self.headers.items()}
            face.asked.append((self.command, target.path, fields, headers))
            found = face.answers.get(
                (self.command, target.path),
                (404, {"error": {"type": "invalid_request_error", "code": "resource_missing"}}),
            )
            status, document = found if isinstance(found, tuple) else (200, found)
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    face.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield face
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
