"""Routes for merchants who are signed in and connected to Stripe, and their error statuses."""

from __future__ import annotations

from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import SkipValidation

from keystead_stub.auth.callers import account_of, session_headers, signed_in
from keystead_stub.billing_apis.dashclicks.merchants import API, account_parents, connections
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.routes.parameters import page_request
from keystead_stub.http.api_routes import ApiRoutes
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.requests import AnyConnection
from keystead_stub.services import Services

#: The merchant of the caller's account, which the guards of `merchant_routes` have let in.
CurrentMerchant = NamedDependency[SkipValidation[Merchant]]

#: The header by which a parent account acts for its sub-account.
ACTING_FOR = "X-Account-Id"
#: The statuses of a failed call of the merchant's Stripe.
STRIPE_REFUSALS = (404, 409, 502)


async def stripe_connected(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    """Guard that lets in accounts that have a Stripe key.

    Raises ProblemError (``stripe_not_connected``).
    """
    services: Services = connection.app.state["services"]
    account_id = acting_account(connection)
    # In a guard, which runs before the body is read: an unconnected account learns nothing else.
    connection.state["merchant"] = connections.require_merchant(services, account_id)


def acting_account(request: AnyConnection) -> str:
    """Return the account that the request is about: the caller's own, or a sub-account of it.

    A parent names its sub-account in the header `X-Account-Id`. Raises ProblemError
    (``not_found``) for an account that the caller doesn't own.
    """
    services: Services = request.app.state["services"]
    own = account_of(request).account_id
    named = request.headers.get(ACTING_FOR) or own
    if named == own or account_parents.is_parent_of(services.store, own, named):
        return named
    raise ProblemError("No such account.", code="not_found")


def merchant_of(request: AnyConnection) -> Merchant:
    """Return the merchant that `stripe_connected` accepted."""
    merchant: Merchant = request.state["merchant"]
    return merchant


def merchant_routes() -> ApiRoutes:
    """Return routes for merchants. Their handlers take the parameter ``merchant``."""
    return ApiRoutes(
        guards=[signed_in(API), stripe_connected],
        refuses=(400, 401, 403, 404),
        headers=session_headers(API),
        dependencies={"merchant": merchant_of, "page": page_request},
    )
