"""Guards for what only this machine may use, and only while Stripe is simulated.

Guards are asynchronous: the framework runs any other in a thread beside the event loop.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from litestar.handlers import BaseRouteHandler

from keystead.loopback import is_loopback
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.requests import AnyConnection, caller_address


async def this_machine(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    """Guard that lets in callers on this machine that address this machine.

    The `Host` is checked too, because a website can point a name of its own at 127.0.0.1 (DNS
    rebinding). Raises ProblemError (``forbidden``).
    """
    host = _host_of(connection)
    if not is_loopback(caller_address(connection)) or not is_loopback(host):
        raise ProblemError("Only this machine can use the controls.", code="forbidden")


def _host_of(connection: AnyConnection) -> str:
    try:
        return urlsplit(f"//{connection.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


async def local_only(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """Guard for controls that carry no token: this machine, and no website that it visits.

    A page in this machine's browser comes from loopback too, but it can't leave out its `Origin`.
    Raises ProblemError (``forbidden``).
    """
    await this_machine(connection, handler)
    origin = connection.headers.get("origin")
    if origin is not None and origin != f"http://{connection.headers.get('host', '')}":
        raise ProblemError("Other websites can't use the controls.", code="forbidden")


async def simulated_only(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    """Guard that refuses while Stripe is real, so not controllable. Raises ProblemError (404)."""
    if connection.app.state.get("sandbox") is None:
        raise ProblemError("Stripe is not simulated here.", code="not_found")
