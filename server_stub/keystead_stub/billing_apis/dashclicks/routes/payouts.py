"""Payouts to the merchant's bank, and the balance transactions that they consist of."""

from __future__ import annotations

from typing import Annotated, Any

from litestar.params import QueryParameter

from keystead.instants import MAX_MS, to_seconds
from keystead.wire.dashclicks import money as wire
from keystead.wire.dashclicks.page import Page
from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.reports import (
    balance_transactions,
    overview_query,
    payouts,
)
from keystead_stub.billing_apis.dashclicks.routes.parameters import ObjectId, RequestedPage
from keystead_stub.billing_apis.dashclicks.routes.shared import (
    STRIPE_REFUSALS,
    CurrentMerchant,
    merchant_routes,
)
from keystead_stub.http.errors import ProblemError
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


routes = merchant_routes()


@routes.get(wire.PAYOUTS, refuses=STRIPE_REFUSALS)
async def get_payouts(
    services: Injected, merchant: CurrentMerchant, page: RequestedPage
) -> Page[wire.Payout]:
    """List payouts, the newest first."""
    return await payouts.payouts(services, merchant, page)


@routes.get(_PAYOUT, refuses=STRIPE_REFUSALS)
async def get_payout(
    services: Injected, merchant: CurrentMerchant, payout_id: ObjectId
) -> wire.Payout:
    """Get a payout."""
    return payouts.wire_payout(await payouts.payout(services, merchant, payout_id))


@routes.get(_PAYOUT + "/transactions", refuses=STRIPE_REFUSALS)
async def get_payout_transactions(
    services: Injected, merchant: CurrentMerchant, payout_id: ObjectId, page: RequestedPage
) -> Page[wire.BalanceTransaction]:
    """List the balance transactions of a payout, with the payments they come from."""
    return await payouts.transactions_of(services, merchant, payout_id, page)


@routes.get(wire.TRANSACTIONS, refuses=STRIPE_REFUSALS)
async def get_transactions(
    *,
    services: Injected,
    merchant: CurrentMerchant,
    page: RequestedPage,
    first: From = None,
    last: To = None,
    kind: Type = None,
) -> Page[wire.BalanceTransaction]:
    """List all balance transactions, the newest first."""
    filters: dict[str, Any] = {"type": kind}
    if (span := _span(services, merchant, first, last)) is not None:
        # Stripe filters by seconds; bounds of days are whole seconds.
        filters["created"] = {"gte": to_seconds(span[0]), "lt": to_seconds(span[1])}
    return await payouts.transactions(services, merchant, page, filters)


@routes.get(wire.SUMMARY, refuses=STRIPE_REFUSALS)
async def get_summary(
    services: Injected, merchant: CurrentMerchant, first: From = None, last: To = None
) -> wire.BalanceSummary:
    """Sum up the balance transactions by type and currency."""
    span = _span(services, merchant, first, last) or (0, MAX_MS)
    await balance_transactions.refresh(services, merchant)
    return balance_transactions.summary(
        balance_transactions.created_within(services, merchant, *span)
    )


def _span(
    services: Services, merchant: Merchant, first: str | None, last: str | None
) -> tuple[int, int] | None:
    """Return the requested range of instants [from, until) in ms, or null for all time.

    Raises ProblemError (``invalid_request``).
    """
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise ProblemError("Give both `from` and `to`, or neither.", code="invalid_request")
    bounds = overview_query.period(services, merchant, first, last, None).bounds
    return bounds[0], bounds[-1]
