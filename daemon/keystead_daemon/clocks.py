"""The only place in the daemon where clocks are read."""

from __future__ import annotations

import time
from typing import Protocol

from keystead import machine
from keystead.trusted_time import ClockReading


class Clocks(Protocol):
    """The clocks that the daemon reads; tests have their own."""

    def read(self) -> ClockReading:
        """Wall clock and boot clock at this moment."""
        ...

    def awake_ms(self) -> int:
        """Milliseconds on a clock that stops while the machine sleeps."""
        ...


class SystemClocks:
    """The clocks of this machine."""

    def read(self) -> ClockReading:
        return machine.read_clocks()

    def awake_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


class SleepWatch:
    """Detects whether the machine slept since the last call of `slept`.

    The boot clock counts sleep and the monotonic clock does not, so the gap between them grows by
    the time slept. On Windows both clocks count sleep, and the result is always False.
    """

    #: The two clocks are read one after the other, which makes the gap vary a little.
    TOLERANCE_MS = 2_000

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._gap_ms = self._gap()

    def slept(self) -> bool:
        gap_ms, before_ms = self._gap(), self._gap_ms
        self._gap_ms = gap_ms
        return gap_ms - before_ms > self.TOLERANCE_MS

    def _gap(self) -> int:
        return self._clocks.read().boot_ms - self._clocks.awake_ms()
