"""The merchant's catalogue: products, prices, and both as plans."""

from __future__ import annotations

from typing import Annotated

from litestar.params import QueryParameter

from keystead.wire.dashclicks import selling as wire
from keystead.wire.dashclicks.page import Page
from keystead.wire.nyra import PlansAnswer
from keystead_stub.billing_apis.common.dependencies import Injected, Product
from keystead_stub.billing_apis.dashclicks.merchants import plans, products
from keystead_stub.billing_apis.dashclicks.merchants.purchases import seller_at
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import merchant_stripe
from keystead_stub.billing_apis.dashclicks.routes.parameters import ObjectId, RequestedPage
from keystead_stub.billing_apis.dashclicks.routes.shared import (
    STRIPE_REFUSALS,
    CurrentMerchant,
    merchant_routes,
)
from keystead_stub.http.api_routes import Body

_PRODUCT = wire.PRODUCTS + "/{product_id:str}"
_PRICES = _PRODUCT + "/prices"

OnlyActive = Annotated[bool | None, QueryParameter(name="active", required=False)]

routes = merchant_routes()


@routes.post(wire.PRODUCTS, status=201, refuses=STRIPE_REFUSALS)
async def post_product(
    services: Injected, merchant: CurrentMerchant, data: Body[wire.NewProduct]
) -> wire.PricedProduct:
    """Create a product with its price."""
    with merchant_stripe(services, merchant) as stripe:
        return await products.create(stripe, data)


@routes.get(wire.PRODUCTS, refuses=STRIPE_REFUSALS)
async def get_products(
    services: Injected,
    merchant: CurrentMerchant,
    page: RequestedPage,
    active: OnlyActive = None,
) -> Page[wire.Product]:
    """List the merchant's products."""
    with merchant_stripe(services, merchant) as stripe:
        return await products.products(stripe, page, active=active)


@routes.get(_PRODUCT, refuses=STRIPE_REFUSALS)
async def get_product(
    services: Injected, merchant: CurrentMerchant, product_id: ObjectId
) -> wire.PricedProduct:
    """Get a product with its prices."""
    with merchant_stripe(services, merchant) as stripe:
        return await products.retrieve(stripe, product_id)


@routes.patch(_PRODUCT, refuses=STRIPE_REFUSALS)
async def patch_product(
    services: Injected,
    merchant: CurrentMerchant,
    product_id: ObjectId,
    data: Body[wire.ProductChange],
) -> wire.PricedProduct:
    """Change a product."""
    with merchant_stripe(services, merchant) as stripe:
        return await products.change(stripe, product_id, data)


@routes.delete(_PRODUCT, refuses=STRIPE_REFUSALS)
async def delete_product(
    services: Injected, merchant: CurrentMerchant, product_id: ObjectId
) -> wire.ProductRemoved:
    """Delete a product, or archive it where it has prices."""
    with merchant_stripe(services, merchant) as stripe:
        return await products.remove(stripe, product_id)


@routes.get(_PRICES, refuses=STRIPE_REFUSALS)
async def get_product_prices(
    services: Injected, merchant: CurrentMerchant, product_id: ObjectId, page: RequestedPage
) -> Page[wire.Price]:
    """List a product's prices."""
    with merchant_stripe(services, merchant) as stripe:
        return await products.prices(stripe, page, product_id=product_id)


@routes.post(_PRICES, status=201, refuses=STRIPE_REFUSALS)
async def post_product_price(
    services: Injected, merchant: CurrentMerchant, product_id: ObjectId, data: Body[wire.NewPrice]
) -> wire.Price:
    """Add a price to a product."""
    with merchant_stripe(services, merchant) as stripe:
        return await products.add_price(stripe, product_id, data)


@routes.get(wire.PRICES, refuses=STRIPE_REFUSALS)
async def get_prices(
    services: Injected, merchant: CurrentMerchant, page: RequestedPage
) -> Page[wire.Price]:
    """List all prices of the merchant."""
    with merchant_stripe(services, merchant) as stripe:
        return await products.prices(stripe, page)


@routes.get(wire.PLANS, refuses=STRIPE_REFUSALS)
async def get_plans(
    services: Injected, merchant: CurrentMerchant, product: Product = None
) -> PlansAnswer:
    """List the plans that can be bought, for a program or for any."""
    seller = seller_at(services, merchant)
    with merchant_stripe(services, merchant) as stripe:
        return await plans.plans(services, stripe, seller, product)
