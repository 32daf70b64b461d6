"""Discounts of customers: on each invoice of a subscription that has none of its own."""

from __future__ import annotations

import pytest

from keystead_stub.stripe_sim.resources.coupons.requests import NewCoupon, NewPromotionCode
from keystead_stub.stripe_types.errors import StripeError
from support.stripe_shapes import faults
from support.stripe_world import StripeWorld


def totals(world: StripeWorld, customer_id: str) -> list[int]:
    return [one.total for one in reversed(world.stripe.invoices(customer_id))]


def coupon(world: StripeWorld, **terms: object) -> str:
    made = world.stripe.create_coupon(NewCoupon(**terms))  # type: ignore[arg-type]
    return str(made["id"])


def test_it_is_on_each_invoice_until_it_is_taken_away() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    half = coupon(world, percent_off=50, duration="forever")
    discount = world.stripe.discount_customer(customer_id, coupon_id=half)
    customer = world.stripe.get_customer(customer_id).document
    assert (customer["discount"], faults(customer), faults(discount)) == (discount, [], [])
    assert discount["subscription"] is None
    world.pass_time(days=28)
    world.stripe.undiscount_customer(customer_id)
    world.pass_time(days=31)
    assert totals(world, customer_id) == [1200, 600, 1200]
    with pytest.raises(StripeError):
        world.stripe.undiscount_customer(customer_id)


def test_a_subscriptions_own_discount_goes_before() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    half = coupon(world, percent_off=50, duration="forever")
    world.stripe.discount_customer(customer_id, coupon_id=half)
    world.stripe.discount(customer_id, "WELCOME5")
    world.pass_time(days=60)
    assert totals(world, customer_id) == [1200, 700, 600]


def test_once_is_once_and_months_end() -> None:
    world = StripeWorld()
    first, second = world.buy(), world.buy()
    once = coupon(world, percent_off=25, duration="once")
    world.stripe.discount_customer(first, coupon_id=once)
    months = coupon(world, percent_off=25, duration="repeating", duration_in_months=2)
    world.stripe.discount_customer(second, coupon_id=months)
    world.pass_time(days=100)
    assert totals(world, first) == [1200, 900, 1200, 1200]
    assert totals(world, second) == [1200, 900, 1200, 1200]
    assert world.stripe.get_customer(second).document["discount"] is None
    assert world.types().count("customer.discount.deleted") == 2


def test_a_code_is_counted_and_its_limits_hold() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    half = coupon(world, percent_off=50, duration="forever")
    code = world.stripe.create_promotion_code(NewPromotionCode(coupon_id=half, max_redemptions=1))
    world.stripe.discount_customer(customer_id, code_id=code["id"])
    assert world.stripe.retrieve("promotion_code", code["id"])["times_redeemed"] == 1
    with pytest.raises(StripeError):
        world.stripe.discount_customer(customer_id, code_id=code["id"])
    with pytest.raises(StripeError):
        world.stripe.discount_customer(customer_id)
