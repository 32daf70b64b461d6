"""Connected Stripe accounts of one's own, to be used with Stripe's SDK or command line."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import get, post
from msgspec import Meta

from keystead_stub.controls.guards import MAX_BODY, AnyRequest, read, rehearsal_of
from keystead_stub.controls.sandbox import name_of
from keystead_stub.http.local_callers import local_only, simulated_only

_OPTIONS: dict[str, Any] = {
    "guards": [local_only, simulated_only],
    "include_in_schema": False,
    "request_max_body_size": MAX_BODY,
}


class NewAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=200)]


@post("/_stub/accounts", status_code=201, **_OPTIONS)
async def post_account(request: AnyRequest) -> dict[str, Any]:
    """A new account; its secret key is shown this once."""
    wanted = await read(request, NewAccount)
    made = rehearsal_of(request).controls.open_account(wanted.name)
    return {"id": made.id, "secretKey": made.secret_key}


@get("/_stub/accounts", status_code=200, **_OPTIONS)
async def get_accounts(request: AnyRequest) -> dict[str, Any]:
    """Every account, our own first."""
    controls = rehearsal_of(request).controls
    found = (controls.within(account_id).account() for account_id in controls.accounts())
    return {"accounts": [{"id": one["id"], "name": name_of(one)} for one in found]}


ROUTES = (post_account, get_accounts)
