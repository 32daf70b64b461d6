"""Discounts of customers: they apply to subscriptions without a discount of their own."""

from __future__ import annotations

import pytest

from keystead_stub.stripe_sim import customer_controls
from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.resources.coupons import operations as coupons
from keystead_stub.stripe_sim.resources.coupons.requests import NewCoupon
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.discounts import operations as discount_operations
from keystead_stub.stripe_sim.resources.invoices import queries as invoices
from keystead_stub.stripe_sim.resources.promotion_codes import operations as promotion_codes
from keystead_stub.stripe_sim.resources.promotion_codes.requests import NewPromotionCode
from keystead_stub.stripe_types.errors import StripeError
from support.stripe_shapes import shape_errors
from support.stripe_world import StripeWorld


def totals(world: StripeWorld, customer_id: str) -> list[int]:
    return [one.total for one in reversed(world.stripe.read(invoices.of_customer, customer_id))]


def coupon(world: StripeWorld, **terms: object) -> str:
    made = world.stripe.submit(coupons.create, NewCoupon(**terms))  # type: ignore[arg-type]
    return str(made["id"])


def test_a_customers_discount_applies_to_each_invoice_until_removed() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    half = coupon(world, percent_off=50, duration="forever")
    discount = world.stripe.run(
        discount_operations.create_for_customer, customer_id, coupon_id=half
    )
    customer = world.stripe.read(customer_queries.get, customer_id).document
    assert (customer["discount"], shape_errors(customer), shape_errors(discount)) == (
        discount,
        [],
        [],
    )
    assert discount["subscription"] is None
    world.pass_time(days=28)
    world.stripe.run(discount_operations.delete_from_customer, customer_id)
    world.pass_time(days=31)
    assert totals(world, customer_id) == [1200, 600, 1200]
    with pytest.raises(StripeError):
        world.stripe.run(discount_operations.delete_from_customer, customer_id)


def test_a_subscriptions_own_discount_takes_precedence() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    half = coupon(world, percent_off=50, duration="forever")
    world.stripe.run(discount_operations.create_for_customer, customer_id, coupon_id=half)
    world.stripe.run(customer_controls.apply_promotion_code, customer_id, "WELCOME5")
    world.pass_time(days=60)
    assert totals(world, customer_id) == [1200, 700, 600]


def test_once_and_repeating_discounts_end() -> None:
    world = StripeWorld()
    first, second = world.buy(), world.buy()
    once = coupon(world, percent_off=25, duration="once")
    world.stripe.run(discount_operations.create_for_customer, first, coupon_id=once)
    months = coupon(world, percent_off=25, duration="repeating", duration_in_months=2)
    world.stripe.run(discount_operations.create_for_customer, second, coupon_id=months)
    world.pass_time(days=100)
    assert totals(world, first) == [1200, 900, 1200, 1200]
    assert totals(world, second) == [1200, 900, 1200, 1200]
    assert world.stripe.read(customer_queries.get, second).document["discount"] is None
    assert world.types().count("customer.discount.deleted") == 2


def test_redemptions_of_a_promotion_code_are_counted_and_limited() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    half = coupon(world, percent_off=50, duration="forever")
    code = world.stripe.submit(
        promotion_codes.create, NewPromotionCode(coupon_id=half, max_redemptions=1)
    )
    world.stripe.run(
        discount_operations.create_for_customer, customer_id, promotion_code_id=code["id"]
    )
    assert world.stripe.read(lookup.retrieve, "promotion_code", code["id"])["times_redeemed"] == 1
    with pytest.raises(StripeError):
        world.stripe.run(
            discount_operations.create_for_customer, customer_id, promotion_code_id=code["id"]
        )
    with pytest.raises(StripeError):
        world.stripe.run(discount_operations.create_for_customer, customer_id)
