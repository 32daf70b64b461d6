"""The account's connection to Stripe: the only route for accounts that aren't connected yet."""

from __future__ import annotations

from keystead.wire.dashclicks import people as wire
from keystead_stub.auth.callers import SignedInAccount
from keystead_stub.billing_apis.common.account_billing import signed_in_routes
from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.billing_apis.dashclicks.merchants import API, connections

routes = signed_in_routes(API)


@routes.get(wire.ACCOUNT)
def get_account(services: Injected, account: SignedInAccount) -> wire.AccountAnswer:
    """Show whether the account has a Stripe account to sell on."""
    merchant = connections.find_merchant(services, account.account_id)
    return wire.AccountAnswer(
        account_id=account.account_id,
        connected=merchant is not None,
        stripe_account_id=merchant.stripe_account_id if merchant else None,
        connected_at=merchant.connected_at if merchant else None,
    )
