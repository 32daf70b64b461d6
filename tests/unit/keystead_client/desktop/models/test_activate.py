"""Choosing among plans: what is shown is what can be had, and what it costs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from keystead.wire.nyra import ONCE, Plan, PlansAnswer, Price
from keystead_client.desktop.models.activate import activate_model, checkout_params, normalized
from keystead_client.desktop.models.app_state import AppState, Operation, PlanSelection, Problem
from support import activations

PERIODS = ["monthly", "yearly", "once", "weekly"]


def price(period: str, amount: int) -> Price:
    return Price(price_id=f"p_{period}", billing_period=period, amount=amount, currency="eur")


prices = st.lists(
    st.builds(price, st.sampled_from(PERIODS), st.integers(0, 10**6)),
    max_size=3,
    unique_by=lambda one: one.billing_period,
)
limits = st.tuples(st.integers(1, 20), st.integers(0, 50))
plans = st.lists(
    st.builds(
        lambda name, sold, seats: Plan(
            plan=name,
            name=name,
            features=(),
            prices=tuple(sold),
            min_seats=seats[0],
            max_seats=seats[0] + seats[1],
        ),
        st.sampled_from(["pro", "solo", "team"]),
        prices,
        limits,
    ),
    unique_by=lambda plan: plan.plan,
).map(lambda listed: PlansAnswer(plans=tuple(listed)))
choices = st.builds(
    PlanSelection,
    st.none() | st.sampled_from(["pro", "solo", "gone"]),
    st.none() | st.sampled_from(PERIODS),
    st.integers(-5, 2000),
)


@given(choices, plans)
def test_normalizing_a_selection_is_idempotent(
    selection: PlanSelection, restrict_plans: PlansAnswer
) -> None:
    made = normalized(selection, restrict_plans)
    assert normalized(made, restrict_plans) == made
    plan = next((one for one in restrict_plans.plans if one.plan == made.plan), None)
    if plan is not None:
        assert plan.min_seats <= made.seats <= plan.max_seats
        sold = {one.billing_period for one in plan.prices}
        assert made.billing_period in sold if sold else made.billing_period is None


@given(choices, plans)
def test_the_shown_selection_is_requested(
    selection: PlanSelection, restrict_plans: PlansAnswer
) -> None:
    state = AppState(
        connected=True, view=activations.unactivated(), plans=restrict_plans, selection=selection
    )
    model, params = activate_model(state), checkout_params(state, None)
    assert [card.plan for card in model.cards if card.chosen] == (
        [params.plan] if restrict_plans.plans else []
    )
    if model.periods:
        assert [one.value for one in model.periods if one.chosen] == [params.billing_period]
    if model.seats is not None:
        assert model.seats.value == params.seats


def test_the_total_is_for_all_seats() -> None:
    state = AppState(
        connected=True, plans=activations.PLANS, selection=PlanSelection("pro", "yearly", 3)
    )
    assert activate_model(state).total.startswith("In total 360.00 EUR a year")


def test_a_one_time_price_has_no_period() -> None:
    state = AppState(
        connected=True, plans=activations.ONCE_PLANS, selection=PlanSelection("pro", ONCE, 2)
    )
    model = activate_model(state)
    assert [one.label for one in model.periods] == ["Monthly", "Once"]
    assert [card.price for card in model.cards] == ["399.00 EUR a seat once", "199.00 EUR once"]
    assert model.total == "In total 798.00 EUR once, before taxes and discounts."
    alone = activate_model(
        AppState(connected=True, plans=activations.ONCE_PLANS, selection=PlanSelection("solo"))
    )
    assert (alone.periods, alone.total[:24]) == ((), "In total 199.00 EUR once")
    assert checkout_params(state, None).billing_period == ONCE


def test_buying_needs_a_connection_and_no_other_purchase() -> None:
    ready = AppState(connected=True, view=activations.unactivated(), plans=activations.PLANS)
    assert activate_model(ready).ready
    assert not activate_model(AppState(plans=activations.PLANS)).ready
    busy = AppState(
        connected=True, plans=activations.PLANS, in_progress=frozenset({Operation.CHECKOUT})
    )
    assert not activate_model(busy).ready
    assert activate_model(busy).starting


def test_loading_empty_and_failed_plans_differ() -> None:
    assert activate_model(AppState(connected=True)).loading
    none = activate_model(AppState(connected=True, plans=PlansAnswer(plans=())))
    assert (none.loading, none.problem is not None) == (False, True)
    failed = activate_model(AppState(connected=True, plans_problem=Problem("Why.")))
    assert (failed.loading, failed.problem) == (False, Problem("Why."))


def test_a_card_describes_its_price_and_features() -> None:
    pro, solo = activate_model(AppState(connected=True, plans=activations.PLANS)).cards
    assert (pro.price, pro.amount) == ("12.00 EUR a seat a month", "12.00 EUR")
    assert (pro.includes, pro.features) == ("Includes Export, Sync", ("Export", "Sync"))
    assert (solo.price, solo.amount) == ("5.00 EUR a month", "5.00 EUR")
