"""The stub's time for frequent reads: the database is asked every tenth of a second at most."""

from __future__ import annotations

from collections.abc import Callable

#: How long it may take to notice that another process turned the clock.
TRUSTED_S = 0.1


class CachedClock:
    """Cache the offset between stub time and real time; `truth_ms` reads the database."""

    def __init__(
        self,
        truth_ms: Callable[[], int],
        real_ms: Callable[[], int],
        monotonic_s: Callable[[], float],
    ) -> None:
        self._truth_ms = truth_ms
        self._real_ms = real_ms
        self._monotonic_s = monotonic_s
        self._offset_ms = 0
        self._stale_at = -1.0

    def now_ms(self) -> int:
        moment = self._monotonic_s()
        # Measured on the monotonic clock: the real one may be set back, and the cache would then
        # never expire.
        if moment >= self._stale_at:
            self._offset_ms = self._truth_ms() - self._real_ms()
            self._stale_at = moment + TRUSTED_S
        return self._real_ms() + self._offset_ms

    def turned(self) -> None:
        """Forget the offset, because the clock was turned."""
        self._stale_at = -1.0
