"""Upcoming invoices: announced a week ahead, and previewed."""

from __future__ import annotations

from typing import Any

import pytest

from keystead.instants import DAY_MS
from keystead_stub.stripe_sim import customer_controls
from keystead_stub.stripe_sim.resources.invoices import queries as invoices
from keystead_stub.stripe_sim.resources.invoices import upcoming as invoices_upcoming
from keystead_stub.stripe_sim.resources.subscription_items.requests import ItemChange
from keystead_stub.stripe_sim.resources.subscriptions.requests import SubscriptionChange
from keystead_stub.stripe_types.errors import StripeError
from support.stripe_shapes import shape_errors
from support.stripe_world import MONTHLY, StripeWorld


def upcoming(world: StripeWorld) -> list[Any]:
    return [one for one in world.events() if one.type == "invoice.upcoming"]


def test_invoice_upcoming_is_sent_a_week_before_a_renewal() -> None:
    world = StripeWorld()
    customer_id = world.buy(quantity=3)
    end_ms = world.subscription(customer_id).current_period_end_ms
    world.pass_time(to_ms=end_ms - 7 * DAY_MS - 1000)
    assert upcoming(world) == []
    world.pass_time(days=1)
    (upcoming_event,) = upcoming(world)
    assert upcoming_event.created_ms == end_ms - 7 * DAY_MS
    invoice = upcoming_event.document["data"]["object"]
    assert shape_errors(invoice) == []
    assert (invoice["billing_reason"], invoice["amount_due"]) == ("upcoming", 3600)
    world.pass_time(to_ms=end_ms)
    renewal = world.stripe.read(invoices.of_customer, customer_id)[0]
    assert (renewal.total, renewal.period_start_ms) == (3600, end_ms)
    world.pass_time(days=31)
    assert len(upcoming(world)) == 2


def test_an_ending_subscription_has_no_upcoming_invoice() -> None:
    world = StripeWorld()
    world.stripe.run(customer_controls.cancel, world.buy())
    world.stripe.run(customer_controls.cancel, world.buy(), at_period_end=False)
    world.pass_time(days=27)
    assert upcoming(world) == []


@pytest.mark.parametrize(
    "change",
    [
        SubscriptionChange(),
        SubscriptionChange(quantity=5),
        SubscriptionChange(quantity=5, proration_behavior="create_prorations"),
        SubscriptionChange(items=(ItemChange(price_id="price_team_monthly", quantity=3),)),
    ],
)
def test_a_previewed_invoice_matches_the_later_one(change: SubscriptionChange) -> None:
    world = StripeWorld()
    customer_id = world.buy(quantity=2)
    subscription_id = world.subscription(customer_id).id
    world.pass_time(days=7)
    before = world.types()
    preview = world.stripe.preview(invoices_upcoming.create_preview, None, subscription_id, change)
    assert (world.types(), shape_errors(preview), preview["status"]) == (before, [], "draft")
    if change != SubscriptionChange():
        world.stripe.run(customer_controls.update_subscription, customer_id, change)
    if change.proration_behavior != "always_invoice" or change == SubscriptionChange():
        world.pass_time(days=21)
    real = world.stripe.read(invoices.of_customer, customer_id)[0].document
    assert [one["amount"] for one in preview["lines"]["data"]] == [
        one["amount"] for one in real["lines"]["data"]
    ]
    assert (preview["total"], preview["amount_due"]) == (real["total"], real["amount_due"])


def test_the_first_invoice_of_a_new_subscription_can_be_previewed() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    change = SubscriptionChange(items=(ItemChange(price_id=MONTHLY, quantity=4),))
    assert (
        world.stripe.preview(invoices_upcoming.create_preview, customer_id, change=change)["total"]
        == 4800
    )
    assert len(world.stripe.read(invoices.of_customer, customer_id)) == 1


def test_a_preview_without_an_upcoming_invoice_is_refused() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.stripe.run(customer_controls.cancel, customer_id)
    with pytest.raises(StripeError) as refused:
        world.stripe.preview(invoices_upcoming.create_preview, customer_id)
    assert refused.value.code == "invoice_upcoming_none"
