"""The retry schedule of webhooks that were not accepted."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS
from keystead_stub.stripe_sim.engine.retry_schedule import next_attempt_ms


def _attempts(since_ms: int) -> list[int]:
    at_ms, tries, made = since_ms, 1, [since_ms]
    while (following := next_attempt_ms(since_ms=since_ms, tries=tries, at_ms=at_ms)) is not None:
        at_ms, tries = following, tries + 1
        made.append(at_ms)
    return made


def test_webhook_retries_use_exponential_backoff_for_three_days() -> None:
    waits = [later - earlier for earlier, later in pairwise(_attempts(0))]
    assert waits[:5] == [5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS]
    assert set(waits[5:]) == {12 * HOUR_MS}


def test_a_retry_may_be_exactly_three_days_later() -> None:
    last_ms = 3 * DAY_MS - 12 * HOUR_MS
    assert next_attempt_ms(since_ms=0, tries=6, at_ms=last_ms) == 3 * DAY_MS
    assert next_attempt_ms(since_ms=0, tries=6, at_ms=last_ms + 1) is None


@given(st.integers(0, 10**14))
def test_no_webhook_retry_is_later_than_three_days(since_ms: int) -> None:
    made = _attempts(since_ms)
    assert len(made) == 10
    assert made[-1] <= since_ms + 3 * DAY_MS
