"""What the merchant sells: products, prices, and both as plans."""

from __future__ import annotations

from typing import Annotated

from litestar import delete, get, patch, post
from litestar.params import QueryParameter

from keystead.wire.dashclicks import selling as wire
from keystead.wire.dashclicks.page import Page
from keystead.wire.nyra import PlansAnswer
from keystead_stub.billing_apis.dashclicks.merchants import plans, products
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import api_of, asked
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

_PRODUCT = wire.PRODUCTS + "/{product_id:str}"
_PRICES = _PRODUCT + "/prices"

OnlyActive = Annotated[bool | None, QueryParameter(name="active", required=False)]


@post(
    wire.PRODUCTS,
    guards=WITH_BODY,
    responses=REFUSALS_WITH_BODY,
    summary="Sell something: a product with its price",
)
async def post_product(
    request: AnyRequest,
    services: Injected,
    data: Described[wire.NewProduct],
    authorization: Session = None,
) -> wire.PricedProduct:
    wanted = await body_of(request, wire.NewProduct)
    with asked():
        return await products.create(api_of(services, merchant_of(request)), wanted)


@get(
    wire.PRODUCTS,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="The merchant's products",
)
async def get_products(
    *,
    request: AnyRequest,
    services: Injected,
    limit: Limit = EACH_PAGE,
    cursor: Cursor = None,
    active: OnlyActive = None,
    authorization: Session = None,
) -> Page[wire.Product]:
    with asked():
        api = api_of(services, merchant_of(request))
        return await products.products(api, limit=limit, cursor=cursor, active=active)


@get(
    _PRODUCT,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="A product with its prices",
)
async def get_product(
    request: AnyRequest,
    services: Injected,
    product_id: ObjectId,
    authorization: Session = None,
) -> wire.PricedProduct:
    with asked():
        return await products.one(api_of(services, merchant_of(request)), product_id)


@patch(
    _PRODUCT,
    guards=WITH_BODY,
    responses=REFUSALS_WITH_BODY,
    summary="Change a product",
)
async def patch_product(
    request: AnyRequest,
    services: Injected,
    product_id: ObjectId,
    data: Described[wire.ProductChange | None] = None,
    authorization: Session = None,
) -> wire.PricedProduct:
    wanted = await body_of(request, wire.ProductChange)
    with asked():
        return await products.change(api_of(services, merchant_of(request)), product_id, wanted)


@delete(
    _PRODUCT,
    status_code=200,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="Sell a product no longer",
)
async def delete_product(
    request: AnyRequest,
    services: Injected,
    product_id: ObjectId,
    authorization: Session = None,
) -> wire.ProductRemoved:
    with asked():
        return await products.remove(api_of(services, merchant_of(request)), product_id)


@get(
    _PRICES,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="A product's prices",
)
async def get_product_prices(
    *,
    request: AnyRequest,
    services: Injected,
    product_id: ObjectId,
    limit: Limit = EACH_PAGE,
    cursor: Cursor = None,
    authorization: Session = None,
) -> Page[wire.Price]:
    with asked():
        api = api_of(services, merchant_of(request))
        return await products.prices(api, limit=limit, cursor=cursor, product_id=product_id)


@post(
    _PRICES,
    guards=WITH_BODY,
    responses=REFUSALS_WITH_BODY,
    summary="One more price of a product",
)
async def post_product_price(
    request: AnyRequest,
    services: Injected,
    product_id: ObjectId,
    data: Described[wire.NewPrice],
    authorization: Session = None,
) -> wire.Price:
    wanted = await body_of(request, wire.NewPrice)
    with asked():
        return await products.add_price(api_of(services, merchant_of(request)), product_id, wanted)


@get(
    wire.PRICES,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="All of the merchant's prices",
)
async def get_prices(
    *,
    request: AnyRequest,
    services: Injected,
    limit: Limit = EACH_PAGE,
    cursor: Cursor = None,
    authorization: Session = None,
) -> Page[wire.Price]:
    with asked():
        api = api_of(services, merchant_of(request))
        return await products.prices(api, limit=limit, cursor=cursor)


@get(
    wire.PLANS,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="What can be bought from the merchant",
)
async def get_plans(
    request: AnyRequest, services: Injected, authorization: Session = None
) -> PlansAnswer:
    with asked():
        return await plans.plans(api_of(services, merchant_of(request)), services.catalogue)


HANDLERS = (
    post_product,
    get_products,
    get_product,
    patch_product,
    delete_product,
    get_product_prices,
    post_product_price,
    get_prices,
    get_plans,
)
