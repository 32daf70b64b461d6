"""The query of a merchant's figures: its range of days, and the records for it."""

from __future__ import annotations

from collections import Counter

from keystead.errors import InvalidInput
from keystead.wire.dashclicks import money as wire
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import api_of, stripe_errors
from keystead_stub.billing_apis.dashclicks.reports import (
    balance_transactions,
    periods,
    product_cache,
)
from keystead_stub.billing_apis.dashclicks.reports.overview import Records, overview
from keystead_stub.billing_apis.dashclicks.reports.periods import Period
from keystead_stub.billing_apis.dashclicks.reports.summaries import (
    product_figures,
    subscribed_products,
)
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import merchants, mirror


def time_zone(services: Services, merchant: Merchant) -> str:
    """Return the IANA name of the account's time zone, UTC by default."""
    with services.store.read() as connection:
        chosen = merchants.find_time_zone(connection, merchant.account.account_id)
    return chosen or periods.UTC


def set_time_zone(services: Services, merchant: Merchant, name: str) -> None:
    """Set the account's time zone. Raises ProblemError (``invalid_request``)."""
    try:
        zone = periods.checked_zone(name)
    except InvalidInput as error:
        raise ProblemError(error.sentence, code="invalid_request") from None
    with services.store.write() as connection:
        account_id = merchant.account.account_id
        merchants.save_time_zone(services.store, connection, account_id, zone)


def period(
    services: Services, merchant: Merchant, start: str, end: str, zone: str | None
) -> Period:
    """Return the days from one ISO date to the other, in that time zone or else the account's.

    Raises ProblemError (``invalid_request``).
    """
    try:
        return periods.period(start, end, time_zone(services, merchant) if zone is None else zone)
    except InvalidInput as error:
        raise ProblemError(error.sentence, code="invalid_request") from None


async def overview_of(services: Services, merchant: Merchant, days: Period) -> wire.Overview:
    """Return the figures of these days. Raises ProblemError (as `stripe_errors`)."""
    # No webhook reports all of them, so the mirror is brought up to date first.
    await balance_transactions.refresh(services, merchant)
    with stripe_errors():
        account = await api_of(services, merchant).accounts.retrieve_current_async()
    counts = _subscribed_products(services, merchant)
    known = await product_cache.products(services, merchant, counts)
    return overview(
        _records(services, merchant, days),
        days,
        account.default_currency or "usd",
        product_figures(counts, known),
    )


def _subscribed_products(services: Services, merchant: Merchant) -> Counter[str]:
    with services.store.read() as connection:
        found = mirror.list_objects(connection, merchant.stripe_account_id, "subscription")
    return subscribed_products(one.document for one in found)


def _records(services: Services, merchant: Merchant, days: Period) -> Records:
    first_ms, end_ms = days.before.bounds[0], days.bounds[-1]
    account_id = merchant.stripe_account_id
    transactions = balance_transactions.created_within(services, merchant, first_ms, end_ms)
    with services.store.read() as connection:
        customers = mirror.list_created_between(
            connection, account_id, "customer", first_ms, end_ms
        )
        subscription_events = mirror.list_subscription_events(connection, account_id)
        disputes, payouts = (
            mirror.list_created_between(connection, account_id, kind, days.bounds[0], end_ms)
            for kind in ("dispute", "payout")
        )
    return Records(
        transactions=transactions,
        customers=[one.created_ms for one in customers],
        subscriptions=subscription_events,
        disputes=[one.document for one in disputes],
        payouts=[one.document for one in payouts],
    )
