"""How long to wait before the next attempt to reach the daemon."""

from __future__ import annotations

_FIRST_MS = 100
_LONGEST_MS = 15_000

#: Failed attempts in a row, about five seconds, after which the window says that no daemon answers.
PATIENCE = 6


def wait_ms(failures: int) -> int:
    """Return the milliseconds to wait after so many failures in a row; they double each time."""
    # The shift is bounded, as failures are counted for as long as the window is open.
    return min(_FIRST_MS << min(failures - 1, 16), _LONGEST_MS)
