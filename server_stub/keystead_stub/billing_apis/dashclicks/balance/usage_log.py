"""What an account uses of its balance: an entry of the ledger, and a row of the usage log."""

from __future__ import annotations

import sqlalchemy as sa

from keystead.encoding import b64u_encode
from keystead.wire.dashclicks import selling as wire
from keystead.wire.dashclicks.page import Page
from keystead_stub.billing_apis.dashclicks.balance import top_ups
from keystead_stub.billing_apis.dashclicks.balance.ledger_currency import convert, rates_of
from keystead_stub.billing_apis.dashclicks.merchants import currencies
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.merchants.paging import PageRequest, first_of, page_from
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store.balances import EntryRow
from keystead_stub.store.merchant_records import usage
from keystead_stub.store.merchant_records.usage import UsageRow


async def record(services: Services, merchant: Merchant, request: wire.NewUsage) -> wire.Usage:
    """Take what was used from the balance, and log it; both or neither.

    Raises ProblemError: ``invalid_request`` for a currency without a rate, ``conflict`` if the
    balance is too low.
    """
    currencies.check(request.currency)
    if request.currency not in rates_of(services.settings):
        raise ProblemError("There is no rate for this currency.", code="invalid_request")
    base = convert(services.settings, request.amount, request.currency)
    row = UsageRow(
        id=f"use_{b64u_encode(services.random(18))}",
        account_id=merchant.account.account_id,
        description=request.description,
        amount=request.amount,
        currency=request.currency,
        base_amount=base.amount,
        base_currency=base.currency,
        rate=base.rate,
        created_at=services.stripe_now_ms(),
    )
    entry = EntryRow(
        id=f"be_{row.id}",
        account_id=row.account_id,
        kind=top_ups.USAGE,
        amount=-base.amount,
        currency=base.currency,
        source=row.id,
        event_id=row.id,
        created_at=row.created_at,
        original_amount=-request.amount,
        original_currency=request.currency,
        rate=base.rate,
    )
    with services.store.write() as connection:
        top_ups.spend(services.store, connection, entry)
        usage.insert(services.store, connection, row)
    return _shown(row)


def page(connection: sa.Connection, account_id: str, requested: PageRequest) -> Page[wire.Usage]:
    """List the log, the newest first. Raises ProblemError (``not_found``) for another's cursor."""
    found = usage.list_by_account(
        connection, account_id, limit=requested.limit + 1, after=requested.cursor
    )
    shown, next_cursor = first_of(found, requested.limit)
    return page_from(map(_shown, shown), next_cursor)


def _shown(row: UsageRow) -> wire.Usage:
    return wire.Usage(
        id=row.id,
        description=row.description,
        amount=row.amount,
        currency=row.currency,
        base_amount=row.base_amount,
        base_currency=row.base_currency,
        rate=row.rate,
        created_at=row.created_at,
    )
