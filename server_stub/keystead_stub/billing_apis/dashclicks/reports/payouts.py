"""Payouts and their balance transactions, read from the merchant's Stripe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keystead.instants import to_ms
from keystead.wire.dashclicks import money as wire
from keystead.wire.dashclicks.page import MAX_LIMIT, Page
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.merchants.paging import PageRequest, page_from, page_of
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import api_of, stripe_errors
from keystead_stub.services import Services
from keystead_stub.store import mirror
from keystead_stub.stripe_types.events import text

if TYPE_CHECKING:
    from stripe import Payout

_SOURCE = ["data.source"]


async def payouts(services: Services, merchant: Merchant, page: PageRequest) -> Page[wire.Payout]:
    """List payouts. Raises ProblemError (as `stripe_errors`)."""
    with stripe_errors():
        listed = await api_of(services, merchant).payouts.list_async(page.params())
    return page_of(listed, wire_payout)


async def payout(services: Services, merchant: Merchant, payout_id: str) -> Payout:
    """Return a payout. Raises ProblemError (``not_found``, and as `stripe_errors`)."""
    with stripe_errors():
        return await api_of(services, merchant).payouts.retrieve_async(payout_id)


def wire_payout(payout: Payout) -> wire.Payout:
    return wire.Payout(
        id=payout.id,
        amount=payout.amount,
        currency=payout.currency,
        status=payout.status,
        automatic=payout.automatic,
        created_at=to_ms(payout.created),
        arrival_at=to_ms(payout.arrival_date),
        description=payout.description,
        failure_code=payout.failure_code,
        failure_message=payout.failure_message,
    )


async def transactions_of(
    services: Services, merchant: Merchant, payout_id: str, page: PageRequest
) -> Page[wire.BalanceTransaction]:
    """List the transactions whose sum is the payout's amount.

    Stripe's list also has the payout's own transaction, which takes that amount off the balance; it
    is left out. Raises ProblemError (``not_found``, and as `stripe_errors`).
    """
    own = text((await payout(services, merchant, payout_id)).balance_transaction)
    # One more than requested, in case the payout's own transaction is among them.
    wider = PageRequest(min(page.limit + 1, MAX_LIMIT), page.cursor)
    params = wider.params(payout=payout_id, expand=_SOURCE)
    with stripe_errors():
        listed = await api_of(services, merchant).balance_transactions.list_async(params)
    others = [one for one in listed.data if one.id != own]
    more = listed.has_more or len(others) > page.limit
    return _page(services, merchant, [one.to_dict() for one in others[: page.limit]], more=more)


async def transactions(
    services: Services,
    merchant: Merchant,
    page: PageRequest,
    filters: dict[str, Any],
) -> Page[wire.BalanceTransaction]:
    """List balance transactions with filters of Stripe's list.

    Raises ProblemError (as `stripe_errors`).
    """
    params = page.params(expand=_SOURCE, **filters)
    with stripe_errors():
        listed = await api_of(services, merchant).balance_transactions.list_async(params)
    found = [one.to_dict() for one in listed.data]
    return _page(services, merchant, found, more=listed.has_more)


def _page(
    services: Services, merchant: Merchant, found: list[dict[str, Any]], *, more: bool
) -> Page[wire.BalanceTransaction]:
    charges = {one["id"]: _charge_of(one["source"]) for one in found}
    params = {charge_id for charge_id in charges.values() if charge_id is not None}
    with services.store.read() as connection:
        # From the mirror, because refunds and disputes name a charge and not its customer.
        known = mirror.find_documents(connection, merchant.stripe_account_id, "charge", params)
    data = tuple(_wire_transaction(one, charges[one["id"]], known) for one in found)
    return page_from(data, data[-1].id if more and data else None)


def _charge_of(source: Any) -> str | None:
    """Return the id of the payment that the money comes from, or returns."""
    match source:
        case {"object": "charge", "id": str() as charge_id}:
            return charge_id
        case {"charge": charge}:
            return text(charge)
    return None


def _wire_transaction(
    transaction: dict[str, Any], charge_id: str | None, known: dict[str, dict[str, Any]]
) -> wire.BalanceTransaction:
    source = transaction["source"]
    own = source if isinstance(source, dict) else {}
    charge = known.get(charge_id or "", {})
    return wire.BalanceTransaction(
        id=transaction["id"],
        type=transaction["type"],
        category=transaction["reporting_category"],
        amount=transaction["amount"],
        fee=transaction["fee"],
        net=transaction["net"],
        currency=transaction["currency"],
        status=transaction["status"],
        created_at=to_ms(transaction["created"]),
        available_at=to_ms(transaction["available_on"]),
        description=transaction["description"],
        source_id=text(source),
        charge_id=charge_id,
        customer_id=text(own.get("customer")) or text(charge.get("customer")),
    )
