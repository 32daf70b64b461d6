"""Whether the account is connected to Stripe: the one route that those who are not may ask."""

from __future__ import annotations

from litestar import get

from keystead.wire.dashclicks import people as wire
from keystead_stub.auth.callers import account_of
from keystead_stub.billing_apis.dashclicks.merchants import connections
from keystead_stub.billing_apis.dashclicks.routes.guards import SIGNED_IN
from keystead_stub.billing_apis.dashclicks.routes.parameters import Session
from keystead_stub.dependencies import Injected
from keystead_stub.http.problem_responses import documented
from keystead_stub.http.requests import AnyRequest


@get(
    wire.ACCOUNT,
    guards=[SIGNED_IN],
    responses=documented(400, 401),
    summary="Whether the account has a Stripe account to sell on",
    sync_to_thread=False,
)
def get_account(
    request: AnyRequest, services: Injected, authorization: Session = None
) -> wire.AccountAnswer:
    account_id = account_of(request).account_id
    merchant = connections.find(services, account_id)
    return wire.AccountAnswer(
        account_id=account_id,
        connected=merchant is not None,
        stripe_account_id=merchant.stripe_account_id if merchant else None,
        connected_at=merchant.connected_at if merchant else None,
    )


HANDLERS = (get_account,)
