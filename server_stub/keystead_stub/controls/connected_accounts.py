"""Connected Stripe accounts for use with Stripe's SDK or command line."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from keystead_stub.controls.guards import CurrentSandbox, control_routes
from keystead_stub.http.api_routes import Body
from keystead_stub.stripe_sim.sandbox import account_name


class NewAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=200)]


routes = control_routes()


@routes.post("/_stub/accounts", status=201)
async def post_account(sandbox: CurrentSandbox, data: Body[NewAccount]) -> dict[str, Any]:
    """Create an account. Its secret key is in this answer only."""
    made = sandbox.stripe.open_account(data.name)
    return {"id": made.id, "secretKey": made.secret_key}


@routes.get("/_stub/accounts")
async def get_accounts(sandbox: CurrentSandbox) -> dict[str, Any]:
    """List all accounts, the platform's first."""
    controls = sandbox.stripe
    found = (controls.within(account_id).account() for account_id in controls.accounts())
    return {"accounts": [{"id": one["id"], "name": account_name(one)} for one in found]}
