"""Routes for merchants who are signed in and connected to Stripe, and their error statuses."""

from __future__ import annotations

from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import SkipValidation

from keystead_stub.auth.callers import account_of, session_headers, signed_in
from keystead_stub.billing_apis.dashclicks.merchants import API, connections
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.routes.parameters import page_request
from keystead_stub.http.api_routes import ApiRoutes
from keystead_stub.http.requests import AnyConnection
from keystead_stub.services import Services

#: The merchant of the caller's account, which the guards of `merchant_routes` have let in.
CurrentMerchant = NamedDependency[SkipValidation[Merchant]]

#: The statuses of a failed call of the merchant's Stripe.
STRIPE_REFUSALS = (404, 409, 502)


async def stripe_connected(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    """Guard that lets in accounts that have a Stripe key.

    Raises ProblemError (``stripe_not_connected``).
    """
    services: Services = connection.app.state["services"]
    account = account_of(connection)
    # In a guard, which runs before the body is read: an unconnected account learns nothing else.
    connection.state["merchant"] = connections.require_merchant(services, account.account_id)


def merchant_of(request: AnyConnection) -> Merchant:
    """Return the merchant that `stripe_connected` accepted."""
    merchant: Merchant = request.state["merchant"]
    return merchant


def merchant_routes() -> ApiRoutes:
    """Return routes for merchants. Their handlers take the parameter ``merchant``."""
    return ApiRoutes(
        guards=[signed_in(API), stripe_connected],
        refuses=(400, 401, 403),
        headers=session_headers(API),
        dependencies={"merchant": merchant_of, "page": page_request},
    )
