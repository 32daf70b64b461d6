"""Controls of the operator: on this machine, and with the operator's token where Stripe is real.

With a simulated Stripe no token is needed, because the other controls can do more than these.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar.handlers import BaseRouteHandler

from keystead_stub.auth.device_credentials import is_operator
from keystead_stub.auth.request_credentials import credentials_of
from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.http.api_routes import ApiRoutes, Body
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.local_callers import local_only
from keystead_stub.http.requests import AnyConnection
from keystead_stub.services import Services
from keystead_stub.store import switches

CHECKOUT_SWITCH = "/_stub/checkout-switch"
Json = dict[str, Any]


async def operators_only(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """Guard that lets in this machine and, where Stripe is real, NYRA_LICENSE_API_TOKEN as bearer.

    Raises ProblemError (``forbidden``, ``invalid_token``).
    """
    # The token alone is not enough: these routes are for no other machine.
    await local_only(connection, handler)
    services: Services = connection.app.state["services"]
    if not services.simulated and not is_operator(services, credentials_of(connection)):
        raise ProblemError(
            "The operator's token is required.",
            code="invalid_token",
            headers={"WWW-Authenticate": "Bearer"},
        )


def operator_routes() -> ApiRoutes:
    """Return routes for the operator, whichever Stripe it is."""
    return ApiRoutes(guards=[operators_only], any_media_type=True, include_in_schema=False)


routes = operator_routes()


class CheckoutSwitch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    enabled: bool


@routes.get(CHECKOUT_SWITCH)
async def get_checkout_switch(services: Injected) -> Json:
    return _checkout(services)


@routes.put(CHECKOUT_SWITCH)
async def put_checkout_switch(services: Injected, data: Body[CheckoutSwitch]) -> Json:
    now_ms = services.stripe_now_ms()
    switches.set_on(services.store, switches.CHECKOUT, on=data.enabled, now_ms=now_ms)
    return _checkout(services)


def _checkout(services: Services) -> Json:
    with services.store.read() as connection:
        return {"enabled": switches.is_on(connection, switches.CHECKOUT)}
