"""The link of a merchant's customer to a contact of the CRM; at most one customer a contact.

Our table is the authority, because only it can enforce uniqueness. The customer's metadata at
Stripe is a copy for whoever looks there: it is written after the table and never read. If Stripe
doesn't answer, repeating the request brings the copy up to date.

Everything raises ProblemError as `customers` does.
"""

from __future__ import annotations

from keystead.wire.dashclicks import people as wire
from keystead_stub.billing_apis.dashclicks.merchants import customers
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import api_of, stripe_errors
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import contacts

METADATA = "contactId"


async def link(
    services: Services, merchant: Merchant, customer_id: str, contact_id: str
) -> wire.Customer:
    """Link a customer to a contact. Raises ProblemError (``conflict``) if it is taken."""
    await customers.require_customer(services, merchant, customer_id)
    if not _try_link(services, merchant, customer_id, contact_id):
        # Asked of Stripe only on a conflict, which is rare. The second attempt may still lose to a
        # concurrent call, because nothing is locked while Stripe answers.
        await _free_contact(services, merchant, contact_id)
        if not _try_link(services, merchant, customer_id, contact_id):
            raise _taken()
    return await _update_metadata(services, merchant, customer_id, contact_id)


async def unlink(services: Services, merchant: Merchant, customer_id: str) -> wire.Customer:
    """Remove a customer's link."""
    await customers.require_customer(services, merchant, customer_id)
    with services.store.write() as connection:
        contacts.unlink(connection, merchant.account.account_id, customer_id)
    # An empty string unsets the value (docs.stripe.com/api/metadata).
    return await _update_metadata(services, merchant, customer_id, "")


def _try_link(services: Services, merchant: Merchant, customer_id: str, contact_id: str) -> bool:
    now_ms, account_id = services.stripe_now_ms(), merchant.account.account_id
    with services.store.write() as connection:
        return contacts.link(connection, account_id, customer_id, contact_id, now_ms)


async def _free_contact(services: Services, merchant: Merchant, contact_id: str) -> None:
    """Free the contact if its customer was deleted at Stripe without us.

    Raises ProblemError (``conflict``) where that customer still exists.
    """
    with services.store.read() as connection:
        holder = contacts.find_customer(connection, merchant.account.account_id, contact_id)
    if holder is None:
        return
    try:
        await customers.require_customer(services, merchant, holder)
    except ProblemError as refused:
        if refused.code != "not_found":
            raise
        customers.forget(services, merchant, holder)
    else:
        raise _taken()


async def _update_metadata(
    services: Services, merchant: Merchant, customer_id: str, contact_id: str
) -> wire.Customer:
    with stripe_errors():
        updated = await api_of(services, merchant).customers.update_async(
            customer_id, {"metadata": {METADATA: contact_id}}
        )
    return customers.wire_customer(updated, customers.contact_of(services, merchant, customer_id))


def _taken() -> ProblemError:
    return ProblemError("Another customer is linked to this contact.", code="conflict")
