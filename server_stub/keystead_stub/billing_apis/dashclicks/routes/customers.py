"""A merchant's customers: create, find, change, delete, and what Stripe has of each."""

from __future__ import annotations

from typing import Annotated

from litestar.params import QueryParameter

from keystead.wire import nyra
from keystead.wire.dashclicks import people as wire
from keystead.wire.dashclicks.page import DEFAULT_LIMIT, Deleted, Page
from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.billing_apis.dashclicks.merchants import customer_records, customers
from keystead_stub.billing_apis.dashclicks.merchants.paging import PageRequest
from keystead_stub.billing_apis.dashclicks.routes.parameters import Limit, ObjectId, RequestedPage
from keystead_stub.billing_apis.dashclicks.routes.shared import (
    STRIPE_REFUSALS,
    CurrentMerchant,
    merchant_routes,
)
from keystead_stub.http.api_routes import Body
from keystead_stub.http.request_text import REPLACEMENT

CUSTOMER = wire.CUSTOMERS + "/{customer_id:str}"

Search = Annotated[
    str | None,
    QueryParameter(
        max_length=256,
        pattern=f"^[^{REPLACEMENT}]*$",
        description="A part of the email or of the name; of one or two characters, all of it. "
        "An empty one is none.",
        required=False,
    ),
]
#: A list's cursor is an id, a search's is Stripe's to form.
AnyCursor = Annotated[
    str | None, QueryParameter(name="cursor", pattern="^[!-~]{1,1000}$", required=False)
]

routes = merchant_routes()


@routes.post(wire.CUSTOMERS, status=201, refuses=STRIPE_REFUSALS)
async def post_customer(
    services: Injected, merchant: CurrentMerchant, data: Body[wire.NewCustomer]
) -> wire.Customer:
    """Create a customer."""
    return await customers.create(services, merchant, data)


@routes.get(wire.CUSTOMERS, refuses=STRIPE_REFUSALS)
async def get_customers(
    *,
    services: Injected,
    merchant: CurrentMerchant,
    limit: Limit = DEFAULT_LIMIT,
    cursor: AnyCursor = None,
    search: Search = None,
) -> Page[wire.Customer]:
    """List the merchant's customers, or those that a search finds."""
    page = PageRequest(limit, cursor)
    return await customers.page(services, merchant, page, search=search or None)


@routes.get(CUSTOMER, refuses=STRIPE_REFUSALS)
async def get_customer(
    services: Injected, merchant: CurrentMerchant, customer_id: ObjectId
) -> wire.Customer:
    """Get a customer."""
    return await customers.find(services, merchant, customer_id)


@routes.patch(CUSTOMER, refuses=STRIPE_REFUSALS)
async def patch_customer(
    services: Injected,
    merchant: CurrentMerchant,
    customer_id: ObjectId,
    data: Body[wire.CustomerChange],
) -> wire.Customer:
    """Change a customer."""
    return await customers.change(services, merchant, customer_id, data)


@routes.delete(CUSTOMER, refuses=STRIPE_REFUSALS)
async def delete_customer(
    services: Injected, merchant: CurrentMerchant, customer_id: ObjectId
) -> Deleted:
    """Delete a customer and their notes."""
    return await customers.delete(services, merchant, customer_id)


@routes.get(f"{CUSTOMER}/{wire.INVOICES}", refuses=STRIPE_REFUSALS)
async def get_customer_invoices(
    services: Injected, merchant: CurrentMerchant, customer_id: ObjectId, page: RequestedPage
) -> Page[nyra.Invoice]:
    """List a customer's invoices."""
    return await customer_records.invoices(services, merchant, customer_id, page)


@routes.get(f"{CUSTOMER}/{wire.PAYMENT_METHODS}", refuses=STRIPE_REFUSALS)
async def get_customer_payment_methods(
    services: Injected, merchant: CurrentMerchant, customer_id: ObjectId, page: RequestedPage
) -> Page[wire.PaymentMethod]:
    """List a customer's payment methods."""
    return await customer_records.payment_methods(services, merchant, customer_id, page)


@routes.get(f"{CUSTOMER}/{wire.SUBSCRIPTIONS}", refuses=STRIPE_REFUSALS)
async def get_customer_subscriptions(
    services: Injected, merchant: CurrentMerchant, customer_id: ObjectId, page: RequestedPage
) -> Page[wire.Subscription]:
    """List a customer's subscriptions, including ended ones."""
    return await customer_records.subscriptions(services, merchant, customer_id, page)
