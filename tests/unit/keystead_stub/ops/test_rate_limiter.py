"""Rate limits by caller and purpose, counted in the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from keystead_stub.app import open_migrated
from keystead_stub.ops.rate_limiter import WINDOW_MS, RateLimiter
from keystead_stub.store.engine import Store, to_url
from keystead_stub.store.tables import rate_limits

NOW_MS = 1_800_000_000_000


class ManualClock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_migrated(to_url(str(tmp_path / "stub.sqlite")))
    yield opened
    opened.close()


def test_each_caller_has_its_own_rate_limit(store: Store) -> None:
    clock = ManualClock()
    limiter = RateLimiter(store, clock)
    waits = [limiter.wait_s("buy", "a", per_minute=3) for _ in range(4)]
    assert waits == [0, 0, 0, WINDOW_MS // 1000]
    assert limiter.wait_s("buy", "b", per_minute=3) == 0
    assert limiter.wait_s("restore", "a", per_minute=3) == 0
    clock.now_ms += WINDOW_MS - 1
    assert limiter.wait_s("buy", "a", per_minute=3) == 1
    clock.now_ms += 1
    assert limiter.wait_s("buy", "a", per_minute=3) == 0


def test_a_limit_counts_the_requests_of_all_processes_and_keeps_only_the_newest(
    store: Store,
) -> None:
    clock = ManualClock()
    one, two = RateLimiter(store, clock), RateLimiter(store, clock)
    waits = [limiter.wait_s("buy", "a", per_minute=3) for limiter in (one, two, one, two)]
    assert [wait > 0 for wait in waits] == [False, False, False, True]
    for number in range(5):
        one.wait_s("buy", f"caller {number}", per_minute=3)
    clock.now_ms += WINDOW_MS
    assert two.wait_s("buy", "a", per_minute=3) == 0
    with store.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(rate_limits)) == 1
