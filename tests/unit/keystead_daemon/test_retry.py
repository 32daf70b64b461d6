"""Minimum and maximum of each wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from keystead_daemon import retry

CHANCES = st.floats(0, 1, exclude_max=True)
FAILURES = st.integers(1, 10_000)


@given(st.integers(600, 86_400), CHANCES)
def test_the_regular_interval_is_within_a_tenth_of_the_licenses(
    after_s: int, chance: float
) -> None:
    assert abs(retry.regular_interval(after_s, chance) - after_s * 1000) <= after_s * 100 + 1


@given(st.integers(-(10**15), 10**15), CHANCES)
def test_the_regular_interval_has_a_minimum_and_a_maximum(after_s: int, chance: float) -> None:
    assert 9 * SECOND_MS <= retry.regular_interval(after_s, chance) <= 8 * DAY_MS


@given(FAILURES, CHANCES)
def test_the_urgent_backoff_is_full_jitter_from_30_seconds_to_an_hour(
    n: int, chance: float
) -> None:
    most_ms = min(30 * SECOND_MS * 2 ** (n - 1), HOUR_MS)
    assert 0 <= retry.urgent_backoff(n, chance) <= most_ms
    assert abs(retry.urgent_backoff(n, 0.5) - most_ms / 2) <= 1


@given(CHANCES)
def test_the_first_retry_is_within_an_hour(chance: float) -> None:
    assert 30 * SECOND_MS <= retry.first_retry(21_600, chance) <= HOUR_MS


@given(CHANCES)
def test_the_first_background_retry_is_within_an_hour_or_at_the_regular_interval(
    chance: float,
) -> None:
    wait_ms = retry.background_retry(1, 21_600, chance)
    if chance < retry.NO_RETRY_SHARE:
        assert 5.4 * HOUR_MS <= wait_ms <= 6.6 * HOUR_MS
    else:
        assert 30 * SECOND_MS <= wait_ms <= HOUR_MS


@given(st.integers(2, 10_000), CHANCES)
def test_later_background_retries_keep_the_regular_interval(n: int, chance: float) -> None:
    assert retry.background_retry(n, 21_600, chance) == retry.regular_interval(21_600, chance)


@given(st.integers(1, 300), CHANCES, FAILURES)
def test_background_retries_are_never_rarer_than_the_licenses_interval(
    after_s: int, chance: float, n: int
) -> None:
    assert retry.background_retry(n, after_s, chance) <= max(after_s * 1_100, 11 * SECOND_MS)


@given(st.integers(0, 15 * MINUTE_MS - 1), CHANCES)
def test_a_checkout_is_polled_every_two_to_ten_seconds_at_first(ms: int, chance: float) -> None:
    assert 1.8 * SECOND_MS <= retry.poll_interval(ms, chance) <= 11 * SECOND_MS


@given(st.integers(15 * MINUTE_MS, 24 * HOUR_MS), CHANCES)
def test_an_older_checkout_is_polled_every_1_to_30_minutes(ms: int, chance: float) -> None:
    assert 0.9 * MINUTE_MS <= retry.poll_interval(ms, chance) <= 33 * MINUTE_MS


@given(st.integers(0, HOUR_MS), st.none() | st.floats(), CHANCES)
def test_retry_after_only_extends_a_wait_up_to_a_day(
    wait_ms: int, after_s: float | None, chance: float
) -> None:
    waited_ms = retry.with_retry_after(wait_ms, after_s, chance)
    assert wait_ms <= waited_ms <= max(wait_ms, 1.1 * DAY_MS)
    if after_s is not None and 0 < after_s <= 86_400:
        assert waited_ms >= int(after_s * 1000)


@pytest.mark.parametrize(("chance", "percent"), [(0.0, 100), (0.5, 105), (0.9, 109)])
def test_retry_after_is_spread_over_a_tenth_above_its_value(chance: float, percent: int) -> None:
    assert retry.with_retry_after(0, 100.0, chance) == 1_000 * percent
    assert retry.with_retry_after(0, 10**9, chance) == DAY_MS // 100 * percent
    assert retry.with_retry_after(200_000, 100.0, chance) == 200_000


@pytest.mark.parametrize("nothing", [None, 0.0, -1.0, float("nan")])
def test_without_retry_after_the_wait_is_unchanged(nothing: float | None) -> None:
    assert retry.with_retry_after(7, nothing, 0.5) == 7


@pytest.mark.parametrize(
    ("chance", "wait_ms"), [(0.0, 5.4 * HOUR_MS), (0.5, 6 * HOUR_MS), (1.0, 6.6 * HOUR_MS)]
)
def test_the_default_interval_is_six_hours(chance: float, wait_ms: float) -> None:
    assert retry.regular_interval(None, chance) == wait_ms
    assert retry.regular_interval(21_600, chance) == wait_ms


def test_the_interval_of_a_license_is_limited_on_both_sides() -> None:
    assert retry.regular_interval(9, 0.5) == retry.regular_interval(10, 0.5) == 10 * SECOND_MS
    week_s = 7 * 86_400
    assert retry.regular_interval(week_s + 1, 0.5) == week_s * 1000


@pytest.mark.parametrize(
    ("failures", "most_ms"),
    [(1, 30_000), (2, 60_000), (7, 1_920_000), (8, HOUR_MS), (17, HOUR_MS), (1000, HOUR_MS)],
)
def test_the_urgent_backoff_doubles_up_to_an_hour(failures: int, most_ms: int) -> None:
    assert retry.urgent_backoff(failures, 0.0) == 0
    assert retry.urgent_backoff(failures, 0.25) == most_ms // 4


def test_the_first_retry_is_spread_from_half_a_minute_to_an_hour() -> None:
    assert retry.first_retry(None, 0.0) == 30_000
    assert retry.first_retry(None, 0.5) == 30_000 + (HOUR_MS - 30_000) // 2
    assert retry.first_retry(100, 0.5) == 100_000


def test_one_device_in_seven_waits_for_its_regular_time() -> None:
    below, at = retry.NO_RETRY_SHARE - 1e-9, retry.NO_RETRY_SHARE
    assert retry.background_retry(1, None, 0.0) == 5.4 * HOUR_MS
    assert retry.background_retry(1, None, at / 2) == 6 * HOUR_MS
    assert retry.background_retry(1, None, below) > 6.5 * HOUR_MS
    assert retry.background_retry(1, None, at) == 30_000
    halfway_ms = retry.background_retry(1, None, (1 + at) / 2)
    assert abs(halfway_ms - retry.first_retry(None, 0.5)) <= 1


@pytest.mark.parametrize(
    ("elapsed_ms", "wait_ms"),
    [
        (0, 2_000),
        (40_000, 2_000),
        (60_000, 3_000),
        (200_000, 10_000),
        (15 * MINUTE_MS - 1, 10_000),
        (15 * MINUTE_MS, MINUTE_MS),
        (20 * MINUTE_MS, 75_000),
        (24 * HOUR_MS, 30 * MINUTE_MS),
    ],
)
def test_the_poll_interval_grows_with_the_age_of_the_checkout(
    elapsed_ms: int, wait_ms: int
) -> None:
    assert retry.poll_interval(elapsed_ms, 0.5) == wait_ms
