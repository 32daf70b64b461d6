"""Who may use the controls, and how their bodies are read.

Guards are asynchronous: the framework runs any other in a thread beside the event loop.
"""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from keystead_stub.controls.sandbox import Rehearsal
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.server import is_loopback

AnyRequest = Request[Any, Any, Any]
T = TypeVar("T")

MAX_BODY = 64 * 1024


async def this_machine(
    connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
) -> None:
    """A guard: callers on this machine that mean this machine.

    `Host` is checked because a website can point a name of its own at 127.0.0.1 (DNS rebinding).
    Raises ProblemError (``forbidden``).
    """
    client = connection.client.host if connection.client else ""
    host = urlsplit(f"//{connection.headers.get('host', '')}").hostname or ""
    if not is_loopback(client) or not is_loopback(host):
        raise ProblemError("The controls answer to this machine only.", code="forbidden")


async def local_only(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """A guard for controls that carry no token: this machine, and no site that somebody visits.

    A web page runs on this machine too, and is told by the `Origin` that it cannot leave out.
    Raises ProblemError (``forbidden``).
    """
    await this_machine(connection, handler)
    origin = connection.headers.get("origin")
    if origin is not None and origin != f"http://{connection.headers.get('host', '')}":
        raise ProblemError("The controls do not answer to other sites.", code="forbidden")


async def simulated_only(
    connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
) -> None:
    """A guard: with a real Stripe there are no controls. Raises ProblemError (``not_found``)."""
    if connection.app.state.get("rehearsal") is None:
        raise ProblemError("Stripe is not simulated here.", code="not_found")


def rehearsal_of(request: AnyRequest) -> Rehearsal:
    rehearsal: Rehearsal = request.app.state["rehearsal"]
    return rehearsal


async def read(request: AnyRequest, kind: type[T]) -> T:
    """The body as `kind`; no body is an empty object. Raises ProblemError (``invalid_request``)."""
    body = await request.body() or b"{}"
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProblemError(
            "The body is not what this control takes.", code="invalid_request"
        ) from None
