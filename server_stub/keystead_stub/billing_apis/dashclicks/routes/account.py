"""The account's connection to Stripe: the only route for accounts that aren't connected yet."""

from __future__ import annotations

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from keystead.wire.dashclicks import people as wire
from keystead_stub.auth.callers import session_headers, signed_in
from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.billing_apis.dashclicks.merchants import API, account_parents, connections
from keystead_stub.billing_apis.dashclicks.routes.shared import acting_account
from keystead_stub.http.api_routes import ApiRoutes

#: The account that the request is about.
ActingAccount = NamedDependency[SkipValidation[str]]

routes = ApiRoutes(
    guards=[signed_in(API)],
    refuses=(400, 401, 404),
    headers=session_headers(API),
    dependencies={"account_id": acting_account},
)


@routes.get(wire.ACCOUNT)
def get_account(services: Injected, account_id: ActingAccount) -> wire.AccountAnswer:
    """Show whether the account has a Stripe account to sell on."""
    merchant = connections.find_merchant(services, account_id)
    return wire.AccountAnswer(
        account_id=account_id,
        parent_account_id=account_parents.record_of(services.store, account_id).parent_account_id,
        connected=merchant is not None,
        stripe_account_id=merchant.stripe_account_id if merchant else None,
        connected_at=merchant.connected_at if merchant else None,
    )
