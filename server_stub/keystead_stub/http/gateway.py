"""The gateway in front of a billing API that accepts only requests with the gateway's key.

An app never has that key: it sends requests to the gateway. The stub simulates the gateway under a
prefix of its own, adds the key, and passes the request on to the billing API at the root.
"""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

#: The billing APIs that stand behind a gateway with a key of its own.
BEHIND_GATEWAY = frozenset({"crow"})
PREFIX = "/_stub/gateway"


class Gateway:
    """ASGI middleware; ``header`` is the key's name and value."""

    def __init__(self, app: ASGIApp, header: tuple[str, str]) -> None:
        self._app = app
        name, value = header
        self._name, self._value = name.lower().encode(), value.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["path"].startswith(f"{PREFIX}/"):
            path = scope["path"].removeprefix(PREFIX)
            # A key that the caller sends is dropped: only the gateway may vouch for a request.
            others = [header for header in scope["headers"] if header[0] != self._name]
            # With a root path the request's URL stays the one that the sender used and has signed.
            scope["root_path"], scope["path"], scope["raw_path"] = PREFIX, path, path.encode()
            scope["headers"] = [*others, (self._name, self._value)]
        await self._app(scope, receive, send)
