"""What was paid: to the merchant at their Stripe, and by the account itself to the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keystead.instants import to_ms
from keystead.wire.dashclicks import selling as wire
from keystead.wire.dashclicks.page import Page
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.merchants.paging import PageRequest, page_from, page_of
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import (
    api_of,
    merchant_stripe,
    platform_api,
    stripe_errors,
)
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import accounts

if TYPE_CHECKING:
    from stripe import Charge
    from stripe._v1_services import V1Services


async def page(
    services: Services, merchant: Merchant, requested: PageRequest, customer_id: str | None
) -> Page[wire.Charge]:
    """List payments, the newest first: all, or those of one customer.

    Raises ProblemError (as `stripe_errors`).
    """
    own = _platform_customer(services, merchant)
    if own is not None and customer_id is None:
        with stripe_errors():
            return await _of_both(
                platform_api(services), own, api_of(services, merchant), requested
            )
    # Without a customer the platform's list would be of everybody's payments.
    to_platform = own is not None and customer_id == own
    api = platform_api(services) if to_platform else api_of(services, merchant)
    with stripe_errors():
        listed = await api.charges.list_async(requested.params(customer=customer_id))
    return page_of(listed, wire_charge)


async def retrieve(services: Services, merchant: Merchant, charge_id: str) -> wire.Charge:
    """Return one payment. Raises ProblemError (``not_found``, and as `stripe_errors`)."""
    try:
        with merchant_stripe(services, merchant) as api:
            return wire_charge(await api.charges.retrieve_async(charge_id))
    except ProblemError as refused:
        own = _platform_customer(services, merchant)
        if refused.code != "not_found" or own is None:
            raise
        with stripe_errors():
            found = wire_charge(await platform_api(services).charges.retrieve_async(charge_id))
        if found.customer_id != own:
            raise
        return found


def _platform_customer(services: Services, merchant: Merchant) -> str | None:
    """The customer by which the account itself pays the platform."""
    with services.store.read() as connection:
        return accounts.find_customer(connection, merchant.account)


async def _of_both(
    platform: V1Services, own: str, api: V1Services, requested: PageRequest
) -> Page[wire.Charge]:
    """Merge two lists by time; of charges of one second, the platform's come first."""
    cursor, limit = requested.cursor, requested.limit
    first: Any = {"limit": limit, "customer": own}
    second: Any = {"limit": limit}
    if cursor is not None:
        known = await _charge(api, cursor)
        if known is not None:
            first["created"] = {"lt": known.created}
            second["starting_after"] = cursor
        else:
            known = await platform.charges.retrieve_async(cursor)
            first["starting_after"] = cursor
            second["created"] = {"lte": known.created}
    lists = (await platform.charges.list_async(first), await api.charges.list_async(second))
    # Stable, so the platform's stay in front of the merchant's of the same second.
    found = sorted((one for each in lists for one in each.data), key=lambda one: -one.created)
    shown = found[:limit]
    more = len(found) > limit or any(each.has_more for each in lists)
    return page_from(map(wire_charge, shown), shown[-1].id if more and shown else None)


async def _charge(api: V1Services, charge_id: str) -> Charge | None:
    try:
        with stripe_errors():
            return await api.charges.retrieve_async(charge_id)
    except ProblemError as refused:
        if refused.code != "not_found":
            raise
        return None


def wire_charge(charge: Charge) -> wire.Charge:
    intent, customer = charge.payment_intent, charge.customer
    return wire.Charge(
        id=charge.id,
        status=charge.status,
        amount=charge.amount,
        amount_refunded=charge.amount_refunded,
        currency=charge.currency,
        paid=charge.paid,
        refunded=charge.refunded,
        disputed=charge.disputed,
        customer_id=customer if isinstance(customer, str | None) else customer.id,
        payment_intent_id=intent if isinstance(intent, str | None) else intent.id,
        description=charge.description,
        failure=charge.failure_code,
        created_at=to_ms(charge.created),
    )
