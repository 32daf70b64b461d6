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
    SubscriptionReport,
    SubscriptionVersion,
    Tracked,
)
from keystead_stub.billing.entitlements import UNNAMED, ProductEntitlement
from keystead_stub.billing.facts.object_progress import subscription_progress
from keystead_stub.billing.facts.statements import Group, last

#: What a merchant's products entitle to, by their ids.
Products = Mapping[str, ProductEntitlement]
NO_PRODUCTS: Products = MappingProxyType({})


class Offer(msgspec.Struct, frozen=True):
    """What licenses are sold by: prices, and names of plans in metadata.

    Without `price_ids` every price sells one.
    """

    price_ids: Collection[str] | None = None
    plan_names: Collection[str] = ()


ANY_PRICE = Offer()
#: A license is sold by our own metadata only, as at a merchant's Stripe account.
NO_PRICE = Offer(frozenset())


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
    #: How many days an invoice has to be paid; null where a card is charged.
    days_until_due: int | None
    #: Whether it is for something that we sell licenses for.
    is_ours: bool


def subscriptions_of(
    history: BillingHistory, offer: Offer = ANY_PRICE, products: Products = NO_PRODUCTS
) -> dict[str, Subscription]:
    """The subscriptions by id, in the order in which events first named them."""
    found = sorted(history.subscriptions.items(), key=lambda item: (item[1].first, item[0]))
    checkouts = checkouts_of(history)
    return {
        subscription_id: _subscription(subscription_id, one, checkouts, offer, products)
        for subscription_id, one in found
    }


def checkouts_of(history: BillingHistory) -> list[Tracked[Checkout]]:
    """The checkouts, in the order in which they were completed."""
    found = sorted(history.checkouts.items(), key=lambda item: (item[1].first, item[0]))
    return [checkout for _, checkout in found]


def sells(
    offer: Offer, price_id: str | None, entitles: ProductEntitlement | None, plan: str | None
) -> bool:
    """Whether a license is sold by this price, by our own metadata, or by the name of a plan."""
    if offer.price_ids is None or price_id in offer.price_ids:
        return True
    return entitles is not None or plan in offer.plan_names


def products_named(history: BillingHistory) -> dict[str, set[str]]:
    """The products that subscriptions at connected accounts are for, by account."""
    named: dict[str, set[str]] = {}
    for one in history.subscriptions.values():
        version = _current(one).version
        if version.account is not None:
            products = {item.product_id for item in version.items if item.product_id}
            named.setdefault(version.account, set()).update(products)
    return named


def _current(known: SubscriptionHistory) -> SubscriptionReport:
    """The newest status, with the newest version that has items."""
    newest = last(known.reports, _progress)
    if newest.is_complete:
        return newest
    complete = tuple(filter(None, map(_complete_part, known.reports)))
    if not complete:
        return newest
    return SubscriptionReport(newest.status, last(complete, _progress).version)


def _complete_part(group: Group[SubscriptionReport]) -> Group[SubscriptionReport] | None:
    said = tuple(one for one in group.said if one.value.is_complete)
    return Group(group.at, said) if said else None


def _progress(report: SubscriptionReport) -> tuple[int, ...]:
    ends = (item.period_end_ms for item in report.version.items)
    return subscription_progress(report.status, ends)


def _subscription(
    subscription_id: str,
    known: SubscriptionHistory,
    checkouts: Iterable[Tracked[Checkout]],
    offer: Offer,
    products: Products,
) -> Subscription:
    report = _current(known)
    version = report.version
    item = _main_item(version.items, offer.price_ids or ())
    named = known.plan.value if known.plan else UNNAMED if known.unnamed_plan else None
    of_checkouts = (
        one.value.plan for one in checkouts if one.value.subscription_id == subscription_id
    )
    plan = _first_named(named, *of_checkouts)
    entitles = _entitles(version, item, offer, products)
    return Subscription(
        id=subscription_id,
        created_ms=version.created_ms,
        status=report.status,
        price_id=item.price_id,
        entitles=entitles,
        # What is sold by the module is counted in modules, and has one seat.
        seats=1 if version.modules else item.seats,
        period_start_ms=item.period_start_ms,
        period_end_ms=item.period_end_ms,
        cancel_at_ms=version.cancel_at_ms,
        cancel_at_period_end=version.cancel_at_period_end,
        latest_invoice=version.latest_invoice,
        modules=version.modules,
        plan=plan,
        metered=item.metered,
        free=item.free,
        days_until_due=version.days_until_due,
        is_ours=sells(offer, item.price_id, entitles, plan),
    )


def _main_item(items: tuple[Item, ...], sold: Collection[str]) -> Item:
    """The first item whose price is sold, else the first of all."""
    ours = (item for item in items if item.price_id in sold)
    return next(ours, items[0] if items else Item())


def _first_named(*plans: str | None) -> str | None:
    return next((plan for plan in plans if plan), UNNAMED if UNNAMED in plans else None)


def _entitles(
    version: SubscriptionVersion, item: Item, offer: Offer, products: Products
) -> ProductEntitlement | None:
    """By our own metadata, unless the subscription has moved to another price since."""
    if version.entitles is None or version.entitles_for_price == item.price_id:
        return version.entitles
    if version.account is None and offer.price_ids is not None:
        # The platform sells by its catalogue: a price that is not in it is something else.
        return None
    if item.product_id is None:
        return version.entitles
    # A product that is not mirrored yet counts like one without metadata: its id is the key.
    return products.get(item.product_id, ProductEntitlement(item.product_id))
