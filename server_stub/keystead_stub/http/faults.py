"""Fault injection between the network and the billing API (specification §12.2).

`dropConnection` closes the socket without a response. Faults of responses don't affect Stripe's
webhook and the controls unless `path` names them; the dispatcher has the faults of webhooks.
`clockSkewSeconds` makes the billing API's clock wrong (`serverTime`, what it signs, how it checks
proofs and tokens) while Stripe's clock stays right, as on a machine that has lost its time server.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Meta

#: The ASGI extension through which an application closes the connection without a response.
DROP = "keystead.drop"

MAX_LATENCY_MS = 600_000
_YEAR_S = 366 * 86_400


class Faults(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The body of `PUT /_stub/faults`. `path` is a prefix; `times` counts responses."""

    latency_ms: Annotated[int, Meta(ge=0, le=MAX_LATENCY_MS)] | None = None
    status: Annotated[int, Meta(ge=200, le=599)] | None = None
    body: Any = None
    drop_connection: bool = False
    times: Annotated[int, Meta(ge=1)] | None = None
    path: Annotated[str, Meta(max_length=500)] | None = None
    retry_after: Annotated[int, Meta(ge=0)] | None = None
    hold_webhooks: bool = False
    shuffle_webhooks: bool = False
    duplicate_webhooks: bool = False
    wrong_signature: bool = False
    clock_skew_seconds: Annotated[float, Meta(ge=-10 * _YEAR_S, le=10 * _YEAR_S)] = 0

    @property
    def affect_responses(self) -> bool:
        return (
            self.latency_ms is not None
            or self.status is not None
            or self.body is not None
            or self.drop_connection
        )

    def match(self, path: str, webhooks: tuple[str, ...]) -> bool:
        """Whether a request for this path is affected."""
        if self.path is not None:
            return path.startswith(self.path)
        return not path.startswith("/_stub") and not path.endswith(webhooks)


class ActiveFaults:
    """The faults that are set at present; ``webhooks`` are the paths that receive webhooks."""

    def __init__(self, webhooks: tuple[str, ...]) -> None:
        self._webhooks = webhooks
        self.current = Faults()
        self._left: int | None = None

    def set(self, faults: Faults) -> None:
        self.current = faults
        self._left = faults.times

    def consume(self, path: str) -> bool:
        """Whether a request for this path is affected; if so, it counts towards `times`."""
        faults = self.current
        if not faults.affect_responses or self._left == 0 or not faults.match(path, self._webhooks):
            return False
        if self._left is not None:
            self._left -= 1
        return True


class FaultMiddleware:
    """ASGI middleware that injects the active faults."""

    def __init__(self, app: ASGIApp, active: ActiveFaults) -> None:
        self._app = app
        self._active = active

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        faults = self._active.current
        if scope["type"] != ScopeType.HTTP or not self._active.consume(scope["path"]):
            await self._app(scope, receive, send)
            return
        if faults.latency_ms:
            await asyncio.sleep(faults.latency_ms / 1000)
        if faults.drop_connection:
            await _drop(scope, receive)
        elif faults.status is not None or faults.body is not None:
            await _answer(faults, send)
        else:
            await self._app(scope, receive, send)


async def _drop(scope: Scope, receive: Receive) -> None:
    extensions: dict[str, Any] = scope.get("extensions") or {}
    extensions[DROP]()
    # The server reports an error if an application returns without a response before this.
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(faults: Faults, send: Send) -> None:
    media_type, body = _body(faults.body)
    headers = [(b"content-type", media_type), (b"content-length", str(len(body)).encode())]
    if faults.retry_after is not None:
        headers.append((b"retry-after", str(faults.retry_after).encode()))
    await send({"type": "http.response.start", "status": faults.status or 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _body(body: Any) -> tuple[bytes, bytes]:
    if body is None:
        return b"text/plain; charset=utf-8", b""
    if isinstance(body, str):
        html = body.lstrip().startswith("<")
        return (
            b"text/html; charset=utf-8" if html else b"text/plain; charset=utf-8"
        ), body.encode()
    return b"application/json", msgspec.json.encode(body)
