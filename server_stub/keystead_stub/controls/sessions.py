"""Sessions for tests: the headers that a caller of a billing API sends (specification §8.1)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from keystead.wire.sign_in import ACCOUNT_CLAIMS
from keystead_stub.auth.authorization_server import session_token
from keystead_stub.auth.callers import headers_for
from keystead_stub.auth.sessions import Session
from keystead_stub.billing.event_subject import NATIVE
from keystead_stub.billing_apis.dashclicks import merchants
from keystead_stub.billing_apis.dashclicks.merchants import connections
from keystead_stub.controls.guards import CurrentSandbox, control_routes
from keystead_stub.http.api_routes import Body
from keystead_stub.http.errors import ProblemError
from keystead_stub.store import accounts
from keystead_stub.store.account_ids import Account

#: In seconds: tests advance the clock by years, and their session must not expire on the way.
LIFETIME_S = 10 * 365 * 86_400

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class SessionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A session at `api` for an account, named by that API's claim."""

    api: str
    subject: Name = "user_1"
    organization_id: Name | None = None
    tenant_id: Name | None = None
    account_id: Name | None = None
    #: Whether an account of a merchant is connected to a new Stripe account.
    stripe_connected: bool = True


routes = control_routes()


@routes.post("/_stub/tokens")
async def post_tokens(sandbox: CurrentSandbox, data: Body[SessionRequest]) -> dict[str, Any]:
    services = sandbox.services
    # The native API has no sessions: its only bearer token is the operator's.
    if data.api == NATIVE:
        token = services.settings.license_api_token
        return {"headers": {"Authorization": f"Bearer {token}"}}
    session, now_ms = _session(data), services.stripe_now_ms()
    with services.store.write() as connection:
        account = Account(session.api, session.account_id)
        # As signing in does, so that both ways leave the same accounts.
        accounts.ensure_account(services.store, connection, account, now_ms)
    if account.api == merchants.API and data.stripe_connected:
        connections.connect_simulated(services, account.account_id)
    return {"headers": headers_for(services, session, session_token(services, session, LIFETIME_S))}


def _session(request: SessionRequest) -> Session:
    claim = ACCOUNT_CLAIMS.get(request.api)
    given = {
        "organizationId": request.organization_id,
        "tenantId": request.tenant_id,
        "accountId": request.account_id,
    }
    if claim is None:
        raise ProblemError("No such billing API.", code="invalid_request")
    if any(value is not None for name, value in given.items() if name != claim):
        raise ProblemError(
            f"This billing API identifies accounts by {claim}.", code="invalid_request"
        )
    return Session(api=request.api, account_id=given[claim] or "acme", subject=request.subject)
