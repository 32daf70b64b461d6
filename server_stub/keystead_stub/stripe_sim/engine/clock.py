"""The clock that can be turned forward. Pure: the caller passes the real time and keeps the state.

The stub's time is the real time plus an offset, and never runs backwards: a floor holds it if the
real clock is set back.
"""

from __future__ import annotations

import msgspec

from keystead.errors import InvalidInput
from keystead.instants import from_iso

#: Leaves room for the periods that begin then: datetime ends with the year 9999.
LATEST_MS = from_iso("9000-01-01T00:00:00Z")


class ClockState(msgspec.Struct, frozen=True):
    """The state between readings, in milliseconds."""

    offset_ms: int = 0
    floor_ms: int = 0


def now(state: ClockState, real_ms: int) -> int:
    """Return the stub's time at the real reading `real_ms`."""
    return max(real_ms + state.offset_ms, state.floor_ms)


def turned_to(state: ClockState, real_ms: int, to_ms: int) -> ClockState:
    """Return the state of a clock that shows `to_ms` now and goes on from there.

    Raises InvalidInput, code `clock_backwards` or `clock_out_of_range`.
    """
    if to_ms < now(state, real_ms):
        raise InvalidInput("The clock cannot be turned back.", code="clock_backwards")
    if to_ms > LATEST_MS:
        raise InvalidInput("That is past the year 9000.", code="clock_out_of_range")
    # The floor keeps the instant reached, even if the real clock is set back right afterwards.
    return ClockState(offset_ms=to_ms - real_ms, floor_ms=to_ms)


def target(now_ms: int, *, seconds: float | None = None, to_ms: int | None = None) -> int:
    """Return the instant to turn the clock to, named either by `seconds` or by `to_ms`.

    Raises InvalidInput, code `invalid_advance`, `clock_backwards` or `clock_out_of_range`.
    """
    if (seconds is None) == (to_ms is None):
        raise InvalidInput("Give either seconds or an instant.", code="invalid_advance")
    if to_ms is None:
        # Compared before it is converted: a float may be infinite.
        if seconds is None or not -LATEST_MS <= seconds <= LATEST_MS:
            raise InvalidInput("That is past the year 9000.", code="clock_out_of_range")
        to_ms = now_ms + round(seconds * 1000)
    if to_ms < now_ms:
        raise InvalidInput("The clock cannot be turned back.", code="clock_backwards")
    if to_ms > LATEST_MS:
        raise InvalidInput("That is past the year 9000.", code="clock_out_of_range")
    return to_ms
