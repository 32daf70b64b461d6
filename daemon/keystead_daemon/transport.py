"""One HTTP exchange as plain values, and the interface that performs it."""

from __future__ import annotations

from typing import Protocol

import msgspec


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``headers`` may hold credentials, so a request is never logged."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None = None


class HttpReply(msgspec.Struct, frozen=True, kw_only=True):
    """``headers`` holds only the headers that are used, with lower-case names."""

    status: int
    headers: dict[str, str]
    body: bytes


class Transport(Protocol):
    """Sends requests; the only part of the daemon that uses the network."""

    async def send(self, request: HttpRequest, *, proxy: str) -> HttpReply:
        """Send a request and return the reply, whatever its status.

        ``proxy`` is ``system``, ``none``, or a proxy's URL. Raises BackendUnreachable.
        """
        ...

    async def close(self) -> None:
        """Close connections; `send` opens new ones."""
        ...
