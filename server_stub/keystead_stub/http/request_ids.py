"""The outermost middleware: gives every response a request id and security headers."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

_KEY = "keystead_request_id"
# No cache may keep a license or an invoice, and no browser may guess a type.
_FIXED = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]


def request_id(scope: MutableMapping[str, Any] | Scope) -> str:
    """The request's id, as in its response and its log records."""
    return str(scope.get(_KEY, ""))


class RequestIds:
    """ASGI middleware; `new_id` generates a request id."""

    def __init__(self, app: ASGIApp, new_id: Callable[[], str]) -> None:
        self._app = app
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        identifier = self._new_id()
        scope[_KEY] = identifier  # type: ignore[literal-required]

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", []))
                names = {name for name, _ in given}
                # A response's own header wins.
                given += [header for header in _FIXED if header[0] not in names]
                given.append((b"x-request-id", identifier.encode()))
                message["headers"] = given
            await send(message)

        await self._app(scope, receive, send_with_id)
