"""For which merchant a request is: signed in, and connected to Stripe, before any handler."""

from __future__ import annotations

from litestar.handlers import BaseRouteHandler

from keystead_stub.auth.callers import Guard, account_of, signed_in
from keystead_stub.billing_apis.dashclicks.merchants import API, connections
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.http.problem_responses import documented
from keystead_stub.http.requests import AnyConnection, AnyRequest, json_only
from keystead_stub.services import Services

SIGNED_IN = signed_in(API)


async def stripe_check(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    """A guard: callers whose account has a Stripe key.

    Raises ProblemError (``stripe_not_connected``).
    """
    services: Services = connection.app.state["services"]
    account = account_of(connection)
    connection.state["merchant"] = connections.needed(services, account.account_id)


def merchant_of(request: AnyRequest) -> Merchant:
    """The merchant that `stripe_check` let in."""
    merchant: Merchant = request.state["merchant"]
    return merchant


#: What stands before a handler of the dialect, in this order; and before one that has a body.
MERCHANT: tuple[Guard, ...] = (SIGNED_IN, stripe_check)
WITH_BODY: tuple[Guard, ...] = (*MERCHANT, json_only)

#: What a handler may refuse that asks the merchant's Stripe; and one that reads a body, too.
REFUSALS = documented(400, 401, 403, 404, 409, 502)
REFUSALS_WITH_BODY = documented(400, 401, 403, 404, 409, 413, 415, 502)
