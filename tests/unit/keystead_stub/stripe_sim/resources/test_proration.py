"""Changes of plan and quantity within a period: prorated to the second, and previewed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.instants import DAY_MS, from_iso
from keystead_stub.stripe_sim import customer_controls, hosted_payments
from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.amounts import left
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.invoices import queries as invoices_queries
from keystead_stub.stripe_sim.resources.subscriptions.requests import SubscriptionChange
from keystead_stub.stripe_types.errors import StripeError
from support.stripe_shapes import shape_errors
from support.stripe_world import MONTHLY, START_MS, YEARLY, StripeWorld

#: January's period has 28 days.
PERIOD_S = 28 * 86_400


def change(world: StripeWorld, customer_id: str, **wanted: Any) -> None:
    world.stripe.run(
        customer_controls.update_subscription, customer_id, SubscriptionChange(**wanted)
    )


def amounts(world: StripeWorld, customer_id: str) -> list[int]:
    newest = world.stripe.read(invoices_queries.of_customer, customer_id)[0]
    return [line["amount"] for line in newest.document["lines"]["data"]]


def credit(world: StripeWorld, customer_id: str) -> int:
    balance: int = world.stripe.read(customer_queries.get, customer_id).document["balance"]
    return balance


def test_prorations_are_calculated_to_the_second() -> None:
    world = StripeWorld()
    customer_id = world.buy(quantity=50)
    world.pass_time(to_ms=START_MS + 1000)
    change(world, customer_id, quantity=49)
    assert amounts(world, customer_id) == [
        -left(60_000, (0, PERIOD_S), 1),
        left(58_800, (0, PERIOD_S), 1),
    ]


@given(
    amount=st.integers(0, 10**7),
    length=st.integers(1, 10**8),
    first=st.integers(0, 10**8),
    more=st.integers(0, 10**8),
)
def test_the_unused_amount_never_grows_with_time(
    amount: int, length: int, first: int, more: int
) -> None:
    assert 0 <= left(amount, (0, length), first + more) <= left(amount, (0, length), first)
    assert left(amount, (0, length), 0) == amount
    assert left(amount, (0, length), length) == 0


def test_proration_lines_describe_unused_and_remaining_time() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.pass_time(days=14)
    change(world, customer_id, quantity=3)
    newest = world.stripe.read(invoices_queries.of_customer, customer_id)[0].document
    unused, remaining = newest["lines"]["data"]
    assert unused["description"] == "Unused time on 1 × Pro after 14 Feb 2026"
    assert remaining["description"] == "Remaining time on 3 × Pro after 14 Feb 2026"
    for line in (unused, remaining):
        details = line["parent"]["subscription_item_details"]
        assert details["proration"] is True
        with world.stripe.reading() as rows:
            item, _ = records.get(rows, "invoiceitem", details["invoice_item"])
        assert (item["amount"], item["invoice"]) == (line["amount"], newest["id"])
        assert shape_errors(item) == []
    assert newest["billing_reason"] == "subscription_update"


def test_an_update_emits_one_event_with_previous_attributes() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    before = world.subscription(customer_id).document
    count = len(world.events(customer_id))
    world.pass_time(days=14)
    change(world, customer_id, price_id=YEARLY, quantity=2)
    updates = [
        e for e in world.events(customer_id)[count:] if e.type.endswith("subscription.updated")
    ]
    (updated,) = updates
    data = updated.document["data"]
    assert set(data["previous_attributes"]) == {
        "billing_cycle_anchor",
        "items",
        "latest_invoice",
    }
    assert {**data["object"], **data["previous_attributes"]} == before
    assert data["object"]["items"]["data"][0]["quantity"] == 2


def test_create_prorations_bills_with_the_next_invoice() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.pass_time(days=14)
    change(world, customer_id, quantity=3, proration_behavior="create_prorations")
    assert len(world.stripe.read(invoices_queries.of_customer, customer_id)) == 1
    assert world.types().count("invoiceitem.created") == 2
    world.pass_time(days=14)
    assert amounts(world, customer_id) == [-600, 1800, 3600]
    assert world.stripe.read(invoices_queries.of_customer, customer_id)[0].amount_paid == 4800
    world.pass_time(days=31)
    assert amounts(world, customer_id) == [3600]


def test_proration_behavior_none_charges_and_credits_nothing() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.pass_time(days=7)
    change(world, customer_id, quantity=9, proration_behavior="none")
    assert len(world.stripe.read(invoices_queries.of_customer, customer_id)) == 1
    # Seats that were never charged give no credit.
    change(world, customer_id, quantity=1)
    assert amounts(world, customer_id) == [-900, 900]
    assert credit(world, customer_id) == 0


def test_a_downgrade_becomes_credit_instead_of_a_refund() -> None:
    world = StripeWorld()
    customer_id = world.buy(quantity=4)
    world.pass_time(days=14)
    change(world, customer_id, quantity=2)
    assert credit(world, customer_id) == -1200
    world.pass_time(days=14)
    newest = world.stripe.read(invoices_queries.of_customer, customer_id)[0]
    assert (newest.total, newest.amount_paid, credit(world, customer_id)) == (2400, 1200, 0)


def test_the_billing_cycle_can_be_reset_to_now() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.pass_time(days=7)
    change(world, customer_id, billing_cycle_anchor="now")
    running = world.subscription(customer_id)
    assert running.current_period_start_ms == START_MS + 7 * DAY_MS
    assert running.current_period_end_ms == from_iso("2026-03-07T10:00:00Z")
    assert amounts(world, customer_id) == [-900, 1200]
    world.pass_time(to_ms=running.current_period_end_ms)
    assert amounts(world, customer_id) == [1200]


def test_a_proration_is_calculated_from_the_proration_date() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.pass_time(days=14)
    change(world, customer_id, quantity=2, proration_date_ms=START_MS + 7 * DAY_MS)
    assert amounts(world, customer_id) == [-900, 1800]
    for wrong in (START_MS + 6 * DAY_MS, START_MS + 15 * DAY_MS):
        with pytest.raises(StripeError) as refused:
            change(world, customer_id, quantity=3, proration_date_ms=wrong)
        assert refused.value.code == "invalid_request"


def test_prorations_use_the_discount_of_the_period() -> None:
    world = StripeWorld()
    session = world.checkout()
    world.stripe.run(checkout.apply_promotion_code, session.id, "FREEMONTH")
    world.stripe.run(hosted_payments.complete_checkout, session.id)
    customer_id = world.stripe.read(customer_queries.list_all)[0].id
    change(world, customer_id, quantity=5)
    change(world, customer_id, quantity=1)
    assert [one.total for one in world.stripe.read(invoices_queries.of_customer, customer_id)] == [
        0,
        0,
        0,
    ]
    assert credit(world, customer_id) == 0
    world.pass_time(days=28)
    assert world.stripe.read(invoices_queries.of_customer, customer_id)[0].total == 1200


def test_a_repeating_discount_applies_to_credit_and_charge_of_a_proration() -> None:
    world = StripeWorld()
    session = world.checkout(quantity=2)
    world.stripe.run(checkout.apply_promotion_code, session.id, "LAUNCH20")
    world.stripe.run(hosted_payments.complete_checkout, session.id)
    customer_id = world.stripe.read(customer_queries.list_all)[0].id
    world.pass_time(days=14)
    change(world, customer_id, quantity=4)
    assert amounts(world, customer_id) == [-960, 1920]
    change(world, customer_id, price_id=YEARLY)
    newest = world.stripe.read(invoices_queries.of_customer, customer_id)[0]
    assert amounts(world, customer_id) == [-1920, 48_000]
    assert newest.document["total_discount_amounts"][0]["amount"] == 9600


def test_a_change_of_plan_within_a_trial_is_free() -> None:
    world = StripeWorld()
    trial = world.trigger("customer.subscription.trial_will_end")
    assert trial.customer_id is not None
    change(world, trial.customer_id, quantity=7, price_id=YEARLY)
    running = world.subscription(trial.customer_id)
    assert (running.status, running.quantity, running.interval) == ("trialing", 7, "year")
    assert running.current_period_end_ms == running.trial_end_ms
    assert [
        one.total for one in world.stripe.read(invoices_queries.of_customer, trial.customer_id)
    ] == [0]
    world.pass_time(days=3)
    assert world.stripe.read(invoices_queries.of_customer, trial.customer_id)[0].total == 84_000


@pytest.mark.parametrize(
    "wanted",
    [
        SubscriptionChange(quantity=9),
        SubscriptionChange(quantity=1),
        SubscriptionChange(price_id=YEARLY),
        SubscriptionChange(price_id=YEARLY, quantity=2, proration_behavior="none"),
        SubscriptionChange(quantity=2, proration_behavior="create_prorations"),
    ],
)
def test_a_previewed_change_matches_the_later_invoice(wanted: SubscriptionChange) -> None:
    world = StripeWorld()
    customer_id = world.buy(quantity=3)
    world.pass_time(days=10)
    before = (world.types(), world.subscription(customer_id), credit(world, customer_id))
    preview = world.stripe.preview(customer_controls.preview_change, customer_id, wanted)
    assert before == (world.types(), world.subscription(customer_id), credit(world, customer_id))
    count = len(world.stripe.read(invoices_queries.of_customer, customer_id))
    world.stripe.run(customer_controls.update_subscription, customer_id, wanted)
    invoices = world.stripe.read(invoices_queries.of_customer, customer_id)
    assert (len(invoices) > count) == preview.invoiced_now
    if preview.invoiced_now:
        assert [line.amount for line in preview.lines] == amounts(world, customer_id)
        assert (invoices[0].total, invoices[0].amount_paid) == (preview.total, preview.due_now)
    assert credit(world, customer_id) == preview.balance
    assert world.subscription(customer_id).current_period_end_ms == preview.renews_at_ms


def test_a_preview_charges_no_card() -> None:
    world = StripeWorld()
    customer_id = world.buy(card="4000 0000 0000 0341")
    assert (
        world.stripe.preview(
            customer_controls.preview_change, customer_id, SubscriptionChange(quantity=2)
        ).due_now
        == 1200
    )
    with pytest.raises(StripeError) as refused:
        world.stripe.preview(
            customer_controls.preview_change, customer_id, SubscriptionChange(quantity=51)
        )
    assert refused.value.code == "invalid_request"


def test_active_entitlements_follow_a_change_of_plan() -> None:
    world = StripeWorld()
    customer_id = world.buy(quantity=3)
    change(world, customer_id, price_id="price_team_monthly")
    summaries = [
        [one["lookup_key"] for one in event.document["data"]["object"]["entitlements"]["data"]]
        for event in world.events(customer_id)
        if event.type == "entitlements.active_entitlement_summary.updated"
    ]
    assert summaries == [["export", "sync"], ["export", "sync", "sharing"]]
    change(world, customer_id, price_id=MONTHLY)
    newest = world.events(customer_id)[-1].document["data"]
    before = newest["previous_attributes"]["entitlements"]["data"]
    assert [one["lookup_key"] for one in before] == ["export", "sync", "sharing"]
