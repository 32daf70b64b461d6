"""A merchant's products and prices at Stripe, and what they entitle to.

A product's metadata says what its buyers are entitled to: `key`, by default the product's id, and
`features`, separated by commas.

Functions that call Stripe are to be called within `stripe_errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from keystead.instants import to_ms
from keystead.wire.dashclicks import selling as wire
from keystead.wire.dashclicks.page import Page
from keystead_stub.billing_apis.dashclicks.merchants import currencies
from keystead_stub.billing_apis.dashclicks.merchants.paging import PageRequest, page_of
from keystead_stub.http.errors import ProblemError

if TYPE_CHECKING:
    from stripe import Price, Product
    from stripe._v1_services import V1Services

KEY = "key"
FEATURES = "features"
#: The largest page of Stripe's lists.
WHOLE_PAGE = 100
#: Stripe's limit for a metadata value, in characters.
_LONGEST = 500


def key_of(product: Product) -> str:
    """Return the entitlement key of the product's buyers, as its metadata names it."""
    return str(product.metadata.to_dict().get(KEY) or product.id)


def features_of(product: Product) -> tuple[str, ...]:
    named = str(product.metadata.to_dict().get(FEATURES) or "")
    return tuple(name for name in named.split(",") if name)


def wire_product(product: Product) -> wire.Product:
    return wire.Product(
        id=product.id,
        name=product.name,
        active=product.active,
        key=key_of(product),
        features=features_of(product),
        created_at=to_ms(product.created),
    )


def wire_price(price: Price) -> wire.Price:
    recurring = price.recurring
    return wire.Price(
        id=price.id,
        product_id=price.product if isinstance(price.product, str) else price.product.id,
        amount=price.unit_amount,
        currency=price.currency,
        interval=recurring.interval if recurring else None,
        interval_count=recurring.interval_count if recurring else None,
        active=price.active,
        created_at=to_ms(price.created),
    )


async def create(api: V1Services, request: wire.NewProduct) -> wire.PricedProduct:
    """Create a product with its price, both or neither."""
    data = {"name": request.name, "metadata": _metadata(request.features)}
    # One call, because with two a refused price would leave a product that cannot be bought.
    price = await api.prices.create_async(_new_price(request.price) | {"product_data": data})
    return await retrieve(api, wire_price(price).product_id)


async def retrieve(api: V1Services, product_id: str) -> wire.PricedProduct:
    """Return a product with its prices. Raises ProblemError (``not_found``)."""
    product = await api.products.retrieve_async(product_id)
    if product.to_dict().get("deleted"):
        raise ProblemError("No such product.", code="not_found")
    return await _priced(api, product)


async def _priced(api: V1Services, product: Product) -> wire.PricedProduct:
    prices = await api.prices.list_async({"product": product.id, "limit": WHOLE_PAGE})
    return wire.PricedProduct(
        **msgspec.structs.asdict(wire_product(product)),
        prices=tuple(wire_price(price) for price in prices.data),
    )


async def change(
    api: V1Services, product_id: str, request: wire.ProductChange
) -> wire.PricedProduct:
    """Change the given fields."""
    fields: Any = {}
    if request.name is not msgspec.UNSET:
        fields["name"] = request.name
    if request.active is not msgspec.UNSET:
        fields["active"] = request.active
    if request.features is not msgspec.UNSET:
        # An empty string unsets the value (https://docs.stripe.com/api/metadata).
        fields["metadata"] = _metadata(request.features) or {FEATURES: ""}
    if not fields:
        return await retrieve(api, product_id)
    return await _priced(api, await api.products.update_async(product_id, fields))


async def remove(api: V1Services, product_id: str) -> wire.ProductRemoved:
    """Delete the product, or archive it: Stripe refuses to delete one that has prices."""
    known = await retrieve(api, product_id)
    if known.prices:
        await api.products.update_async(product_id, {"active": False})
    else:
        await api.products.delete_async(product_id)
    archived = bool(known.prices)
    return wire.ProductRemoved(id=product_id, deleted=not archived, archived=archived)


async def products(
    api: V1Services, page: PageRequest, *, active: bool | None
) -> Page[wire.Product]:
    listed = await api.products.list_async(page.params(active=active))
    return page_of(listed, wire_product)


async def prices(
    api: V1Services, page: PageRequest, *, product_id: str | None = None
) -> Page[wire.Price]:
    """List the merchant's prices, or those of one product."""
    if product_id is not None:
        await retrieve(api, product_id)
    listed = await api.prices.list_async(page.params(product=product_id))
    return page_of(listed, wire_price)


async def add_price(api: V1Services, product_id: str, request: wire.NewPrice) -> wire.Price:
    """Add a price to a product."""
    made = await api.prices.create_async(_new_price(request) | {"product": product_id})
    return wire_price(made)


def _new_price(request: wire.NewPrice) -> Any:
    currencies.check(request.currency)
    recurring = {"recurring": {"interval": request.interval}} if request.interval else {}
    return {"unit_amount": request.amount, "currency": request.currency, **recurring}


def _metadata(features: tuple[str, ...]) -> dict[str, str]:
    # `dict.fromkeys` drops repetitions and keeps the order.
    joined = ",".join(dict.fromkeys(features))
    if len(joined) > _LONGEST:
        raise ProblemError("The features exceed 500 characters in total.", code="invalid_request")
    return {FEATURES: joined} if joined else {}
