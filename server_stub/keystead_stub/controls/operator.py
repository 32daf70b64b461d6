"""What an operator does, whichever Stripe it is: on this machine, by their token where it is real.

A rehearsal needs no token: its other controls can do more.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get, put
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from keystead_stub.auth.device_credentials import is_operator
from keystead_stub.controls.guards import MAX_BODY, AnyRequest, read
from keystead_stub.dependencies import Injected
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.local_callers import local_only
from keystead_stub.http.requests import asked
from keystead_stub.services import Services
from keystead_stub.store import switches

CHECKOUT_SWITCH = "/_stub/checkout-switch"
Json = dict[str, Any]


async def operators_only(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """A guard: this machine and, where Stripe is real, NYRA_LICENSE_API_TOKEN as bearer.

    Raises ProblemError (``forbidden``, ``invalid_token``).
    """
    await local_only(connection, handler)
    services: Services = connection.app.state["services"]
    if services.controls is None and not is_operator(services, asked(connection)):
        raise ProblemError(
            "The operator's token is needed.",
            code="invalid_token",
            headers={"WWW-Authenticate": "Bearer"},
        )


OPTIONS: dict[str, Any] = {
    "guards": [operators_only],
    "include_in_schema": False,
    "status_code": 200,
    "request_max_body_size": MAX_BODY,
}


class CheckoutSwitch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    enabled: bool


@get(CHECKOUT_SWITCH, **OPTIONS)
async def get_checkout_switch(services: Injected) -> Json:
    return _checkout(services)


@put(CHECKOUT_SWITCH, **OPTIONS)
async def put_checkout_switch(request: AnyRequest, services: Injected) -> Json:
    wanted = await read(request, CheckoutSwitch)
    now_ms = services.stripe_now_ms()
    switches.turn(services.store, switches.CHECKOUT, on=wanted.enabled, now_ms=now_ms)
    return _checkout(services)


def _checkout(services: Services) -> Json:
    with services.store.read() as connection:
        return {"enabled": switches.is_on(connection, switches.CHECKOUT)}


ROUTES = (get_checkout_switch, put_checkout_switch)
