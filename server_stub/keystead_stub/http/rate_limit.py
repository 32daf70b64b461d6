"""How often one caller may ask for something that costs: a fixed window on the stub's time."""

from __future__ import annotations

from collections.abc import Callable

WINDOW_S = 60
_MAX_CALLERS = 10_000


class RateLimiter:
    """Counts in memory; `now_s` reads the time. A journey in time forgives all."""

    def __init__(self, now_s: Callable[[], int]) -> None:
        self._now_s = now_s
        self._window = 0
        self._counts: dict[tuple[str, str], int] = {}

    def wait_s(self, purpose: str, caller: str, *, per_minute: int) -> int:
        """Count one request: 0 if it may go on, else the seconds after which to ask again."""
        now = self._now_s()
        if now // WINDOW_S != self._window or len(self._counts) > _MAX_CALLERS:
            self._window = now // WINDOW_S
            self._counts.clear()
        count = self._counts.get((purpose, caller), 0) + 1
        self._counts[purpose, caller] = count
        return 0 if count <= per_minute else WINDOW_S - now % WINDOW_S

    def forget(self) -> None:
        """Let everybody begin anew."""
        self._counts.clear()
