"""Usage-based billing: meters, meter events, and what is billed at a period's end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead_stub.billing.billing_state import fold
from keystead_stub.stripe_sim import customer_controls, hosted_payments
from keystead_stub.stripe_sim.resources.checkout_sessions import queries as checkout_sessions
from keystead_stub.stripe_sim.resources.invoices import queries as invoices
from keystead_stub.stripe_sim.resources.meters import operations as meters
from keystead_stub.stripe_sim.resources.meters import queries as meter_queries
from keystead_stub.stripe_sim.resources.meters.requests import NewMeter, NewMeterEvent
from keystead_stub.stripe_sim.resources.meters.usage import aggregate
from keystead_stub.stripe_sim.resources.prices import operations as prices
from keystead_stub.stripe_sim.resources.prices.requests import NewPrice
from keystead_stub.stripe_sim.resources.subscription_items.requests import ItemChange
from keystead_stub.stripe_sim.resources.subscriptions.requests import SubscriptionChange
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.events import customer_of, parse_event
from keystead_stub.stripe_types.requests import CheckoutItem, NewCheckout
from support.stripe_shapes import shape_errors
from support.stripe_world import MONTHLY, StripeWorld

DAY_S = 86_400


def metered(world: StripeWorld, *, formula: Any = "sum", amount: int = 10) -> str:
    """Return a price of so much a request."""
    meter = world.stripe.submit(
        meters.create,
        NewMeter(display_name="Requests", event_name=f"requests_{formula}", formula=formula),
    )
    price = world.stripe.submit(
        prices.create,
        NewPrice(
            product_id="prod_pro",
            currency="eur",
            unit_amount=amount,
            interval="month",
            meter_id=meter["id"],
        ),
    )
    return str(price["id"])


def buy(world: StripeWorld, *price_ids: str) -> str:
    request = NewCheckout(
        items=tuple(CheckoutItem(price_id=one) for one in price_ids),
        success_url="http://127.0.0.1/",
        cancel_url="http://127.0.0.1/",
    )
    session = asyncio.run(world.stripe.create_checkout_session(request))
    world.stripe.run(hosted_payments.complete_checkout, session.id)
    return world.stripe.read(checkout_sessions.get, session.id).customer_id or ""


def use(world: StripeWorld, customer_id: str, value: int, **more: Any) -> None:
    payload = {"stripe_customer_id": customer_id, "value": str(value)}
    formula = more.pop("formula", "sum")
    request = NewMeterEvent(event_name=f"requests_{formula}", payload=payload, **more)
    world.stripe.run(meters.create_event, request)


def lines(world: StripeWorld, customer_id: str) -> list[tuple[int, int]]:
    newest = world.stripe.read(invoices.of_customer, customer_id)[0]
    return [(line["quantity"], line["amount"]) for line in newest.document["lines"]["data"]]


def test_metered_usage_is_billed_at_the_end_of_its_period() -> None:
    world = StripeWorld()
    customer_id = buy(world, MONTHLY, metered(world))
    assert lines(world, customer_id) == [(1, 1200), (0, 0)]
    world.pass_time(days=10)
    use(world, customer_id, 30)
    use(world, customer_id, 12)
    world.pass_time(days=18)
    assert lines(world, customer_id) == [(1, 1200), (42, 420)]
    usage = world.stripe.read(invoices.of_customer, customer_id)[0].document["lines"]["data"][1]
    paid_ahead = world.stripe.read(invoices.of_customer, customer_id)[0].document["lines"]["data"][
        0
    ]
    assert usage["period"]["end"] == paid_ahead["period"]["start"]
    use(world, customer_id, 5)
    world.pass_time(days=31)
    assert lines(world, customer_id) == [(1, 1200), (5, 50)]


def test_a_metered_only_subscription_starts_with_an_invoice_of_zero() -> None:
    world = StripeWorld()
    customer_id = buy(world, metered(world))
    running = world.subscription(customer_id)
    assert (running.status, lines(world, customer_id)) == ("active", [(0, 0)])
    assert "quantity" not in running.document["items"]["data"][0]
    use(world, customer_id, 100)
    world.stripe.run(customer_controls.fail_next_payment, customer_id)
    world.pass_time(days=29)
    assert world.subscription(customer_id).status == "past_due"
    own = [parse_event(dict(one.document)) for one in world.events()]
    state = fold(customer_id, [one for one in own if customer_of(one) == customer_id])
    # The unpaid invoice is for the previous period.
    assert state.period_end_ms == world.subscription(customer_id).current_period_start_ms


@pytest.mark.parametrize(("formula", "billed"), [("sum", 9), ("count", 3), ("last", 2)])
def test_a_meter_aggregates_its_events(formula: str, billed: int) -> None:
    world = StripeWorld()
    customer_id = buy(world, metered(world, formula=formula))
    now_s = world.stripe.now_ms() // 1000
    for value, ago in ((2, 0), (3, 0), (4, 0)):
        use(world, customer_id, value, formula=formula, timestamp=now_s + 10 * (4 - value) - ago)
    world.pass_time(days=28)
    assert lines(world, customer_id) == [(billed, billed * 10)]


@given(st.lists(st.integers(-1000, 1000)))
def test_aggregated_usage_is_never_negative(values: list[int]) -> None:
    assert aggregate("sum", values) == max(0, sum(values))
    assert aggregate("count", values) == len(values)
    assert aggregate("last", values) == max(0, values[-1] if values else 0)


def test_a_repeated_meter_event_identifier_is_refused() -> None:
    world = StripeWorld()
    customer_id = buy(world, metered(world))
    use(world, customer_id, 7, identifier="run-1")
    with pytest.raises(StripeError) as refused:
        use(world, customer_id, 7, identifier="run-1")
    assert refused.value.status == 400
    world.pass_time(days=28)
    assert lines(world, customer_id) == [(7, 70)]


@pytest.mark.parametrize(
    ("payload", "shift"),
    [
        ({"value": "1"}, 0),
        ({"stripe_customer_id": "cus_none", "value": "1"}, 0),
        ({"value": "much"}, 0),
        ({"value": "1"}, -36 * DAY_S),
        ({"value": "1"}, 301),
    ],
)
def test_invalid_meter_events_are_refused(payload: dict[str, str], shift: int) -> None:
    world = StripeWorld()
    customer_id = buy(world, metered(world))
    if shift or payload["value"] == "much":
        payload = {"stripe_customer_id": customer_id, **payload}
    request = NewMeterEvent(
        event_name="requests_sum",
        payload=payload,
        timestamp=world.stripe.now_ms() // 1000 + shift,
    )
    with pytest.raises(StripeError):
        world.stripe.run(meters.create_event, request)
    assert (
        world.stripe.read(
            meter_queries.event_summaries,
            meter_of(world),
            customer_id,
            today(world),
            window_s=None,
        )[0]["aggregated_value"]
        == 0
    )


def meter_of(world: StripeWorld) -> str:
    created = next(one for one in world.events() if one.type == "billing.meter.created")
    return created.object_id or ""


def today(world: StripeWorld) -> tuple[int, int]:
    midnight = world.stripe.now_ms() // 1000 // DAY_S * DAY_S
    return midnight, midnight + DAY_S


def test_meter_event_summaries_are_grouped_by_time_window() -> None:
    world = StripeWorld()
    customer_id = buy(world, metered(world))
    use(world, customer_id, 3)
    world.pass_time(days=1 / 24)
    use(world, customer_id, 4)
    start, end = today(world)
    meter_id = meter_of(world)
    (whole,) = world.stripe.read(
        meter_queries.event_summaries, meter_id, customer_id, (start, end), None
    )
    hours = world.stripe.read(
        meter_queries.event_summaries, meter_id, customer_id, (start, end), 3600
    )
    assert (whole["aggregated_value"], shape_errors(whole)) == (7, [])
    assert [one["aggregated_value"] for one in hours if one["aggregated_value"]] == [4, 3]
    with pytest.raises(StripeError):
        world.stripe.read(
            meter_queries.event_summaries, meter_id, customer_id, (start + 1, end), None
        )


def test_usage_of_a_removed_item_is_on_the_next_invoice() -> None:
    world = StripeWorld()
    price_id = metered(world)
    customer_id = buy(world, MONTHLY, price_id)
    use(world, customer_id, 8)
    world.pass_time(days=1)
    item = world.subscription(customer_id).document["items"]["data"][1]
    world.stripe.run(
        customer_controls.update_subscription,
        customer_id,
        SubscriptionChange(items=(ItemChange(id=item["id"], deleted=True),)),
    )
    assert lines(world, customer_id) == [(8, 80)]
    world.stripe.run(
        customer_controls.update_subscription,
        customer_id,
        SubscriptionChange(items=(ItemChange(price_id=price_id),)),
    )
    use(world, customer_id, 2)
    world.pass_time(days=27)
    # The eight requests before are not billed again.
    assert lines(world, customer_id) == [(1, 1200), (2, 20)]


@pytest.mark.parametrize("at_period_end", [True, False])
def test_a_canceled_subscription_is_billed_for_its_last_usage(at_period_end: bool) -> None:
    world = StripeWorld()
    customer_id = buy(world, metered(world))
    use(world, customer_id, 60)
    world.stripe.run(
        customer_controls.cancel, customer_id, at_period_end=at_period_end, invoice_now=True
    )
    world.pass_time(days=28)
    newest = world.stripe.read(invoices.of_customer, customer_id)[0]
    assert (newest.status, newest.amount_paid) == ("paid", 600)
    assert world.subscription(customer_id).status == "canceled"


def test_a_deactivated_meter_accepts_no_events() -> None:
    world = StripeWorld()
    customer_id = buy(world, metered(world))
    world.stripe.run(meters.switch, meter_of(world), active=False)
    with pytest.raises(StripeError):
        use(world, customer_id, 1)
    world.stripe.run(meters.switch, meter_of(world), active=True)
    use(world, customer_id, 1)
    with pytest.raises(StripeError):
        world.stripe.run(meters.switch, meter_of(world), active=True)
