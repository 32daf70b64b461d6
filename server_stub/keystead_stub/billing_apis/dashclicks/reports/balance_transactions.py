"""A merchant's balance transactions: copied from Stripe to the mirror, and summed up.

No webhook reports each of them (a separate fee has none), so new ones are fetched from Stripe when
they are needed. Stripe never changes a booked transaction except its `status`, which isn't used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from keystead.instants import HOUR_MS, to_seconds
from keystead.wire.dashclicks import money as wire
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.merchants.mirror import fetched
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import api_of, stripe_errors
from keystead_stub.services import Services
from keystead_stub.store import mirror

KIND = "balance_transaction"
#: How far back transactions are fetched again: Stripe's lists may lag for a moment.
_OVERLAP_MS = HOUR_MS
_EACH_PAGE = 100

Transaction = Mapping[str, Any]


async def refresh(services: Services, merchant: Merchant) -> None:
    """Copy new balance transactions of Stripe to the mirror.

    Raises ProblemError (as `stripe_errors`).
    """
    account_id = merchant.stripe_account_id
    with services.store.read() as connection:
        newest_ms = mirror.find_newest_ms(connection, account_id, KIND)
    params: Any = {"limit": _EACH_PAGE}
    if newest_ms is not None:
        params["created"] = {"gte": max(0, to_seconds(newest_ms - _OVERLAP_MS))}
    with stripe_errors():
        page = await api_of(services, merchant).balance_transactions.list_async(params)
        found = [one.to_dict() async for one in page.auto_paging_iter()]
    # In one transaction: the newest without the older ones would hide that these are missing.
    with services.store.write() as connection:
        for one in found:
            mirror.insert(services.store, connection, account_id, fetched(KIND, one))


def created_within(
    services: Services, merchant: Merchant, from_ms: int, until_ms: int
) -> list[dict[str, Any]]:
    """Return the mirrored transactions that were created in [from, until)."""
    with services.store.read() as connection:
        found = mirror.list_created_between(
            connection, merchant.stripe_account_id, KIND, from_ms, until_ms
        )
    return [record.document for record in found]


def summary(transactions: Iterable[Transaction]) -> wire.BalanceSummary:
    """Sum up by type and currency, and by currency, in alphabetical order. Pure."""
    by_type: dict[tuple[str, str], list[Transaction]] = defaultdict(list)
    by_currency: dict[str, list[Transaction]] = defaultdict(list)
    for one in transactions:
        by_type[one["type"], one["currency"]].append(one)
        by_currency[one["currency"]].append(one)
    return wire.BalanceSummary(
        by_type=tuple(
            wire.TypeSum(type=name, currency=currency, **_sums(found))
            for (name, currency), found in sorted(by_type.items())
        ),
        total=tuple(
            wire.CurrencySum(currency=currency, **_sums(found))
            for currency, found in sorted(by_currency.items())
        ),
    )


def _sums(found: list[Transaction]) -> dict[str, int]:
    return {
        "count": len(found),
        "gross": sum(one["amount"] for one in found),
        "fee": sum(one["fee"] for one in found),
        "net": sum(one["net"] for one in found),
    }
