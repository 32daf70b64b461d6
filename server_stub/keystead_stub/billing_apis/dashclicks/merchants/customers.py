"""A merchant's customers: Stripe stores them, our own table their links to contacts.

Everything raises ProblemError: ``not_found`` for a customer that the merchant's Stripe doesn't have
or has deleted, and what `stripe_errors` raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from keystead.instants import to_ms
from keystead.wire.dashclicks import people as wire
from keystead.wire.dashclicks.page import Deleted, Page
from keystead_stub.billing_apis.dashclicks.merchants import customer_deletion, follow_up_jobs
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.merchants.customer_search import customer_query
from keystead_stub.billing_apis.dashclicks.merchants.paging import PageRequest
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import (
    api_of,
    list_errors,
    stripe_errors,
)
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import contacts, jobs

if TYPE_CHECKING:
    from stripe import Customer


async def create(
    services: Services, merchant: Merchant, request: wire.NewCustomer
) -> wire.Customer:
    return wire_customer(
        await create_at_stripe(services, merchant, request.email, request.name), None
    )


async def create_at_stripe(
    services: Services, merchant: Merchant, email: str | None, name: str | None
) -> Customer:
    """Create a customer at Stripe, and queue a message about it to the internal router."""
    given = {"email": email, "name": name}
    params: Any = {key: value for key, value in given.items() if value}
    with stripe_errors():
        made = await api_of(services, merchant).customers.create_async(params)
    now_ms = services.stripe_now_ms()
    job = follow_up_jobs.created_customer(merchant.account.account_id, made.id, given, now_ms)
    with services.store.write() as connection:
        jobs.insert(
            services.store, connection, job.kind, job.key, payload=job.payload, now_ms=now_ms
        )
    return made


async def require_customer(services: Services, merchant: Merchant, customer_id: str) -> Customer:
    """Return the customer as Stripe has it."""
    with stripe_errors():
        found = await api_of(services, merchant).customers.retrieve_async(customer_id)
    # Stripe answers 200 with `deleted: true` (docs.stripe.com/api/customers/retrieve).
    if found.to_dict().get("deleted"):
        raise unknown_customer()
    return found


async def find(services: Services, merchant: Merchant, customer_id: str) -> wire.Customer:
    found = await require_customer(services, merchant, customer_id)
    return wire_customer(found, contact_of(services, merchant, customer_id))


async def change(
    services: Services, merchant: Merchant, customer_id: str, changes: wire.CustomerChange
) -> wire.Customer:
    """Change the given fields of a customer."""
    await require_customer(services, merchant, customer_id)
    # An empty string unsets a value at Stripe (docs.stripe.com/api/customers/update).
    given: Any = {
        name: value or ""
        for name, value in msgspec.structs.asdict(changes).items()
        if value is not msgspec.UNSET
    }
    if given:
        with stripe_errors():
            await api_of(services, merchant).customers.update_async(customer_id, given)
    return await find(services, merchant, customer_id)


async def delete(services: Services, merchant: Merchant, customer_id: str) -> Deleted:
    """Delete a customer, their notes and their link to a contact."""
    await require_customer(services, merchant, customer_id)
    with stripe_errors():
        await api_of(services, merchant).customers.delete_async(customer_id)
    forget(services, merchant, customer_id)
    return Deleted(id=customer_id)


def forget(services: Services, merchant: Merchant, customer_id: str) -> None:
    """Delete what is stored about the customer beside Stripe."""
    with services.store.write() as connection:
        customer_deletion.forget(connection, merchant.account.account_id, customer_id)


async def page(
    services: Services, merchant: Merchant, requested: PageRequest, *, search: str | None
) -> Page[wire.Customer]:
    """List customers, the newest first, or those whose email or name contains the search text.

    Stripe's search index lags up to a minute behind (docs.stripe.com/search).
    """
    customers = api_of(services, merchant).customers
    with list_errors():
        if search is None:
            found: Any = await customers.list_async(requested.params())
            after = found.data[-1].id if found.data else None
        else:
            # Searches have page tokens of their own (docs.stripe.com/api/pagination/search).
            params: Any = {"query": customer_query(search), "limit": requested.limit}
            if requested.cursor:
                params["page"] = requested.cursor
            found = await customers.search_async(params)
            after = found.next_page
    # One query for the page instead of one for each customer.
    linked = _contacts(services, merchant, [one.id for one in found.data])
    return Page(
        data=tuple(wire_customer(one, linked.get(one.id)) for one in found.data),
        has_more=bool(found.has_more),
        next_cursor=after if found.has_more else None,
    )


def wire_customer(customer: Customer, contact_id: str | None) -> wire.Customer:
    return wire.Customer(
        id=customer.id,
        email=customer.email,
        name=customer.name,
        contact_id=contact_id,
        delinquent=bool(customer.delinquent),
        created_at=to_ms(customer.created),
    )


def contact_of(services: Services, merchant: Merchant, customer_id: str) -> str | None:
    return _contacts(services, merchant, [customer_id]).get(customer_id)


def _contacts(services: Services, merchant: Merchant, customer_ids: list[str]) -> Mapping[str, str]:
    with services.store.read() as connection:
        return contacts.find_contacts(connection, merchant.account.account_id, customer_ids)


def unknown_customer() -> ProblemError:
    return ProblemError("No such customer.", code="not_found")
