"""Replace NUL in addresses and forms: no person writes it, and PostgreSQL stores no text with it.

What is left is no id and no name that exists, so a request is refused by whatever reads it, after
its caller has been checked. JSON bodies are refused where they are decoded (`json_body`).
"""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

_NUL = "\0"
#: U+FFFD, the replacement character of Unicode, which no name has.
REPLACEMENT = "\ufffd"
_ESCAPED = b"%EF%BF%BD"


def without_nul(text: str) -> str:
    """Return the text with each NUL replaced."""
    return text.replace(_NUL, REPLACEMENT)


class StorableAddresses:
    """ASGI middleware that replaces NUL in the path and the query."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            # The path has been decoded already, the query has not.
            scope["path"] = without_nul(scope["path"])
            scope["query_string"] = scope["query_string"].replace(b"%00", _ESCAPED)
        await self._app(scope, receive, send)
