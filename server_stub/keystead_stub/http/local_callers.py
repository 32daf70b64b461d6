"""Guards for what only this machine or the holder of the control token may use.

Guards are asynchronous: the framework runs any other in a thread beside the event loop.
"""

from __future__ import annotations

import base64
import binascii
from urllib.parse import urlsplit

from litestar.handlers import BaseRouteHandler

from keystead.loopback import is_loopback
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.exposure import CONTROL_HEADER, COOKIE
from keystead_stub.http.requests import AnyConnection, exposure_of, peer_address

#: Headers that proxies add. A request with one has come from somewhere else.
_FORWARDED = (
    *("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"),
)


def is_this_machine(connection: AnyConnection) -> bool:
    """Return whether the caller is on this machine and addresses this machine.

    The `Host` is checked too, because a website can point a name of its own at 127.0.0.1 (DNS
    rebinding). A proxy on this machine speaks for others.
    """
    exposure = exposure_of(connection)
    if not is_loopback(peer_address(connection)) or not is_loopback(_host_of(connection)):
        return False
    if exposure.behind_proxy and exposure.is_local:
        # The clients of a rehearsal behind a proxy are on this machine, too.
        return all(map(is_loopback, _forwarded_addresses(connection)))
    if any(name in connection.headers for name in _FORWARDED):
        return False
    # nginx names what it passes requests to as `Host`, and adds no header, unless it is told to;
    # and it speaks HTTP/1.0 to it.
    return not exposure.behind_proxy or connection.scope.get("http_version") != "1.0"


async def this_machine(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    """Guard that lets in this machine, or whoever has the control token where there is one.

    Raises ProblemError (``forbidden``, ``invalid_token``).
    """
    if exposure_of(connection).control_token is not None:
        _require_token(connection)
    elif not is_this_machine(connection):
        raise ProblemError("Only this machine can use the controls.", code="forbidden")


async def local_only(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """Guard for controls that carry no form token: as `this_machine`, and no other website.

    A page in this machine's browser comes from loopback too, but it can't leave out its `Origin`.
    Raises ProblemError (``forbidden``, ``invalid_token``).
    """
    await this_machine(connection, handler)
    refuse_other_sites(connection)


def refuse_other_sites(connection: AnyConnection) -> None:
    """Raise ProblemError (``forbidden``) for a request that another website has made."""
    origin = connection.headers.get("origin")
    own = (f"http://{connection.headers.get('host', '')}", exposure_of(connection).origin)
    if origin is not None and origin not in own:
        raise ProblemError("Other websites can't use the controls.", code="forbidden")


async def hosted_page(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """Guard of the pages that Stripe would host: for customers, so for everybody who gets here.

    Without a public address or a control token that is this machine alone. A page's address has an
    id in it that nobody can guess. Raises ProblemError (``forbidden``).
    """
    exposure = exposure_of(connection)
    if not exposure.behind_proxy and exposure.control_token is None:
        await this_machine(connection, handler)


async def simulated_only(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    """Guard that refuses while Stripe is real, so not controllable. Raises ProblemError (404)."""
    if connection.app.state.get("sandbox") is None:
        raise ProblemError("Stripe is not simulated here.", code="not_found")


def _require_token(connection: AnyConnection) -> None:
    exposure = exposure_of(connection)
    if exposure.is_cookie(connection.cookies.get(COOKIE, "")):
        # Browsers send a cookie whichever page makes the request.
        refuse_other_sites(connection)
        return
    if any(map(exposure.is_control_token, _tokens_in(connection))):
        return
    raise ProblemError(
        "The control token is required.",
        code="invalid_token",
        headers={"WWW-Authenticate": "Bearer"},
    )


def _tokens_in(connection: AnyConnection) -> list[str]:
    """Return the texts of a request that may be its control token."""
    found = connection.headers.getall(CONTROL_HEADER, [])
    for value in connection.headers.getall("authorization", []):
        found += credentials_in(value)
    return found


def credentials_in(authorization: str) -> list[str]:
    """Return a header's bearer token, or the user and the password of HTTP Basic."""
    scheme, _, value = authorization.partition(" ")
    match scheme.lower():
        case "bearer":
            return [value.strip()]
        case "basic":
            try:
                # Stripe's own way to send a key by curl is `--user KEY:`.
                return base64.b64decode(value).decode().split(":", 1)
            except (binascii.Error, UnicodeDecodeError):
                return []
        case _:
            return []


def _forwarded_addresses(connection: AnyConnection) -> list[str]:
    values = [
        *connection.headers.getall("x-forwarded-for", []),
        *connection.headers.getall("x-real-ip", []),
    ]
    return [entry.strip() for value in values for entry in value.split(",")]


def _host_of(connection: AnyConnection) -> str:
    try:
        return urlsplit(f"//{connection.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""
