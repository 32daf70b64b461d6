"""Subscriptions as their newest events describe them."""

from __future__ import annotations

from typing import Any

import msgspec

from keystead_stub.billing.entitlements import UNNAMED, ProductEntitlement
from keystead_stub.billing.event_facts import replay
from keystead_stub.billing.known_subscriptions import (
    ANY_PRICE,
    NO_PRODUCTS,
    Offer,
    Products,
    Subscription,
    checkouts_of,
    products_named,
    subscriptions_of,
)
from keystead_stub.stripe_types.events import StripeEvent
from support.billing_events import T0, checkout_completed, event, subscription_event


def with_items(*items: dict[str, Any], **changes: Any) -> StripeEvent:
    return subscription_event(1, "updated", T0, "active", items={"data": [*items]}, **changes)


def known(
    *events: StripeEvent, offer: Offer = ANY_PRICE, products: Products = NO_PRODUCTS
) -> Subscription:
    return subscriptions_of(replay(events), offer, products)["sub_1"]


TWO_ITEMS = (
    {"price": {"id": "price_support"}, "quantity": 1},
    {"price": {"id": "price_seats"}, "quantity": 7},
)


def test_the_first_item_with_a_catalogue_price_is_the_main_item() -> None:
    assert known(with_items(*TWO_ITEMS)).price_id == "price_support"
    found = known(with_items(*TWO_ITEMS), offer=Offer(("price_seats",)))
    assert (found.price_id, found.seats) == ("price_seats", 7)


def test_a_subscription_without_items_has_no_price() -> None:
    found = known(with_items())
    assert (found.price_id, found.seats, found.period_end_ms) == (None, 1, None)


def test_a_subscription_of_modules_has_one_seat() -> None:
    found = known(with_items(*TWO_ITEMS[1:], metadata={"modules": "web,cctv"}))
    assert (found.seats, found.modules) == (1, {"cctv": True, "web": True})


def test_subscriptions_are_ordered_by_their_first_events() -> None:
    events = [
        subscription_event(3, "updated", T0 + 9, "active", id="sub_a"),
        subscription_event(2, "created", T0 + 5, "active", id="sub_b"),
        subscription_event(1, "created", T0, "active", id="sub_a"),
    ]
    assert list(subscriptions_of(replay(events))) == ["sub_a", "sub_b"]


def test_checkouts_are_ordered_by_their_completion() -> None:
    events = [checkout_completed(2, T0 + 5, id="cs_a"), checkout_completed(1, T0, id="cs_b")]
    assert [one.first[0] for one in checkouts_of(replay(events))] == [T0 * 1000, (T0 + 5) * 1000]


def test_the_plan_name_is_the_subscriptions_or_else_its_checkouts() -> None:
    named = subscription_event(1, "updated", T0, "active", metadata={"plan": "pro"})
    unnamed = subscription_event(1, "updated", T0, "active", metadata={"tenantId": "acme"})
    silent = subscription_event(1, "updated", T0, "active")
    checkout = checkout_completed(2, T0, metadata={"planId": "team"})
    other = checkout_completed(3, T0, id="cs_2", subscription="sub_2", metadata={"plan": "basic"})
    assert known(named, checkout).plan == "pro"
    assert known(unnamed, checkout, other).plan == "team"
    assert known(silent, other).plan is None
    assert known(unnamed).plan == UNNAMED


BASIC = {"key": "basic", "features": "export", "priceId": "price_1"}
GOLD = {"prod_gold": ProductEntitlement("gold", ("audit",))}


def moved_to(price: dict[str, Any]) -> StripeEvent:
    return with_items({"price": price}, metadata=BASIC)


def test_metadata_of_our_checkout_decides_the_entitlement_of_its_price() -> None:
    basic = ProductEntitlement("basic", ("export",))
    assert (
        known(moved_to({"id": "price_1", "product": "prod_gold"}), products=GOLD).entitles == basic
    )
    assert known(moved_to({"id": "price_2"}), products=GOLD).entitles == basic
    assert known(with_items({"price": {"id": "price_1", "product": "prod_gold"}})).entitles is None


def test_a_price_outside_our_checkout_entitles_to_its_product() -> None:
    price = {"id": "price_2", "product": "prod_gold"}
    assert known(moved_to(price), products=GOLD).entitles == GOLD["prod_gold"]
    assert known(moved_to(price)).entitles == ProductEntitlement("prod_gold")


def test_products_are_looked_up_for_connected_accounts_only() -> None:
    item = {"price": {"id": "price_1", "product": "prod_1"}}
    ours = with_items(item)
    theirs = msgspec.structs.replace(with_items(item, {"price": 1}), account="acct_1")
    more = msgspec.structs.replace(
        with_items({"price": {"product": "prod_2"}}, id="sub_2"), id="evt_2", account="acct_1"
    )
    assert products_named(replay([ours])) == {}
    assert products_named(replay([theirs, more])) == {"acct_1": {"prod_1", "prod_2"}}
    assert products_named(replay([event(1, "invoice.paid", T0, id="in_1")])) == {}
