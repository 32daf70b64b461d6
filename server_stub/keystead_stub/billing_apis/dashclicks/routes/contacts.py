"""A customer's link to a contact of the merchant's CRM."""

from __future__ import annotations

from litestar import delete, put

from keystead.wire.dashclicks import people as wire
from keystead_stub.billing_apis.dashclicks.merchants import contacts
from keystead_stub.billing_apis.dashclicks.routes.customers import CUSTOMER
from keystead_stub.billing_apis.dashclicks.routes.guards import (
    MERCHANT,
    REFUSALS,
    REFUSALS_WITH_BODY,
    WITH_BODY,
    merchant_of,
)
from keystead_stub.billing_apis.dashclicks.routes.parameters import ObjectId, Session
from keystead_stub.dependencies import Injected
from keystead_stub.http.requests import AnyRequest, Described, body_of

CONTACT = f"{CUSTOMER}/{wire.CONTACT}"


@put(
    CONTACT,
    guards=WITH_BODY,
    responses=REFUSALS_WITH_BODY,
    summary="Link a customer to a contact of the CRM",
)
async def put_contact(
    *,
    request: AnyRequest,
    services: Injected,
    customer_id: ObjectId,
    data: Described[wire.ContactLink],
    authorization: Session = None,
) -> wire.Customer:
    wanted = await body_of(request, wire.ContactLink)
    return await contacts.link(services, merchant_of(request), customer_id, wanted.contact_id)


@delete(
    CONTACT,
    status_code=200,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="Take the link to a contact away",
)
async def delete_contact(
    request: AnyRequest,
    services: Injected,
    customer_id: ObjectId,
    authorization: Session = None,
) -> wire.Customer:
    return await contacts.unlink(services, merchant_of(request), customer_id)


HANDLERS = (put_contact, delete_contact)
