"""How long to wait before the daemon is looked for again."""

from __future__ import annotations

_FIRST_MS = 100
_LONGEST_MS = 15_000

#: Attempts in a row, about five seconds, after which a person is told that nobody answers.
PATIENCE = 6


def wait_ms(failures: int) -> int:
    """Milliseconds to wait after the ``failures``-th failure in a row, from 1: it doubles."""
    return min(_FIRST_MS << min(failures - 1, 16), _LONGEST_MS)
