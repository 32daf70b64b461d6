"""The waits, by their bounds."""

from hypothesis import given
from hypothesis import strategies as st

from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from keystead_daemon import retry

CHANCES = st.floats(0, 1, exclude_max=True)
FAILURES = st.integers(1, 10_000)


@given(st.integers(600, 86_400), CHANCES)
def test_regular_is_within_a_tenth_of_what_the_license_asks(after_s: int, chance: float) -> None:
    assert abs(retry.regular_interval(after_s, chance) - after_s * 1000) <= after_s * 100 + 1


@given(st.integers(-(10**15), 10**15), CHANCES)
def test_regular_neither_drowns_nor_mutes(after_s: int, chance: float) -> None:
    assert 9 * SECOND_MS <= retry.regular_interval(after_s, chance) <= 8 * DAY_MS


@given(FAILURES, CHANCES)
def test_impatient_is_full_jitter_from_half_a_minute_to_an_hour(n: int, chance: float) -> None:
    most_ms = min(30 * SECOND_MS * 2 ** (n - 1), HOUR_MS)
    assert 0 <= retry.urgent_backoff(n, chance) <= most_ms
    assert abs(retry.urgent_backoff(n, 0.5) - most_ms / 2) <= 1


@given(CHANCES)
def test_soon_is_within_the_hour(chance: float) -> None:
    assert 30 * SECOND_MS <= retry.first_retry(21_600, chance) <= HOUR_MS


@given(CHANCES)
def test_patient_tries_once_within_the_hour_or_sits_out(chance: float) -> None:
    wait_ms = retry.background_retry(1, 21_600, chance)
    if chance < retry.NO_RETRY_SHARE:
        assert 5.4 * HOUR_MS <= wait_ms <= 6.6 * HOUR_MS
    else:
        assert 30 * SECOND_MS <= wait_ms <= HOUR_MS


@given(st.integers(2, 10_000), CHANCES)
def test_patient_then_keeps_the_regular_interval(n: int, chance: float) -> None:
    assert retry.background_retry(n, 21_600, chance) == retry.regular_interval(21_600, chance)


@given(st.integers(1, 300), CHANCES, FAILURES)
def test_patient_never_asks_less_often_than_the_license(
    after_s: int, chance: float, n: int
) -> None:
    assert retry.background_retry(n, after_s, chance) <= max(after_s * 1_100, 11 * SECOND_MS)


@given(st.integers(0, 15 * MINUTE_MS - 1), CHANCES)
def test_a_checkout_is_polled_every_two_to_ten_seconds_at_first(ms: int, chance: float) -> None:
    assert 1.8 * SECOND_MS <= retry.poll_interval(ms, chance) <= 11 * SECOND_MS


@given(st.integers(15 * MINUTE_MS, 24 * HOUR_MS), CHANCES)
def test_and_every_one_to_thirty_minutes_after(ms: int, chance: float) -> None:
    assert 0.9 * MINUTE_MS <= retry.poll_interval(ms, chance) <= 33 * MINUTE_MS


@given(st.integers(0, HOUR_MS), st.none() | st.floats(), CHANCES)
def test_retry_after_only_ever_prolongs_and_not_beyond_a_day(
    wait_ms: int, after_s: float | None, chance: float
) -> None:
    waited_ms = retry.with_retry_after(wait_ms, after_s, chance)
    assert wait_ms <= waited_ms <= max(wait_ms, 1.1 * DAY_MS)
    if after_s is not None and 0 < after_s <= 86_400:
        assert waited_ms >= int(after_s * 1000)
