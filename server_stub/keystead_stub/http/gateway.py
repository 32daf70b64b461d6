"""The gateway before a billing API that lets nobody in without the gateway's own key.

An app never holds that key. It speaks to the gateway, which the stub plays at an address of its
own: what comes there goes on with the key, to the billing API at the root.
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
            kept = [header for header in scope["headers"] if header[0] != self._name]
            # Under a root path a request's address is still the one that its sender used.
            scope["root_path"], scope["path"], scope["raw_path"] = PREFIX, path, path.encode()
            scope["headers"] = [*kept, (self._name, self._value)]
        await self._app(scope, receive, send)
