"""Coupons and promotion codes: restrictions, discounted amounts, and duration."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.instants import DAY_MS, from_iso
from keystead_stub.stripe_sim import customer_controls, hosted_payments
from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.checkout_sessions import queries as checkout_sessions
from keystead_stub.stripe_sim.resources.coupons import operations as coupons
from keystead_stub.stripe_sim.resources.coupons.requests import NewCoupon
from keystead_stub.stripe_sim.resources.discounts import queries as discounts
from keystead_stub.stripe_sim.resources.discounts.rules import split
from keystead_stub.stripe_sim.resources.invoices import queries as invoices
from keystead_stub.stripe_sim.resources.promotion_codes import (
    operations as promotion_codes_operations,
)
from keystead_stub.stripe_sim.resources.promotion_codes import queries as promotion_codes
from keystead_stub.stripe_sim.resources.promotion_codes.requests import NewPromotionCode
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.requests import CheckoutItem, NewCheckout
from keystead_stub.stripe_types.values import CheckoutSession
from support.stripe_world import MONTHLY, START_MS, YEARLY, StripeWorld


def code(world: StripeWorld, name: str, limits: dict[str, Any] | None = None, **terms: Any) -> str:
    """Make a coupon and a promotion code for it; return the coupon's id."""
    coupon = world.stripe.submit(coupons.create, NewCoupon(**terms))
    request = NewPromotionCode(coupon_id=coupon["id"], code=name, **(limits or {}))
    world.stripe.submit(promotion_codes_operations.create, request)
    return str(coupon["id"])


def opened(world: StripeWorld, price_id: str = MONTHLY, **more: Any) -> CheckoutSession:
    request = NewCheckout(
        items=(CheckoutItem(price_id=price_id, quantity=more.pop("quantity", 1)),),
        success_url="http://127.0.0.1:8787/done",
        cancel_url="http://127.0.0.1:8787/cancel",
        **{"allow_promotion_codes": True, **more},
    )
    return asyncio.run(world.stripe.create_checkout_session(request))


def bought(world: StripeWorld, typed: str, price_id: str = MONTHLY, **more: Any) -> str:
    """Buy with a code, and return the customer's id."""
    session = opened(world, price_id, **more)
    world.stripe.run(checkout.apply_promotion_code, session.id, typed)
    world.stripe.run(hosted_payments.complete_checkout, session.id, email="ada@example.com")
    customer_id = world.stripe.read(checkout_sessions.get, session.id).customer_id
    assert customer_id is not None
    return customer_id


def totals(world: StripeWorld, customer_id: str) -> list[int]:
    return [one.total for one in reversed(world.stripe.read(invoices.of_customer, customer_id))]


def refused(world: StripeWorld, session_id: str, typed: str) -> tuple[str, str]:
    with pytest.raises(StripeError) as error:
        world.stripe.run(checkout.apply_promotion_code, session_id, typed)
    return error.value.code, error.value.sentence


def test_a_promotion_code_lowers_the_total_and_can_be_removed() -> None:
    world = StripeWorld()
    session = opened(world, quantity=2)
    discounted = world.stripe.run(checkout.apply_promotion_code, session.id, " launch20 ")
    assert (discounted["amount_subtotal"], discounted["amount_total"]) == (2400, 1920)
    assert discounted["total_details"]["amount_discount"] == 480
    terms = world.stripe.read(checkout_sessions.terms, session.id)
    assert terms.discount is not None
    assert (terms.discount.code, terms.discount.amount) == ("LAUNCH20", 480)
    plain = world.stripe.run(checkout.remove_promotion_code, session.id)
    assert (plain["amount_total"], plain["discounts"]) == (2400, [])
    assert world.events() == []


def test_a_repeating_discount_ends_after_its_months() -> None:
    world = StripeWorld()
    customer_id = bought(world, "LAUNCH20")
    assert world.subscription(customer_id).document["discounts"] != []
    world.pass_time(days=130)
    assert totals(world, customer_id) == [960, 960, 960, 1200, 1200]
    assert world.subscription(customer_id).document["discounts"] == []
    deleted = [one for one in world.events() if one.type == "customer.discount.deleted"]
    assert [one.created_ms for one in deleted] == [from_iso("2026-04-30T10:00:00Z")]


def test_a_once_discount_applies_to_one_invoice() -> None:
    world = StripeWorld()
    customer_id = bought(world, "WELCOME5")
    world.pass_time(days=60)
    assert totals(world, customer_id) == [700, 1200, 1200]


def test_a_forever_discount_has_no_end() -> None:
    world = StripeWorld()
    code(world, "FRIENDS", amount_off=250, currency="eur", duration="forever")
    customer_id = bought(world, "FRIENDS", YEARLY)
    world.pass_time(days=800)
    assert totals(world, customer_id) == [11_750] * 3


def test_a_full_discount_needs_no_payment() -> None:
    world = StripeWorld()
    customer_id = bought(world, "FREEMONTH")
    types = world.types(customer_id)
    assert "charge.succeeded" not in types
    assert "setup_intent.succeeded" in types
    completed = next(e for e in world.events() if e.type == "checkout.session.completed")
    session = completed.document["data"]["object"]
    assert (session["amount_total"], session["payment_status"]) == (0, "no_payment_required")
    assert world.subscription(customer_id).status == "active"
    world.pass_time(days=28)
    assert totals(world, customer_id) == [0, 1200]


def test_a_redemption_is_counted_before_the_subscription_event() -> None:
    world = StripeWorld()
    customer_id = bought(world, "LAUNCH20")
    types = world.types()
    assert types.index("customer.discount.created") < types.index("customer.subscription.created")
    assert {"coupon.updated", "promotion_code.updated"} <= set(types)
    promotion = next(
        one for one in world.stripe.read(promotion_codes.list_all) if one.code == "LAUNCH20"
    )
    assert promotion.times_redeemed == 1
    created = next(e for e in world.events() if e.type == "customer.subscription.created")
    (discount_id,) = created.document["data"]["object"]["discounts"]
    with world.stripe.reading() as rows:
        discount, _ = records.get(rows, "discount", discount_id)
    assert discount["customer"] == customer_id
    assert discount["promotion_code"] == promotion.id
    assert discount["end"] * 1000 == from_iso("2026-04-30T10:00:00Z")


def test_an_invoice_lists_its_discounts() -> None:
    world = StripeWorld()
    customer_id = bought(world, "LAUNCH20", quantity=3)
    (invoice,) = world.stripe.read(invoices.of_customer, customer_id)
    document = invoice.document
    assert (invoice.subtotal, invoice.total, invoice.amount_paid) == (3600, 2880, 2880)
    (taken,) = document["total_discount_amounts"]
    assert taken["amount"] == 720
    assert document["discounts"] == [taken["discount"]]
    assert document["lines"]["data"][0]["discount_amounts"] == [taken]
    (shown,) = world.stripe.read(discounts.of_invoice, invoice.id)
    assert (shown.code, shown.reduction.name, shown.amount) == ("LAUNCH20", "Launch", 720)


def test_promotion_codes_that_do_not_apply_are_refused_with_a_message() -> None:
    world = StripeWorld()
    session = opened(world)
    assert refused(world, session.id, "LUNCH20")[0] == "resource_missing"
    assert refused(world, session.id, "")[0] == "resource_missing"
    assert refused(world, session.id, "bygone") == (
        "coupon_expired",
        "This code is no longer valid.",
    )
    code(world, "BIG", {"minimum_amount": 5000, "minimum_amount_currency": "eur"}, percent_off=10)
    assert refused(world, session.id, "BIG")[1] == "This code needs a larger order."
    code(world, "DOLLARS", amount_off=100, currency="usd")
    assert refused(world, session.id, "DOLLARS")[1] == "This code is not for this currency."
    somebody = world.buy()
    code(world, "THEIRS", {"customer_id": somebody}, percent_off=10)
    assert refused(world, session.id, "THEIRS")[1] == "This code belongs to another customer."
    code(world, "FIRST", {"first_time_transaction": True}, percent_off=10)
    world.stripe.run(customer_controls.cancel, somebody, at_period_end=False)
    again = opened(world, customer_id=somebody)
    assert refused(world, again.id, "FIRST")[1] == "This code is for a first purchase."
    assert (
        world.stripe.run(checkout.apply_promotion_code, again.id, "THEIRS")["amount_total"] == 1080
    )
    assert world.stripe.read(checkout_sessions.get, session.id).amount_total == 1200
    without = opened(world, allow_promotion_codes=False)
    assert refused(world, without.id, "FIRST")[0] == "invalid_request"


def test_max_redemptions_limits_a_promotion_code() -> None:
    world = StripeWorld()
    code(world, "TWICE", {"max_redemptions": 2}, percent_off=50)
    late = opened(world)
    world.stripe.run(checkout.apply_promotion_code, late.id, "TWICE")
    bought(world, "TWICE")
    bought(world, "twice")
    with pytest.raises(StripeError) as error:
        world.stripe.run(hosted_payments.complete_checkout, late.id)
    assert error.value.code == "coupon_expired"
    assert world.stripe.read(checkout_sessions.get, late.id).status == "open"
    world.stripe.run(checkout.remove_promotion_code, late.id)
    assert world.stripe.run(hosted_payments.complete_checkout, late.id).status == "paid"
    spent = next(one for one in world.stripe.read(promotion_codes.list_all) if one.code == "TWICE")
    assert (spent.active, spent.times_redeemed) == (False, 2)


def test_promotion_codes_and_coupons_expire() -> None:
    world = StripeWorld()
    code(world, "SHORT", {"expires_at_ms": START_MS + DAY_MS}, percent_off=10)
    code(world, "LONGER", percent_off=10, redeem_by_ms=START_MS + 2 * DAY_MS)
    session = opened(world)
    world.stripe.run(checkout.apply_promotion_code, session.id, "SHORT")
    world.pass_time(days=1)
    fresh = opened(world)
    assert refused(world, fresh.id, "SHORT")[0] == "coupon_expired"
    assert (
        world.stripe.run(checkout.apply_promotion_code, fresh.id, "LONGER")["amount_total"] == 1080
    )
    world.pass_time(days=1)
    assert refused(world, opened(world).id, "LONGER")[0] == "coupon_expired"
    assert {"promotion_code.updated", "coupon.updated"} <= set(world.types())


def test_a_checkout_session_can_be_created_with_a_discount() -> None:
    world = StripeWorld()
    coupon_id = code(world, "DEAL", percent_off=25)
    by_coupon = opened(world, allow_promotion_codes=False, coupon_id=coupon_id)
    assert by_coupon.amount_total == 900
    assert by_coupon.document["discounts"] == [{"coupon": coupon_id, "promotion_code": None}]
    promotion = next(
        one for one in world.stripe.read(promotion_codes.list_all) if one.code == "DEAL"
    )
    by_code = opened(world, allow_promotion_codes=False, promotion_code_id=promotion.id)
    assert by_code.document["discounts"] == [{"coupon": None, "promotion_code": promotion.id}]
    with pytest.raises(StripeError):
        opened(world, coupon_id=coupon_id)


def test_a_discount_can_be_added_to_and_removed_from_an_active_subscription() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.stripe.run(customer_controls.apply_promotion_code, customer_id, "launch20")
    world.stripe.run(customer_controls.apply_promotion_code, customer_id, "WELCOME5")
    updated = [one for one in world.events() if one.type == "customer.subscription.updated"][-1]
    assert len(updated.document["data"]["previous_attributes"]["discounts"]) == 1
    world.pass_time(days=28)
    assert totals(world, customer_id) == [1200, 700]
    world.stripe.run(customer_controls.apply_promotion_code, customer_id, "LAUNCH20")
    world.stripe.run(customer_controls.remove_discount, customer_id)
    world.pass_time(days=31)
    assert totals(world, customer_id)[-1] == 1200
    with pytest.raises(StripeError) as error:
        world.stripe.run(customer_controls.remove_discount, customer_id)
    assert error.value.code == "illegal_transition"


def test_a_deleted_coupon_cannot_be_redeemed_but_its_discounts_stay() -> None:
    world = StripeWorld()
    coupon_id = code(world, "FOREVER", percent_off=50, duration="forever")
    customer_id = bought(world, "FOREVER")
    world.stripe.run(coupons.delete, coupon_id)
    assert world.types()[-1] == "coupon.deleted"
    assert refused(world, opened(world).id, "FOREVER")[0] == "coupon_expired"
    world.pass_time(days=28)
    assert totals(world, customer_id) == [600, 600]


@pytest.mark.parametrize(
    "terms",
    [
        {},
        {"percent_off": 0},
        {"percent_off": 101},
        {"percent_off": 10, "amount_off": 10, "currency": "eur"},
        {"amount_off": 10},
        {"amount_off": -1, "currency": "eur"},
        {"percent_off": 10, "duration": "repeating"},
        {"percent_off": 10, "duration_in_months": 3},
        {"percent_off": 10, "duration": "repeating", "duration_in_months": 0},
        {"percent_off": 10, "max_redemptions": 0},
        {"percent_off": 10, "redeem_by_ms": START_MS},
        {"percent_off": 10, "id": "launch20"},
        {"percent_off": 10, "id": MONTHLY},
    ],
)
def test_invalid_coupons_are_refused(terms: dict[str, Any]) -> None:
    world = StripeWorld()
    with pytest.raises(StripeError):
        world.stripe.submit(coupons.create, NewCoupon(**terms))
    assert world.events() == []


@pytest.mark.parametrize("name", ["LAUNCH20", "launch20", "two words", "ümlaut"])
def test_promotion_codes_are_unique_and_alphanumeric(name: str) -> None:
    world = StripeWorld()
    with pytest.raises(StripeError):
        world.stripe.submit(
            promotion_codes_operations.create, NewPromotionCode(coupon_id="launch20", code=name)
        )


@given(
    lines=st.lists(st.integers(-10_000, 10_000), max_size=6),
    percent=st.none() | st.floats(0.01, 100),
    amount=st.integers(1, 50_000),
)
def test_a_discount_never_exceeds_the_lines_and_is_distributed_exactly(
    lines: list[int], percent: float | None, amount: int
) -> None:
    coupon = {"percent_off": percent, "amount_off": None if percent else amount}
    shares = split(lines, coupon)
    room = [max(line, 0) for line in lines]
    assert all(0 <= share <= most for share, most in zip(shares, room, strict=True))
    if percent is None:
        assert sum(shares) == min(amount, sum(room))


def test_a_repeated_idempotency_key_creates_one_object() -> None:
    world = StripeWorld()
    first = opened(world, idempotency_key="k1")
    world.stripe.run(checkout.expire, first.id)
    again = opened(world, idempotency_key="k1")
    assert (again.id, again.status) == (first.id, "open")
    with pytest.raises(StripeError) as error:
        opened(world, idempotency_key="k1", quantity=2)
    assert error.value.code == "idempotency_error"
    request = NewCoupon(percent_off=10, idempotency_key="k2")
    assert world.stripe.submit(coupons.create, request) == world.stripe.submit(
        coupons.create, request
    )
    created = [one for one in world.events() if one.type == "coupon.created"]
    assert [one.document["request"]["idempotency_key"] for one in created] == ["k2"]
    world.pass_time(days=1)
    assert opened(world, idempotency_key="k1").id != first.id
