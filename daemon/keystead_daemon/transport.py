"""One HTTP exchange as plain values, and who can carry one out."""

from __future__ import annotations

from typing import Protocol

import msgspec


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``headers`` may hold credentials: a request is never logged."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None = None


class HttpReply(msgspec.Struct, frozen=True, kw_only=True):
    """``headers`` have lower-case names, and only those that are read."""

    status: int
    headers: dict[str, str]
    body: bytes


class Transport(Protocol):
    """Carries requests out; the only thing in the daemon that talks to the network."""

    async def send(self, request: HttpRequest, *, proxy: str) -> HttpReply:
        """The backend's reply, whatever its status.

        ``proxy`` is ``system``, ``none``, or a proxy's URL. Raises BackendUnreachable.
        """
        ...

    async def close(self) -> None:
        """Let go of connections; `send` opens new ones."""
        ...
