"""Rate limits by caller and purpose."""

from __future__ import annotations

from keystead_stub.http.rate_limit import WINDOW_S as MINUTE_S
from keystead_stub.http.rate_limit import RateLimiter


class ManualClock:
    """A clock that the test sets."""

    def __init__(self, now: float = 1_800_000_000) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_each_caller_has_its_own_rate_limit() -> None:
    hand = ManualClock()
    limiter = RateLimiter(lambda: int(hand()))
    waits = [limiter.wait_s("buy", "a", per_minute=3) for _ in range(4)]
    assert waits[:3] == [0, 0, 0]
    assert 1 <= waits[3] <= MINUTE_S
    assert limiter.wait_s("buy", "b", per_minute=3) == 0
    assert limiter.wait_s("restore", "a", per_minute=3) == 0
    hand.now += waits[3]
    assert limiter.wait_s("buy", "a", per_minute=3) == 0
