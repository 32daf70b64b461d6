"""Trials: their first invoice, the trial_will_end event, and their end."""

import asyncio
from typing import Any

import pytest

from keystead.instants import DAY_MS
from keystead_stub.stripe_sim import customer_controls, hosted_payments
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.checkout_sessions import queries as checkout_sessions
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.invoices import payment as invoice_payment
from keystead_stub.stripe_sim.resources.invoices import queries as invoices
from keystead_stub.stripe_sim.resources.subscriptions.rules import Cause, Life, Status, end_of_trial
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.requests import CheckoutItem, NewCheckout
from support.stripe_world import MONTHLY, START_MS, YEARLY, StripeWorld

WILL_END = "customer.subscription.trial_will_end"


def start_trial(
    world: StripeWorld,
    *,
    days: int = 14,
    card: str | None = "pm_card_visa",
    code: str | None = None,
    price_id: str = MONTHLY,
    **more: Any,
) -> str:
    """Begin a trial, and return the customer's id."""
    request = NewCheckout(
        items=(CheckoutItem(price_id=price_id, quantity=2),),
        success_url="http://127.0.0.1:8787/done",
        cancel_url="http://127.0.0.1:8787/cancel",
        trial_period_days=days,
        payment_method_collection="always" if card else "if_required",
        allow_promotion_codes=True,
        **more,
    )
    session = asyncio.run(world.stripe.create_checkout_session(request))
    if code is not None:
        world.stripe.run(checkout.apply_promotion_code, session.id, code)
    world.stripe.run(
        hosted_payments.complete_checkout, session.id, card=card, email="ada@example.com"
    )
    customer_id = world.stripe.read(checkout_sessions.get, session.id).customer_id
    assert customer_id is not None
    return customer_id


def times_of(world: StripeWorld, event_type: str) -> list[int]:
    return [one.created_ms for one in world.events() if one.type == event_type]


def test_a_trial_starts_with_a_free_invoice_and_active_entitlements() -> None:
    world = StripeWorld()
    customer_id = start_trial(world)
    trial = world.subscription(customer_id)
    assert (trial.status, trial.trial_end_ms) == ("trialing", START_MS + 14 * DAY_MS)
    assert trial.current_period_end_ms == trial.trial_end_ms
    assert trial.document["trial_start"] * 1000 == START_MS
    assert trial.document["billing_cycle_anchor"] * 1000 == trial.trial_end_ms
    (invoice,) = world.stripe.read(invoices.of_customer, customer_id)
    assert (invoice.total, invoice.status) == (0, "paid")
    assert invoice.document["lines"]["data"][0]["description"] == "Trial period for 2 × Pro"
    types = world.types()
    assert "charge.succeeded" not in types
    assert "entitlements.active_entitlement_summary.updated" in types
    created = next(e for e in world.events() if e.type == "customer.subscription.created")
    assert created.document["data"]["object"]["status"] == "trialing"
    session = next(e for e in world.events() if e.type == "checkout.session.completed")
    assert session.document["data"]["object"]["payment_status"] == "no_payment_required"


def test_trial_will_end_is_sent_three_days_before_the_first_charge() -> None:
    world = StripeWorld()
    customer_id = start_trial(world)
    world.pass_time(days=14)
    assert times_of(world, WILL_END) == [START_MS + 11 * DAY_MS]
    running = world.subscription(customer_id)
    assert running.status == "active"
    assert running.current_period_start_ms == START_MS + 14 * DAY_MS
    newest = world.stripe.read(invoices.of_customer, customer_id)[0]
    assert (newest.amount_paid, newest.document["billing_reason"]) == (2400, "subscription_cycle")


def test_trial_will_end_is_sent_immediately_for_a_short_trial() -> None:
    world = StripeWorld()
    start_trial(world, days=2)
    assert times_of(world, WILL_END) == [START_MS]


def test_a_failed_charge_at_the_end_of_a_trial_makes_it_past_due() -> None:
    world = StripeWorld()
    customer_id = start_trial(world, card="pm_card_chargeCustomerFail")
    world.pass_time(days=14)
    assert world.subscription(customer_id).status == "past_due"
    world.pass_time(days=7)
    assert world.subscription(customer_id).status == "canceled"


def test_a_declined_card_starts_no_trial() -> None:
    world = StripeWorld()
    with pytest.raises(AssertionError):
        start_trial(world, card="pm_card_chargeDeclined")
    assert world.types() == ["setup_intent.created", "setup_intent.setup_failed"]


@pytest.mark.parametrize(
    ("behavior", "status", "end_event"),
    [
        ("cancel", "canceled", "customer.subscription.deleted"),
        ("pause", "paused", "customer.subscription.paused"),
        ("create_invoice", "past_due", "invoice.payment_failed"),
    ],
)
def test_a_trial_without_a_card_ends_by_its_end_behavior(
    behavior: Any, status: str, end_event: str
) -> None:
    world = StripeWorld()
    customer_id = start_trial(world, card=None, trial_end_behavior=behavior)
    assert world.stripe.read(customer_queries.get, customer_id).card is None
    world.pass_time(days=14)
    assert world.subscription(customer_id).status == status
    assert times_of(world, end_event) == [START_MS + 14 * DAY_MS]
    assert "charge.failed" not in world.types()


def test_a_card_added_during_the_trial_is_charged_at_its_end() -> None:
    world = StripeWorld()
    customer_id = start_trial(world, card=None)
    world.pass_time(days=5)
    world.stripe.run(customer_controls.update_card, customer_id, "pm_card_mastercard")
    world.pass_time(days=9)
    assert world.subscription(customer_id).status == "active"
    assert world.stripe.read(invoices.of_customer, customer_id)[0].amount_paid == 2400


def test_a_paused_trial_can_be_resumed_once_a_card_is_on_file() -> None:
    world = StripeWorld()
    customer_id = start_trial(world, card=None, trial_end_behavior="pause")
    world.pass_time(days=20)
    with pytest.raises(StripeError) as refused:
        world.stripe.run(customer_controls.resume, customer_id)
    assert refused.value.code == "illegal_transition"
    world.stripe.run(customer_controls.update_card, customer_id, "pm_card_visa")
    resumed = world.stripe.run(customer_controls.resume, customer_id)
    assert (resumed.status, resumed.current_period_start_ms) == ("active", START_MS + 20 * DAY_MS)


def test_the_open_invoice_after_a_trial_can_be_paid_with_a_new_card() -> None:
    world = StripeWorld()
    customer_id = start_trial(world, card=None, trial_end_behavior="create_invoice")
    world.pass_time(days=15)
    open_one = world.stripe.read(invoices.of_customer, customer_id)[0]
    assert open_one.attempt_count == 2
    assert world.stripe.run(invoice_payment.pay, open_one.id).code == "no_card"
    assert world.stripe.run(invoice_payment.pay, open_one.id, card="pm_card_visa").status == "paid"
    assert world.subscription(customer_id).status == "active"


def test_a_trial_canceled_before_its_end_is_never_billed() -> None:
    world = StripeWorld()
    customer_id = start_trial(world)
    world.stripe.run(customer_controls.cancel, customer_id)
    world.pass_time(days=30)
    ended = world.subscription(customer_id)
    assert (ended.status, ended.ended_at_ms) == ("canceled", START_MS + 14 * DAY_MS)
    assert [one.total for one in world.stripe.read(invoices.of_customer, customer_id)] == [0]


def test_a_once_discount_applies_to_the_first_invoice_after_the_trial() -> None:
    world = StripeWorld()
    customer_id = start_trial(world, code="WELCOME5", price_id=YEARLY)
    world.pass_time(days=14)
    assert [one.total for one in world.stripe.read(invoices.of_customer, customer_id)] == [
        23_500,
        0,
    ]


@pytest.mark.parametrize("days", [-1, 731])
def test_invalid_trials_are_refused(days: int) -> None:
    with pytest.raises(StripeError):
        start_trial(StripeWorld(), days=days)


def test_end_of_trial_depends_on_card_and_end_behavior() -> None:
    life, leaving = Life(Status.TRIALING), Life(Status.TRIALING, cancel_at_period_end=True)
    assert end_of_trial(life, can_be_charged=True, otherwise="cancel") is Cause.PERIOD_ENDED
    assert end_of_trial(life, can_be_charged=False, otherwise="cancel") is Cause.CANCEL_NOW
    assert end_of_trial(life, can_be_charged=False, otherwise="pause") is Cause.PAUSE
    assert end_of_trial(leaving, can_be_charged=False, otherwise="pause") is Cause.PERIOD_ENDED
