"""The stub's clock: it can be advanced, and never goes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.errors import InvalidInput
from keystead_stub.stripe_sim.engine.clock import LATEST_MS, ClockState, now, target, turned_to

instants = st.integers(0, LATEST_MS)


def test_a_clock_that_was_never_advanced_shows_real_time() -> None:
    assert now(ClockState(), 1_000) == 1_000


@given(instants, instants, instants)
def test_an_advanced_clock_continues_from_its_target(
    real_ms: int, ahead_ms: int, passed_ms: int
) -> None:
    to_ms = min(real_ms + ahead_ms, LATEST_MS)
    state = turned_to(ClockState(), real_ms, to_ms)
    assert now(state, real_ms) == to_ms
    assert now(state, real_ms + passed_ms) == to_ms + passed_ms


@given(instants, instants, instants)
def test_the_stubs_time_never_runs_backwards(real_ms: int, ahead_ms: int, back_ms: int) -> None:
    state = turned_to(ClockState(), real_ms, min(real_ms + ahead_ms, LATEST_MS))
    assert now(state, real_ms - back_ms) >= now(state, real_ms)


@pytest.mark.parametrize(
    ("seconds", "to_ms", "code"),
    [
        (-1, None, "clock_backwards"),
        (None, 999, "clock_backwards"),
        (1, 2_000, "invalid_advance"),
        (None, None, "invalid_advance"),
        (float("inf"), None, "clock_out_of_range"),
        (float("nan"), None, "clock_out_of_range"),
        (None, LATEST_MS + 1, "clock_out_of_range"),
        (LATEST_MS, None, "clock_out_of_range"),
        (-LATEST_MS, None, "clock_backwards"),
    ],
)
def test_an_invalid_clock_target_is_refused(
    seconds: float | None, to_ms: int | None, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        target(1_000, seconds=seconds, to_ms=to_ms)
    assert refused.value.code == code


def test_a_clock_target_is_a_duration_or_an_instant() -> None:
    assert target(1_000, seconds=1.5) == 2_500
    assert target(1_000, to_ms=1_000) == 1_000
    assert target(1_000, to_ms=LATEST_MS) == LATEST_MS
    assert turned_to(ClockState(), 1_000, LATEST_MS).floor_ms == LATEST_MS


@pytest.mark.parametrize(
    ("to_ms", "code"), [(999, "clock_backwards"), (LATEST_MS + 1, "clock_out_of_range")]
)
def test_a_clock_target_before_now_or_after_the_last_year_is_refused(to_ms: int, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        turned_to(ClockState(), 1_000, to_ms)
    assert refused.value.code == code
