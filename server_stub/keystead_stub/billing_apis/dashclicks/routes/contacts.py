"""A customer's link to a contact of the merchant's CRM."""

from __future__ import annotations

from keystead.wire.dashclicks import people as wire
from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.billing_apis.dashclicks.merchants import contacts
from keystead_stub.billing_apis.dashclicks.routes.customers import CUSTOMER
from keystead_stub.billing_apis.dashclicks.routes.parameters import ObjectId
from keystead_stub.billing_apis.dashclicks.routes.shared import (
    STRIPE_REFUSALS,
    CurrentMerchant,
    merchant_routes,
)
from keystead_stub.http.api_routes import Body

CONTACT = f"{CUSTOMER}/{wire.CONTACT}"

routes = merchant_routes()


@routes.put(CONTACT, refuses=STRIPE_REFUSALS)
async def put_contact(
    services: Injected,
    merchant: CurrentMerchant,
    customer_id: ObjectId,
    data: Body[wire.ContactLink],
) -> wire.Customer:
    """Link a customer to a contact of the CRM."""
    return await contacts.link(services, merchant, customer_id, data.contact_id)


@routes.delete(CONTACT, refuses=STRIPE_REFUSALS)
async def delete_contact(
    services: Injected, merchant: CurrentMerchant, customer_id: ObjectId
) -> wire.Customer:
    """Remove a customer's link to a contact."""
    return await contacts.unlink(services, merchant, customer_id)
