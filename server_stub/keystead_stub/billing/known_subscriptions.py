"""A customer's subscriptions as their newest events describe them. Pure.

What is sold and what a merchant's products entitle to is applied here and not when an event comes:
both may change, or become known, after it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from keystead_stub.billing.billing_history import (
    BillingHistory,
    Checkout,
    Item,
    SubscriptionHistory,
    SubscriptionVersion,
    Tracked,
)
from keystead_stub.billing.entitlements import UNNAMED, ProductEntitlement

#: What a merchant's products entitle to, by their ids.
Products = Mapping[str, ProductEntitlement]
NO_PRODUCTS: Products = MappingProxyType({})


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One subscription. Instants in ms; price, seats and period are those of its main item."""

    id: str
    created_ms: int
    status: str
    price_id: str | None
    entitles: ProductEntitlement | None
    seats: int
    period_start_ms: int | None
    period_end_ms: int | None
    cancel_at_ms: int | None
    cancel_at_period_end: bool
    latest_invoice: str | None
    modules: dict[str, Any]
    #: The plan that its metadata, or its checkout's, names: see `plan_named`.
    plan: str | None
    #: Usage is paid for after the period and not before it.
    metered: bool
    #: Whether its price is 0.
    free: bool


def subscriptions_of(
    history: BillingHistory, sold: Collection[str] = (), products: Products = NO_PRODUCTS
) -> dict[str, Subscription]:
    """The subscriptions by id, in the order in which events first named them.

    `sold` are the ids of the prices that licenses are sold by.
    """
    found = sorted(history.subscriptions.items(), key=lambda item: item[1].first)
    checkouts = checkouts_of(history)
    return {
        subscription_id: _subscription(subscription_id, one, checkouts, sold, products)
        for subscription_id, one in found
    }


def checkouts_of(history: BillingHistory) -> list[Tracked[Checkout]]:
    """The checkouts, in the order in which they were completed."""
    return sorted(history.checkouts.values(), key=lambda checkout: checkout.first)


def products_named(history: BillingHistory) -> dict[str, set[str]]:
    """The products that subscriptions at connected accounts are for, by account."""
    named: dict[str, set[str]] = {}
    for one in history.subscriptions.values():
        version = one.version.value
        if version.account is not None:
            products = {item.product_id for item in version.items if item.product_id}
            named.setdefault(version.account, set()).update(products)
    return named


def _subscription(
    subscription_id: str,
    known: SubscriptionHistory,
    checkouts: Iterable[Tracked[Checkout]],
    sold: Collection[str],
    products: Products,
) -> Subscription:
    version = known.version.value
    item = _main_item(version.items, sold)
    named = known.plan.value if known.plan else UNNAMED if known.unnamed_plan else None
    of_checkouts = (
        one.value.plan for one in checkouts if one.value.subscription_id == subscription_id
    )
    return Subscription(
        id=subscription_id,
        created_ms=version.created_ms,
        status=known.status.value,
        price_id=item.price_id,
        entitles=_entitles(version, item, products),
        # What is sold by the module is counted in modules, and has one seat.
        seats=1 if version.modules else item.seats,
        period_start_ms=item.period_start_ms,
        period_end_ms=item.period_end_ms,
        cancel_at_ms=version.cancel_at_ms,
        cancel_at_period_end=version.cancel_at_period_end,
        latest_invoice=version.latest_invoice,
        modules=version.modules,
        plan=_first_named(named, *of_checkouts),
        metered=item.metered,
        free=item.free,
    )


def _main_item(items: tuple[Item, ...], sold: Collection[str]) -> Item:
    """The first item whose price is sold, else the first of all."""
    ours = (item for item in items if item.price_id in sold)
    return next(ours, items[0] if items else Item())


def _first_named(*plans: str | None) -> str | None:
    return next((plan for plan in plans if plan), UNNAMED if UNNAMED in plans else None)


def _entitles(
    version: SubscriptionVersion, item: Item, products: Products
) -> ProductEntitlement | None:
    """By our own metadata, unless the subscription has moved to another price since."""
    if version.entitles is None or version.entitles_for_price == item.price_id:
        return version.entitles
    if item.product_id is None:
        return version.entitles
    # A product that is not mirrored yet counts like one without metadata: its id is the key.
    return products.get(item.product_id, ProductEntitlement(item.product_id))
