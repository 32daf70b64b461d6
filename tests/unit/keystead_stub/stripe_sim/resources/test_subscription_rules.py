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
    end_of_trial,
    step,
)
from keystead_stub.stripe_types.requests import AfterTrial

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
    assert (refused.value.code, refused.value.status) == ("illegal_transition", 409)
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
    assert ended.life == Life(Status.CANCELED, cancel_at_period_end=True)
    assert Effect.BILL_NEXT_PERIOD not in ended.effects


def test_a_scheduled_cancellation_can_be_undone() -> None:
    leaving = Life(Status.ACTIVE, cancel_at_period_end=True)
    assert step(leaving, Cause.KEEP).life == Life(Status.ACTIVE)


@pytest.mark.parametrize(
    ("after_retries", "status", "effects"),
    [
        ("cancel", Status.CANCELED, (Effect.STOP_RETRIES, Effect.STOP_RENEWALS, Effect.END)),
        ("unpaid", Status.UNPAID, (Effect.STOP_RETRIES,)),
    ],
)
def test_exhausted_retries_cancel_or_leave_unpaid_by_account_setting(
    after_retries: AfterRetries, status: Status, effects: tuple[Effect, ...]
) -> None:
    taken = step(Life(Status.PAST_DUE), Cause.RETRIES_SPENT, after_retries=after_retries)
    assert (taken.life.status, taken.effects) == (status, effects)


@pytest.mark.parametrize(
    ("canceled", "can_be_charged", "otherwise", "expected"),
    [
        (False, True, "cancel", Cause.PERIOD_ENDED),
        (False, True, "pause", Cause.PERIOD_ENDED),
        (True, False, "cancel", Cause.PERIOD_ENDED),
        (True, False, "pause", Cause.PERIOD_ENDED),
        (False, False, "create_invoice", Cause.PERIOD_ENDED),
        (False, False, "pause", Cause.PAUSE),
        (False, False, "cancel", Cause.CANCEL_NOW),
    ],
)
def test_a_trial_ends_by_what_can_be_charged_and_what_was_chosen(
    canceled: bool, can_be_charged: bool, otherwise: AfterTrial, expected: Cause
) -> None:
    life = Life(Status.TRIALING, cancel_at_period_end=canceled)
    assert end_of_trial(life, can_be_charged=can_be_charged, otherwise=otherwise) is expected
