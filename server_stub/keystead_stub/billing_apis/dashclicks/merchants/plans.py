"""A merchant's plans with their prices per period.

A product of the catalogue is the catalogue's plan; any other is a plan by its own id. Prices with
periods other than a month or a year, or without a fixed amount, belong to no plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keystead.wire import nyra
from keystead_stub.billing import entitlements as bought
from keystead_stub.billing.catalogue import Catalogue, Plan
from keystead_stub.billing.entitlements import LineItem, ProductEntitlement
from keystead_stub.billing_apis.dashclicks.merchants import API, products
from keystead_stub.http.errors import ProblemError

if TYPE_CHECKING:
    from stripe import Price, Product
    from stripe._v1_services import V1Services

_PERIODS = {"month": "monthly", "year": "yearly"}
_PERIOD_NAMES = {"month": "monthly", "year": "yearly", "annual": "yearly"}
#: At most this many prices are read; the oldest are left out.
_MOST_PRICES = 1000


async def plans(api: V1Services, catalogue: Catalogue) -> nyra.PlansAnswer:
    """List the merchant's plans, those of the catalogue first."""
    sold: dict[str, list[Price]] = {}
    for price in await _active(api):
        sold.setdefault(_product(price).id, []).append(price)
    found = [_plan(catalogue, _product(prices[0]), prices) for prices in sold.values()]
    order = [plan.id for plan in catalogue.sold_at(API)]
    # Stripe lists the newest first; a shop shows its oldest product first.
    found.reverse()
    found.sort(key=lambda plan: order.index(plan.plan) if plan.plan in order else len(order))
    return nyra.PlansAnswer(plans=tuple(found))


def _plan(catalogue: Catalogue, product: Product, prices: list[Price]) -> nyra.Plan:
    plan = _in_catalogue(catalogue, product)
    sold = _line_item(catalogue, prices[0], None)
    return nyra.Plan(
        plan=sold.plan,
        name=plan.name if plan else product.name,
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


async def choose(
    api: V1Services,
    catalogue: Catalogue,
    *,
    price_id: str | None,
    plan: str | None,
    period: str | None,
    quantity: int | None,
) -> LineItem:
    """Return the item for a price, or for a plan and period; the first plan by default.

    The period defaults to a month, or to what there is. Raises ProblemError (``invalid_request``)
    if the merchant does not sell it, or Stripe rejects it.
    """
    if price_id is not None:
        price = await api.prices.retrieve_async(price_id, {"expand": ["product"]})
        if not _is_sold(price):
            raise _not_sold()
        return _line_item(catalogue, price, quantity)
    sold = catalogue.sold_at(API)
    product_id = next((one.product_id for one in sold if plan in (None, one.id)), plan)
    prices = await _active(api, product=product_id)
    billing_period = _PERIOD_NAMES.get(period or "", period) or "monthly"
    found = [price for price in prices if period_of(price) == billing_period]
    # A product may be sold once or by the year only; it can be bought without naming that.
    if not found and period is None:
        found = prices
    if not found:
        raise _not_sold()
    return _line_item(catalogue, found[0], quantity)


async def entitled_by(
    api: V1Services, catalogue: Catalogue, plan: str | None
) -> ProductEntitlement:
    """Return what a plan entitles to; the first plan by default.

    Raises ProblemError (``invalid_request``), and what Stripe refuses.
    """
    sold = catalogue.sold_at(API)
    if found := next((one for one in sold if plan in (None, one.id)), None):
        return ProductEntitlement(found.entitlement_key, found.features)
    product = await api.products.retrieve_async(plan or "")
    if product.to_dict().get("deleted") or not product.active:
        raise _not_sold()
    return ProductEntitlement(products.key_of(product), products.features_of(product))


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


def _line_item(catalogue: Catalogue, price: Price, quantity: int | None) -> LineItem:
    product = _product(price)
    if plan := _in_catalogue(catalogue, product):
        return bought.item_of_plan(plan, price.id, quantity)
    return LineItem(
        plan=product.id,
        price_id=price.id,
        key=products.key_of(product),
        features=products.features_of(product),
        seats=quantity or 1,
        once=price.recurring is None,
    )


def _in_catalogue(catalogue: Catalogue, product: Product) -> Plan | None:
    plan = catalogue.plan_of_product(product.id)
    return plan if plan is not None and API in plan.sold_at else None


def _not_sold() -> ProblemError:
    return ProblemError("No such plan.", code="invalid_request")
