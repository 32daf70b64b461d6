"""Subscriptions with several items: billed by line, prorated by item."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from keystead_stub.billing.billing_state import fold
from keystead_stub.billing.catalogue import default_catalogue
from keystead_stub.billing.licensed_plans import offer_of
from keystead_stub.stripe_sim import customer_controls, hosted_payments
from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.resources.checkout_sessions import queries as checkout_sessions
from keystead_stub.stripe_sim.resources.coupons import operations as coupons
from keystead_stub.stripe_sim.resources.coupons.requests import NewCoupon
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.entitlements import queries as entitlements
from keystead_stub.stripe_sim.resources.invoices import payment as invoice_payment
from keystead_stub.stripe_sim.resources.invoices import queries as invoices
from keystead_stub.stripe_sim.resources.prices import operations as prices
from keystead_stub.stripe_sim.resources.prices.requests import NewPrice
from keystead_stub.stripe_sim.resources.products import operations as products
from keystead_stub.stripe_sim.resources.products.requests import NewProduct
from keystead_stub.stripe_sim.resources.subscription_items.requests import ItemChange
from keystead_stub.stripe_sim.resources.subscriptions import create as create_subscription
from keystead_stub.stripe_sim.resources.subscriptions.requests import (
    NewSubscription,
    SubscriptionChange,
)
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.events import customer_of, parse_event
from keystead_stub.stripe_types.requests import CheckoutItem, NewCheckout
from support.stripe_shapes import shape_errors
from support.stripe_world import MONTHLY, YEARLY, StripeWorld


def extra(world: StripeWorld, amount: int = 500, interval: Any = "month") -> str:
    """Create a price outside the catalogue, and return its id."""
    product = world.stripe.submit(products.create, NewProduct(name="Support"))
    request = NewPrice(
        product_id=product["id"], currency="eur", unit_amount=amount, interval=interval
    )
    return str(world.stripe.submit(prices.create, request)["id"])


def buy(world: StripeWorld, *items: CheckoutItem, coupon: NewCoupon | None = None) -> str:
    request = NewCheckout(
        items=items,
        success_url="http://127.0.0.1/",
        cancel_url="http://127.0.0.1/",
        coupon_id=world.stripe.submit(coupons.create, coupon)["id"] if coupon else None,
    )
    session = asyncio.run(world.stripe.create_checkout_session(request))
    world.stripe.run(hosted_payments.complete_checkout, session.id)
    return world.stripe.read(checkout_sessions.get, session.id).customer_id or ""


def items(world: StripeWorld, customer_id: str) -> list[Any]:
    found: list[Any] = world.subscription(customer_id).document["items"]["data"]
    return found


def amounts(world: StripeWorld, customer_id: str) -> list[int]:
    newest = world.stripe.read(invoices.of_customer, customer_id)[0]
    return [line["amount"] for line in newest.document["lines"]["data"]]


def change(world: StripeWorld, customer_id: str, *wanted: ItemChange, **how: Any) -> None:
    world.stripe.run(
        customer_controls.update_subscription, customer_id, SubscriptionChange(items=wanted, **how)
    )


def test_each_subscription_item_is_a_line_of_each_invoice() -> None:
    world = StripeWorld()
    support = extra(world)
    customer_id = buy(
        world, CheckoutItem(price_id=support, quantity=3), CheckoutItem(price_id=MONTHLY)
    )
    assert amounts(world, customer_id) == [1500, 1200]
    world.pass_time(days=28)
    assert amounts(world, customer_id) == [1500, 1200]
    first, second = items(world, customer_id)
    lines = world.stripe.read(invoices.of_customer, customer_id)[0].document["lines"]["data"]
    origins = [line["parent"]["subscription_item_details"]["subscription_item"] for line in lines]
    assert origins == [first["id"], second["id"]]
    assert first["current_period_end"] == second["current_period_end"]
    assert shape_errors(world.subscription(customer_id).document) == []


def test_the_item_with_a_catalogue_price_decides_the_license() -> None:
    world = StripeWorld()
    support = extra(world)
    customer_id = buy(
        world,
        CheckoutItem(price_id=support, quantity=9),
        CheckoutItem(price_id=MONTHLY, quantity=2),
    )
    running = world.subscription(customer_id)
    assert (running.price_id, running.quantity) == (MONTHLY, 2)
    own = [parse_event(dict(one.document)) for one in world.events()]
    story = [one for one in own if customer_of(one) == customer_id]
    state = fold(customer_id, story, offer_of(default_catalogue()))
    assert (state.price_id, state.seats, state.entitled) == (MONTHLY, 2, True)
    # Without a catalogue the first item decides.
    assert fold(customer_id, story).price_id == support
    world.stripe.run(
        customer_controls.update_subscription, customer_id, SubscriptionChange(quantity=4)
    )
    assert [one["quantity"] for one in items(world, customer_id)] == [9, 4]


def test_added_changed_and_removed_items_are_prorated_separately() -> None:
    world = StripeWorld()
    support = extra(world)
    customer_id = buy(world, CheckoutItem(price_id=MONTHLY, quantity=2))
    world.pass_time(days=14)
    change(world, customer_id, ItemChange(price_id=support, quantity=4))
    assert amounts(world, customer_id) == [1000]
    world.pass_time(days=7)
    added = items(world, customer_id)[1]["id"]
    change(world, customer_id, ItemChange(id=added, quantity=2))
    # The credit is the charged amount for the remaining quarter of the period.
    assert amounts(world, customer_id) == [-500, 250]
    main = items(world, customer_id)[0]["id"]
    change(world, customer_id, ItemChange(id=added, deleted=True), ItemChange(id=main, quantity=3))
    assert amounts(world, customer_id) == [-600, 900, -250]
    world.pass_time(days=7)
    assert amounts(world, customer_id) == [3600]


def test_unbilled_time_is_not_credited() -> None:
    world = StripeWorld()
    customer_id = buy(world, CheckoutItem(price_id=MONTHLY))
    change(world, customer_id, ItemChange(price_id=extra(world)), proration_behavior="none")
    added = items(world, customer_id)[1]["id"]
    change(world, customer_id, ItemChange(id=added, deleted=True))
    assert amounts(world, customer_id) == [0]
    assert world.stripe.read(customer_queries.get, customer_id).document["balance"] == 0


def test_changing_the_interval_starts_a_new_period_for_all_items() -> None:
    world = StripeWorld()
    support, yearly = extra(world), extra(world, 5000, "year")
    customer_id = buy(world, CheckoutItem(price_id=MONTHLY), CheckoutItem(price_id=support))
    world.pass_time(days=14)
    first, second = (one["id"] for one in items(world, customer_id))
    with pytest.raises(StripeError, match="same currency and billing interval"):
        change(world, customer_id, ItemChange(id=first, price_id=YEARLY))
    change(
        world,
        customer_id,
        ItemChange(id=first, price_id=YEARLY),
        ItemChange(id=second, price_id=yearly),
    )
    assert amounts(world, customer_id) == [-600, -250, 12_000, 5000]


def test_each_item_keeps_its_share_of_an_amount_off_coupon() -> None:
    world = StripeWorld()
    off = NewCoupon(amount_off=340, currency="eur", duration="forever")
    customer_id = buy(
        world, CheckoutItem(price_id=MONTHLY), CheckoutItem(price_id=extra(world)), coupon=off
    )
    # The discount of 340 is split into 240 and 100.
    assert world.stripe.read(invoices.of_customer, customer_id)[0].amount_paid == 1360
    world.pass_time(days=14)
    second = items(world, customer_id)[1]["id"]
    change(world, customer_id, ItemChange(id=second, quantity=2))
    assert amounts(world, customer_id) == [-200, 450]


@pytest.mark.parametrize(
    "wanted",
    [
        (ItemChange(price_id=MONTHLY),),
        (ItemChange(price_id="price_none"),),
        (ItemChange(id="si_none", quantity=2),),
        (ItemChange(price_id=YEARLY),),
    ],
)
def test_invalid_item_combinations_are_refused(wanted: tuple[ItemChange, ...]) -> None:
    world = StripeWorld()
    customer_id = buy(world, CheckoutItem(price_id=MONTHLY))
    before = world.types()
    with pytest.raises(StripeError):
        change(world, customer_id, *wanted)
    only = items(world, customer_id)[0]["id"]
    with pytest.raises(StripeError):
        change(world, customer_id, ItemChange(id=only, deleted=True))
    assert world.types() == before


def test_active_entitlements_include_the_features_of_all_items() -> None:
    world = StripeWorld()
    customer_id = buy(
        world,
        CheckoutItem(price_id=MONTHLY),
        CheckoutItem(price_id="price_crow_enterprise_monthly"),
    )
    held = world.stripe.read(entitlements.active, customer_id)
    assert [one["lookup_key"] for one in held] == ["export", "sync", "audit"]


def subscribe(world: StripeWorld, customer_id: str, **fields: Any) -> Any:
    request = NewSubscription(
        customer_id=customer_id, items=(CheckoutItem(price_id=MONTHLY),), **fields
    )
    return world.stripe.submit(create_subscription.create, request)


def test_a_subscription_created_by_api_charges_the_card_on_file() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    made = subscribe(world, customer_id, metadata={"device": "2"}, cancel_at_period_end=True)
    assert (made["status"], made["cancel_at_period_end"]) == ("active", True)
    assert shape_errors(made) == []
    assert len(world.stripe.read(invoices.of_customer, customer_id)) == 2
    world.pass_time(days=28)
    assert world.stripe.read(lookup.retrieve, "subscription", made["id"])["status"] == "canceled"


def test_an_unpaid_first_invoice_expires_the_subscription() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    made = subscribe(world, customer_id, payment_behavior="default_incomplete")
    assert made["status"] == "incomplete"
    invoice = world.stripe.read(invoices.get, made["latest_invoice"])
    assert (invoice.status, invoice.amount_due) == ("open", 1200)
    world.pass_time(days=1)
    assert (
        world.stripe.read(lookup.retrieve, "subscription", made["id"])["status"]
        == "incomplete_expired"
    )
    assert world.stripe.read(invoices.get, invoice.id).status == "void"


def test_a_later_first_payment_activates_the_subscription() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    made = subscribe(world, customer_id, payment_behavior="default_incomplete")
    world.stripe.run(invoice_payment.pay, made["latest_invoice"], card="pm_card_visa")
    world.pass_time(days=2)
    assert world.stripe.read(lookup.retrieve, "subscription", made["id"])["status"] == "active"


def test_a_declined_first_payment_is_incomplete_or_refused() -> None:
    world = StripeWorld()
    customer_id = world.buy(card="4000 0000 0000 0341")
    made = subscribe(world, customer_id)
    assert made["status"] == "incomplete"
    before = world.types()
    with pytest.raises(StripeError) as refused:
        subscribe(world, customer_id, payment_behavior="error_if_incomplete")
    assert (refused.value.status, world.types()) == (402, before)


def test_a_subscription_created_by_api_can_start_with_a_trial() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    made = subscribe(world, customer_id, trial_period_days=10)
    assert (made["status"], made["trial_end"] - made["created"]) == ("trialing", 864_000)
    world.pass_time(days=10)
    assert world.stripe.read(lookup.retrieve, "subscription", made["id"])["status"] == "active"
