"""The cached offset between the stub's time and real time."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.cached_clock import TRUSTED_S, CachedClock


class ManualClock:
    """A clock that the test sets."""

    def __init__(self, now: float = 1_800_000_000) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_the_cached_clock_is_reloaded_when_advanced_or_stale() -> None:
    real, hand = ManualClock(1_000_000), ManualClock(0)
    offset = 0
    clock = CachedClock(lambda: int(real()) + offset, lambda: int(real()), hand)
    assert clock.now_ms() == 1_000_000
    offset = 500
    assert clock.now_ms() == 1_000_000
    clock.turned()
    assert clock.now_ms() == 1_000_500
    offset = 900
    hand.now += TRUSTED_S
    assert clock.now_ms() == 1_000_900
    real.now += 7
    assert clock.now_ms() == 1_000_907
