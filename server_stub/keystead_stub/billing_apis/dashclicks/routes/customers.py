"""A merchant's customers: made, found, changed, deleted, and what Stripe has of each."""

from __future__ import annotations

from typing import Annotated

from litestar import delete, get, patch, post
from litestar.params import QueryParameter

from keystead.wire import nyra
from keystead.wire.dashclicks import people as wire
from keystead.wire.dashclicks.page import Deleted, Page
from keystead_stub.billing_apis.dashclicks.merchants import customer_records, customers
from keystead_stub.billing_apis.dashclicks.routes.guards import (
    MERCHANT,
    REFUSALS,
    REFUSALS_WITH_BODY,
    WITH_BODY,
    merchant_of,
)
from keystead_stub.billing_apis.dashclicks.routes.parameters import (
    EACH_PAGE,
    Cursor,
    Limit,
    ObjectId,
    Session,
)
from keystead_stub.dependencies import Injected
from keystead_stub.http.requests import AnyRequest, Described, body_of

CUSTOMER = wire.CUSTOMERS + "/{customer_id:str}"

Search = Annotated[
    str | None,
    QueryParameter(
        max_length=256,
        pattern=r"^[^\x00]*$",
        description="A part of the email or of the name; of one or two characters, all of it. "
        "An empty one is none.",
        required=False,
    ),
]
#: A list's cursor is an id, a search's is Stripe's to form.
AnyCursor = Annotated[
    str | None, QueryParameter(name="cursor", pattern="^[!-~]{1,1000}$", required=False)
]


@post(
    wire.CUSTOMERS,
    status_code=201,
    guards=WITH_BODY,
    responses=REFUSALS_WITH_BODY,
    summary="Make a customer",
)
async def post_customer(
    request: AnyRequest,
    services: Injected,
    data: Described[wire.NewCustomer],
    authorization: Session = None,
) -> wire.Customer:
    wanted = await body_of(request, wire.NewCustomer)
    return await customers.create(services, merchant_of(request), wanted)


@get(
    wire.CUSTOMERS,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="The merchant's customers, or those that a search finds",
)
async def get_customers(
    *,
    request: AnyRequest,
    services: Injected,
    limit: Limit = EACH_PAGE,
    cursor: AnyCursor = None,
    search: Search = None,
    authorization: Session = None,
) -> Page[wire.Customer]:
    return await customers.page(
        services, merchant_of(request), limit=limit, cursor=cursor, search=search or None
    )


@get(
    CUSTOMER,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="A customer",
)
async def get_customer(
    request: AnyRequest,
    services: Injected,
    customer_id: ObjectId,
    authorization: Session = None,
) -> wire.Customer:
    return await customers.find(services, merchant_of(request), customer_id)


@patch(
    CUSTOMER,
    guards=WITH_BODY,
    responses=REFUSALS_WITH_BODY,
    summary="Change a customer",
)
async def patch_customer(
    *,
    request: AnyRequest,
    services: Injected,
    customer_id: ObjectId,
    data: Described[wire.CustomerChange | None] = None,
    authorization: Session = None,
) -> wire.Customer:
    wanted = await body_of(request, wire.CustomerChange)
    return await customers.change(services, merchant_of(request), customer_id, wanted)


@delete(
    CUSTOMER,
    status_code=200,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="Delete a customer, and what was noted of them",
)
async def delete_customer(
    request: AnyRequest,
    services: Injected,
    customer_id: ObjectId,
    authorization: Session = None,
) -> Deleted:
    return await customers.delete(services, merchant_of(request), customer_id)


@get(
    f"{CUSTOMER}/{wire.INVOICES}",
    guards=MERCHANT,
    responses=REFUSALS,
    summary="A customer's invoices",
)
async def get_customer_invoices(
    *,
    request: AnyRequest,
    services: Injected,
    customer_id: ObjectId,
    limit: Limit = EACH_PAGE,
    cursor: Cursor = None,
    authorization: Session = None,
) -> Page[nyra.Invoice]:
    merchant = merchant_of(request)
    return await customer_records.invoices(services, merchant, customer_id, limit, cursor)


@get(
    f"{CUSTOMER}/{wire.PAYMENT_METHODS}",
    guards=MERCHANT,
    responses=REFUSALS,
    summary="How a customer can pay",
)
async def get_customer_payment_methods(
    *,
    request: AnyRequest,
    services: Injected,
    customer_id: ObjectId,
    limit: Limit = EACH_PAGE,
    cursor: Cursor = None,
    authorization: Session = None,
) -> Page[wire.PaymentMethod]:
    merchant = merchant_of(request)
    return await customer_records.payment_methods(services, merchant, customer_id, limit, cursor)


@get(
    f"{CUSTOMER}/{wire.SUBSCRIPTIONS}",
    guards=MERCHANT,
    responses=REFUSALS,
    summary="A customer's subscriptions, those that are over too",
)
async def get_customer_subscriptions(
    *,
    request: AnyRequest,
    services: Injected,
    customer_id: ObjectId,
    limit: Limit = EACH_PAGE,
    cursor: Cursor = None,
    authorization: Session = None,
) -> Page[wire.Subscription]:
    merchant = merchant_of(request)
    return await customer_records.subscriptions(services, merchant, customer_id, limit, cursor)


HANDLERS = (
    post_customer,
    get_customers,
    get_customer,
    patch_customer,
    delete_customer,
    get_customer_invoices,
    get_customer_payment_methods,
    get_customer_subscriptions,
)
