"""The table of a subscription's status transitions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead_stub.stripe_sim.engine.rules import AfterRetries
from keystead_stub.stripe_sim.resources.subscriptions.rules import (
    FINAL,
    GRANTING,
    TABLE,
    Cause,
    Effect,
    IllegalTransition,
    Life,
    Status,
    step,
)

lives = st.builds(Life, st.sampled_from(Status), st.booleans())


def test_every_status_has_a_row_in_the_transition_table() -> None:
    assert set(TABLE) == set(Status)


@given(lives, st.sampled_from(Cause))
def test_illegal_transitions_name_the_state(life: Life, cause: Cause) -> None:
    if cause in TABLE[life.status]:
        step(life, cause)
        return
    with pytest.raises(IllegalTransition) as refused:
        step(life, cause)
    assert refused.value.code == "illegal_transition"
    assert life.status.value in refused.value.sentence


@given(lives, st.lists(st.sampled_from(Cause), max_size=20), st.sampled_from(["cancel", "unpaid"]))
def test_ended_subscriptions_stay_ended(
    life: Life, causes: list[Cause], after: AfterRetries
) -> None:
    for cause in causes:
        was_final = life.status in FINAL
        try:
            life = step(life, cause, after_retries=after).life
        except IllegalTransition:
            continue
        assert not was_final or life.status in FINAL


@given(lives, st.sampled_from(Cause))
def test_only_a_payment_or_a_resumption_restores_access(life: Life, cause: Cause) -> None:
    try:
        after = step(life, cause).life
    except IllegalTransition:
        return
    if life.status not in GRANTING and after.status in GRANTING:
        assert cause in {Cause.PAID, Cause.RESUME}


@given(lives, st.sampled_from(Cause))
def test_the_end_of_a_subscription_stops_its_renewals(life: Life, cause: Cause) -> None:
    try:
        taken = step(life, cause)
    except IllegalTransition:
        return
    ended = taken.life.status in FINAL and life.status not in FINAL
    assert ended == (Effect.END in taken.effects)
    assert not ended or Effect.STOP_RENEWALS in taken.effects


def test_a_cancellation_at_period_end_creates_no_further_invoice() -> None:
    leaving = step(Life(Status.ACTIVE), Cause.CANCEL_AT_PERIOD_END).life
    assert leaving == Life(Status.ACTIVE, cancel_at_period_end=True)
    ended = step(leaving, Cause.PERIOD_ENDED)
    assert ended.life.status is Status.CANCELED
    assert Effect.BILL_NEXT_PERIOD not in ended.effects


def test_a_scheduled_cancellation_can_be_undone() -> None:
    leaving = Life(Status.ACTIVE, cancel_at_period_end=True)
    assert step(leaving, Cause.KEEP).life == Life(Status.ACTIVE)


@pytest.mark.parametrize(
    ("after_retries", "status"), [("cancel", Status.CANCELED), ("unpaid", Status.UNPAID)]
)
def test_exhausted_retries_cancel_or_leave_unpaid_by_account_setting(
    after_retries: AfterRetries, status: Status
) -> None:
    taken = step(Life(Status.PAST_DUE), Cause.RETRIES_SPENT, after_retries=after_retries)
    assert taken.life.status is status
