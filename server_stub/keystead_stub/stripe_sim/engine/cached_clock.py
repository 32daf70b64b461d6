"""The stub's time, read often: asking the database once in a while instead of at each request."""

from __future__ import annotations

from collections.abc import Callable

#: For how long another process's turning of the clock may go unnoticed.
TRUSTED_S = 0.1


class SteeredClock:
    """Keeps the distance between the steered and the real time; `truth_ms` reads the database."""

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
        if moment >= self._stale_at:
            self._offset_ms = self._truth_ms() - self._real_ms()
            self._stale_at = moment + TRUSTED_S
        return self._real_ms() + self._offset_ms

    def turned(self) -> None:
        """Somebody turned the clock: ask again."""
        self._stale_at = -1.0
