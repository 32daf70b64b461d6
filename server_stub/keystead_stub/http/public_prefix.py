"""The path under which a proxy publishes the stub: `/billing` of `https://example.com/billing`.

Some proxies take it off the requests that they pass on, others leave it. Both work: routes are
written without it, and what leads back here gets it.
"""

from __future__ import annotations

from contextvars import ContextVar

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

_current: ContextVar[str] = ContextVar("public_prefix", default="")


def current_prefix() -> str:
    """Return the prefix of the request that is being answered, empty where there is none."""
    return _current.get()


class PublicPrefix:
    """ASGI middleware; `prefix` begins with a slash, and has none at its end."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix
        self._raw = prefix.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        _current.set(self._prefix)
        path, raw = scope["path"], scope["raw_path"]
        if path == self._prefix or path.startswith(f"{self._prefix}/"):
            scope["path"] = path.removeprefix(self._prefix) or "/"
            scope["raw_path"] = raw.removeprefix(self._raw) or b"/"

        async def send_with_prefix(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", [])
                message["headers"] = [(name, self._public(name, value)) for name, value in headers]
            await send(message)

        await self._app(scope, receive, send_with_prefix)

    def _public(self, name: bytes, value: bytes) -> bytes:
        is_path = value.startswith(b"/") and not value.startswith(b"//")
        return self._raw + value if name.lower() == b"location" and is_path else value
