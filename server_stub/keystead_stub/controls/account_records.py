"""The operator's control of accounts of `dashclicks`: parents, and licenses for a price of 0."""

from __future__ import annotations

from typing import Annotated, Any

from litestar.params import PathParameter

from keystead.errors import InvalidInput
from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.billing_apis.dashclicks.merchants import account_parents
from keystead_stub.billing_apis.dashclicks.merchants.account_parents import AccountChange
from keystead_stub.controls.operator import operator_routes
from keystead_stub.http.api_routes import Body
from keystead_stub.http.errors import ProblemError
from keystead_stub.store.merchant_records.account_records import AccountRecord

ACCOUNT_RECORDS = "/_stub/account-records"
_RECORD = ACCOUNT_RECORDS + "/{account_id:str}"
AccountId = Annotated[str, PathParameter(min_length=1, max_length=200)]

routes = operator_routes()


@routes.get(_RECORD)
async def get_account_record(services: Injected, account_id: AccountId) -> dict[str, Any]:
    return shown(account_parents.record_of(services.store, account_id))


@routes.patch(_RECORD)
async def patch_account_record(
    services: Injected, account_id: AccountId, data: Body[AccountChange]
) -> dict[str, Any]:
    now_ms = services.stripe_now_ms()
    try:
        return shown(account_parents.change(services.store, account_id, data, now_ms))
    except InvalidInput as refused:
        raise ProblemError(refused.sentence, code="invalid_request") from None


def shown(record: AccountRecord) -> dict[str, Any]:
    """Return the record as JSON."""
    return {
        "accountId": record.account_id,
        "parentAccountId": record.parent_account_id,
        "freeLicenses": record.gives_free_licenses,
    }
