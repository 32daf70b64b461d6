"""The platform's plans, and a merchant's own with their prices per period.

The marketplace catalogue is the platform's, and is sold at its Stripe account. A merchant's product
is a plan by its own id. Prices with periods other than a month or a year, or without a fixed
amount, belong to no plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keystead.wire import nyra
from keystead_stub.billing import well_known
from keystead_stub.billing.catalogue import Catalogue
from keystead_stub.billing.entitlements import LineItem, ProductEntitlement
from keystead_stub.billing.license_seller import LicenseSeller
from keystead_stub.billing_apis.dashclicks.merchants import API, products
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services

if TYPE_CHECKING:
    from stripe import Price, Product
    from stripe._v1_services import V1Services

_PERIODS = {"month": "monthly", "year": "yearly"}
_PERIOD_NAMES = {"month": "monthly", "year": "yearly", "annual": "yearly"}
#: What a payment link entitles to that names no product.
AD_HOC = ProductEntitlement("payment-link")
#: At most this many prices are read; the oldest are left out.
_MOST_PRICES = 1000


async def plans(
    services: Services, api: V1Services, seller: LicenseSeller, product: str | None = None
) -> nyra.PlansAnswer:
    """List the plans on sale: the platform's, then the merchant's own, the oldest first.

    With a `product` only those that give the program with this id a license.
    """
    platforms = well_known.plans(services, API).plans
    if product == services.terms.audience:
        return nyra.PlansAnswer(plans=platforms)
    if product not in (None, seller.audience):
        return nyra.PlansAnswer(plans=())
    sold: dict[str, list[Price]] = {}
    for price in await _active(api):
        if product is None or _gives_license(services.catalogue, price, seller):
            sold.setdefault(_product(price).id, []).append(price)
    # Stripe lists the newest first; a shop shows its oldest product first.
    own = tuple(_plan(prices) for prices in reversed(sold.values()))
    return nyra.PlansAnswer(plans=own if product else (*platforms, *own))


def _gives_license(catalogue: Catalogue, price: Price, seller: LicenseSeller) -> bool:
    """Whether a purchase of the merchant's price is licensed, and not taken for the platform's."""
    item = _line_item(price, None)
    platforms = catalogue.names_plan(item.key) or is_platforms(
        catalogue, price_id=None, plan=item.plan
    )
    return seller.sells and not platforms and (seller.gives_free or not item.free)


def _plan(prices: list[Price]) -> nyra.Plan:
    product, sold = _product(prices[0]), _line_item(prices[0], None)
    return nyra.Plan(
        plan=sold.plan,
        name=product.name,
        features=sold.features,
        min_seats=sold.min_seats,
        max_seats=sold.max_seats,
        prices=tuple(
            nyra.Price(
                price_id=price.id,
                billing_period=period_of(price) or "",
                amount=price.unit_amount or 0,
                currency=price.currency,
            )
            for price in reversed(prices)
        ),
    )


def is_platforms(catalogue: Catalogue, *, price_id: str | None, plan: str | None) -> bool:
    """Whether the platform sells this price or plan; without either, its first plan is meant.

    Ids decide, before the merchant's Stripe is asked: a merchant may use any id there.
    """
    sold = catalogue.sold_at(API)
    if price_id is not None:
        return any(price.id == price_id for one in sold for price in one.prices)
    if plan is None:
        return bool(sold)
    return bool(plan) and catalogue.plan_called(plan, API) is not None


async def choose(
    api: V1Services,
    catalogue: Catalogue,
    *,
    price_id: str | None,
    plan: str | None,
    period: str | None,
    quantity: int | None,
) -> LineItem:
    """Return the item for a price of the merchant's, or for their product and a period.

    The period defaults to a month, or to what there is. Raises ProblemError (``invalid_request``)
    if the merchant does not sell it, or Stripe rejects it.
    """
    if price_id is not None:
        price = await api.prices.retrieve_async(price_id, {"expand": ["product"]})
        if not _is_sold(price):
            raise _not_sold()
        return _own_item(catalogue, price, quantity)
    prices = await _active(api, product=plan)
    billing_period = _PERIOD_NAMES.get(period or "", period) or "monthly"
    found = [price for price in prices if period_of(price) == billing_period]
    # A product may be sold once or by the year only; it can be bought without naming that.
    if not found and period is None:
        found = prices
    if not found:
        raise _not_sold()
    return _own_item(catalogue, found[0], quantity)


async def entitled_by(
    api: V1Services, catalogue: Catalogue, plan: str | None
) -> ProductEntitlement:
    """Return what a product of the merchant's entitles to; by default what `AD_HOC` does.

    Raises ProblemError (``invalid_request``), also for a plan of the platform's, and what Stripe
    refuses.
    """
    if plan is None:
        return AD_HOC
    if catalogue.names_plan(plan):
        raise _not_sold()
    product = await api.products.retrieve_async(plan)
    if product.to_dict().get("deleted") or not product.active:
        raise _not_sold()
    entitled = ProductEntitlement(products.key_of(product), products.features_of(product))
    return _checked(catalogue, entitled)


def period_of(price: Price) -> str | None:
    """Return the price's billing period, or null for a price that belongs to no plan."""
    recurring = price.recurring
    if price.unit_amount is None:
        return None
    if recurring is None:
        return nyra.ONCE
    metered = recurring.usage_type == "metered"
    return None if metered or recurring.interval_count != 1 else _PERIODS.get(recurring.interval)


async def _active(api: V1Services, **narrowed: Any) -> list[Price]:
    """List the prices on sale, the newest first."""
    asked: Any = {"active": True, "limit": products.WHOLE_PAGE, "expand": ["data.product"]}
    listed = await api.prices.list_async(asked | narrowed)
    found: list[Price] = []
    async for price in listed.auto_paging_iter():
        if _is_sold(price):
            found.append(price)
        if len(found) >= _MOST_PRICES:
            break
    return found


def _is_sold(price: Price) -> bool:
    product = price.product
    gone = isinstance(product, str) or product.to_dict().get("deleted")
    return bool(price.active and not gone and _product(price).active and period_of(price))


def _product(price: Price) -> Product:
    """Return the product that was expanded in the price."""
    product: Any = price.product
    found: Product = product
    return found


def _own_item(catalogue: Catalogue, price: Price, quantity: int | None) -> LineItem:
    item = _line_item(price, quantity)
    _checked(catalogue, ProductEntitlement(item.key, item.features))
    return item


def _line_item(price: Price, quantity: int | None) -> LineItem:
    product = _product(price)
    return LineItem(
        plan=product.id,
        price_id=price.id,
        key=products.key_of(product),
        features=products.features_of(product),
        seats=quantity or 1,
        once=price.recurring is None,
        free=price.unit_amount == 0,
    )


def _checked(catalogue: Catalogue, entitled: ProductEntitlement) -> ProductEntitlement:
    """Return the entitlement. Raises ProblemError where it names a plan of the platform's."""
    if catalogue.names_plan(entitled.key):
        raise ProblemError(
            "The product's metadata names a plan of the platform.", code="invalid_request"
        )
    return entitled


def _not_sold() -> ProblemError:
    return ProblemError("No such plan.", code="invalid_request")
