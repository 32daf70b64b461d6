"""Money on its way to the merchant's bank, and what it is made of."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import get
from litestar.params import QueryParameter

from keystead.instants import MAX_MS, to_seconds
from keystead.wire.dashclicks import money as wire
from keystead.wire.dashclicks.page import Page
from keystead_stub.billing_apis.dashclicks.merchants import (
    balance_transactions,
    overview_query,
    payouts,
)
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.routes.guards import MERCHANT, REFUSALS, merchant_of
from keystead_stub.billing_apis.dashclicks.routes.parameters import (
    EACH_PAGE,
    Cursor,
    Limit,
    ObjectId,
    Session,
)
from keystead_stub.dependencies import Injected
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.requests import AnyRequest
from keystead_stub.services import Services

_PAYOUT = wire.PAYOUTS + "/{payout_id:str}"
_FIRST = "The first day, as an ISO date in the account's time zone."
_LAST = "The last day, which is included; given if and only if the first one is."
From = Annotated[
    str | None, QueryParameter(name="from", description=_FIRST, min_length=1, required=False)
]
To = Annotated[
    str | None, QueryParameter(name="to", description=_LAST, min_length=1, required=False)
]
Type = Annotated[str | None, QueryParameter(name="type", pattern="^[a-z_]{1,60}$", required=False)]


@get(wire.PAYOUTS, guards=MERCHANT, responses=REFUSALS, summary="Payouts, the newest first")
async def get_payouts(
    request: AnyRequest,
    services: Injected,
    limit: Limit = EACH_PAGE,
    cursor: Cursor = None,
    authorization: Session = None,
) -> Page[wire.Payout]:
    return await payouts.payouts(services, merchant_of(request), limit=limit, cursor=cursor)


@get(_PAYOUT, guards=MERCHANT, responses=REFUSALS, summary="A payout")
async def get_payout(
    request: AnyRequest,
    services: Injected,
    payout_id: ObjectId,
    authorization: Session = None,
) -> wire.Payout:
    found = await payouts.payout(services, merchant_of(request), payout_id)
    return payouts.shown_payout(found)


@get(
    _PAYOUT + "/transactions",
    guards=MERCHANT,
    responses=REFUSALS,
    summary="What a payout is made of, to the payments that it comes from",
)
async def get_payout_transactions(
    *,
    request: AnyRequest,
    services: Injected,
    payout_id: ObjectId,
    limit: Limit = EACH_PAGE,
    cursor: Cursor = None,
    authorization: Session = None,
) -> Page[wire.BalanceTransaction]:
    return await payouts.transactions_of(
        services, merchant_of(request), payout_id, limit=limit, cursor=cursor
    )


@get(
    wire.TRANSACTIONS,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="Every movement of the balance, the newest first",
)
async def get_transactions(
    *,
    request: AnyRequest,
    services: Injected,
    limit: Limit = EACH_PAGE,
    cursor: Cursor = None,
    first: From = None,
    last: To = None,
    kind: Type = None,
    authorization: Session = None,
) -> Page[wire.BalanceTransaction]:
    merchant = merchant_of(request)
    narrowed: dict[str, Any] = {"type": kind}
    if (span := _span(services, merchant, first, last)) is not None:
        # Bounds of days are whole seconds.
        narrowed["created"] = {"gte": to_seconds(span[0]), "lt": to_seconds(span[1])}
    return await payouts.transactions(
        services, merchant, limit=limit, cursor=cursor, narrowed=narrowed
    )


@get(
    wire.SUMMARY,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="The movements of the balance summed up by their types",
)
async def get_summary(
    request: AnyRequest,
    services: Injected,
    first: From = None,
    last: To = None,
    authorization: Session = None,
) -> wire.BalanceSummary:
    merchant = merchant_of(request)
    span = _span(services, merchant, first, last) or (0, MAX_MS)
    await balance_transactions.bring(services, merchant)
    return balance_transactions.summary(balance_transactions.within(services, merchant, *span))


def _span(
    services: Services, merchant: Merchant, first: str | None, last: str | None
) -> tuple[int, int] | None:
    """The instants from which on and before which it is asked for, or null for all time.

    Raises ProblemError (``invalid_request``).
    """
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise ProblemError("A range has both a first and a last day.", code="invalid_request")
    bounds = overview_query.period(services, merchant, first, last, None).bounds
    return bounds[0], bounds[-1]


HANDLERS = (get_payouts, get_payout, get_payout_transactions, get_transactions, get_summary)
