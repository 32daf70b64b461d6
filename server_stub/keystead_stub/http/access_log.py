"""One log line and one count for each request, by its route and never by its path or query."""

from __future__ import annotations

import logging
import time
from collections.abc import MutableMapping
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from keystead_stub.http.metrics import Metrics
from keystead_stub.http.request_ids import request_id

_log = logging.getLogger(__name__)
_REFUSAL = "keystead_refusal"


def note_refusal(scope: MutableMapping[str, Any] | Scope, code: str) -> None:
    """Keep the code of an error for the request's log line."""
    scope[_REFUSAL] = code  # type: ignore[literal-required]


class AccessLog:
    """ASGI middleware. It needs the request's id, so it stands inside of `RequestIds`."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        status = 0
        method = scope["method"]
        started = time.perf_counter()
        self._metrics.in_flight += 1

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            self._metrics.in_flight -= 1
            seconds = time.perf_counter() - started
            # Set by the framework's router; a path could hold the secret of a link.
            route: str | None = scope.get("path_template") or None
            self._metrics.count_request(method, route, status, seconds)
            _log.log(
                logging.ERROR if status >= 500 else logging.INFO,
                "request",
                extra={
                    "method": method,
                    "route": route,
                    "status": status,
                    "ms": round(seconds * 1000, 1),
                    "requestId": request_id(scope),
                    "code": scope.get(_REFUSAL),
                },
            )
