"""When to send the next request: retry policies. Pure; times in ms, chance passed in.

``chance`` is a number drawn evenly from [0, 1). Seven waits, for seven situations:

`regular_interval`  After a success: the license's ``refreshAfterSeconds``, ±10 %.
`urgent_backoff`    After a failure while a person waits, or less than a day before the boundary.
                    Exponential backoff with full jitter: drawn evenly from [0, 30 s · 2ⁿ], at
                    most an hour.
`first_retry`       After the first request since the start failed: drawn evenly from 30 s to 1 h.
`background_retry`  After a failure in the background, with days to spare. Most devices make one
                    `first_retry`, some none; from then on the regular interval applies.
`disputed_retry`    After an answer that ended a license by a jump of the server's clock: 20 s to
                    1 min, doubled each time, at most an hour.
`resave_backoff`    After a failed save: 2 s, doubled each time, at most 5 minutes.
`poll_interval`     While a checkout is open: 2 s → 10 s for 15 minutes, then 1 → 30 min for a day.

Why is the background retry not an exponential backoff too? Because of what happens when a server
comes back. After a long outage every device has failed. If each of them retried about every half
hour (the mean of an hour with full jitter), the server would meet all devices within its first
hour: twelve times its usual load, although no device needs an answer that day. Even the short steps
at the beginning would add eight tries of every device whose refresh fell into the outage.

So a background device makes at most *one* extra try per outage. At any moment of an outage the
server meets the regular tries (at most its usual rate) and the retries of devices that failed for
the first time within the last hour (at most as many again). That is 2×, and chance would push some
minutes above it. So one device in seven makes no extra try (`NO_RETRY_SHARE`), which gives 1.86×:
no minute of a million devices reaches 2×. Once the outage is longer than a refresh interval, no
device fails for the first time and the rate is 1×. Devices within a day of their boundary are one
in thirty with monthly periods, and only in outages of two days and more; they add 0.4×. The
simulation in ``tests/properties/test_load_after_outage.py`` shows all of this.

A device loses nothing by it: a new network, a wake-up, a start and a person each cause a request at
once.
"""

from __future__ import annotations

from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

FIRST_BACKOFF_MS = 30 * SECOND_MS
LONGEST_BACKOFF_MS = HOUR_MS
#: With less time than this to the boundary, retries are urgent.
URGENT_BEFORE_MS = DAY_MS
JITTER = 0.1
#: The share of devices that make no extra try before the next regular refresh.
NO_RETRY_SHARE = 1 / 7

#: Limits of a license's refresh interval: a mistake in it must neither flood a server nor stop
#: refreshes.
SHORTEST_INTERVAL_MS = 10 * SECOND_MS
LONGEST_INTERVAL_MS = 7 * DAY_MS
DEFAULT_INTERVAL_MS = 6 * HOUR_MS

#: After a failed save. A full disk is often emptied soon, and what is unsaved would be lost.
FIRST_RESAVE_MS = 2 * SECOND_MS
LONGEST_RESAVE_MS = 5 * MINUTE_MS

#: Longest ``Retry-After`` that is honoured.
LONGEST_RETRY_AFTER_MS = DAY_MS

#: A checkout is polled for this long.
POLL_ENDS_MS = DAY_MS
_QUICK_POLLS_MS = 15 * MINUTE_MS


def regular_interval(refresh_after_s: int | None, chance: float) -> int:
    """The wait after a success; ``refresh_after_s`` is the license's, None without a license."""
    interval_ms = DEFAULT_INTERVAL_MS if refresh_after_s is None else refresh_after_s * SECOND_MS
    interval_ms = min(max(interval_ms, SHORTEST_INTERVAL_MS), LONGEST_INTERVAL_MS)
    return _jittered(interval_ms, chance)


def urgent_backoff(failures: int, chance: float) -> int:
    """Return the wait after the ``failures``-th failure in a row (from 1) while a person waits."""
    doublings = min(failures - 1, 16)
    return int(chance * min(FIRST_BACKOFF_MS << doublings, LONGEST_BACKOFF_MS))


def first_retry(refresh_after_s: int | None, chance: float) -> int:
    """Return the wait before the only extra attempt, after the first failure since the start."""
    wait_ms = FIRST_BACKOFF_MS + int(chance * (LONGEST_BACKOFF_MS - FIRST_BACKOFF_MS))
    # Never longer than the license's own interval.
    return min(wait_ms, regular_interval(refresh_after_s, chance))


def background_retry(failures: int, refresh_after_s: int | None, chance: float) -> int:
    """Return the wait after the ``failures``-th failure in a row (from 1) in the background."""
    if failures > 1:
        return regular_interval(refresh_after_s, chance)
    if chance < NO_RETRY_SHARE:
        return regular_interval(refresh_after_s, chance / NO_RETRY_SHARE)
    return first_retry(refresh_after_s, (chance - NO_RETRY_SHARE) / (1 - NO_RETRY_SHARE))


def disputed_retry(answers: int, chance: float) -> int:
    """Return the wait after ``answers`` answers in a row (from 1) with a far server clock."""
    longest_ms = min(MINUTE_MS << min(answers - 1, 16), LONGEST_BACKOFF_MS)
    return int(longest_ms * (1 + 2 * chance) / 3)


def resave_backoff(failures: int) -> int:
    """Return the wait after the ``failures``-th failed save in a row (from 1)."""
    return min(FIRST_RESAVE_MS << min(failures - 1, 16), LONGEST_RESAVE_MS)


def poll_interval(elapsed_ms: int, chance: float) -> int:
    """Return the wait before the next poll of a checkout that was started ``elapsed_ms`` ago."""
    if elapsed_ms < _QUICK_POLLS_MS:
        return _jittered(_clamp(elapsed_ms // 20, 2 * SECOND_MS, 10 * SECOND_MS), chance)
    slow_ms = (elapsed_ms - _QUICK_POLLS_MS) // 4
    return _jittered(_clamp(slow_ms, MINUTE_MS, 30 * MINUTE_MS), chance)


def with_retry_after(wait_ms: int, retry_after_s: float | None, chance: float) -> int:
    """Return the wait, or ``Retry-After`` where that is longer, spread over a tenth above it."""
    if retry_after_s is None or not retry_after_s > 0:
        return wait_ms
    asked_ms = min(retry_after_s * SECOND_MS, LONGEST_RETRY_AFTER_MS)
    return max(wait_ms, int(asked_ms * (1 + JITTER * chance)))


def _jittered(wait_ms: int, chance: float) -> int:
    return int(wait_ms * (1 + JITTER * (2 * chance - 1)))


def _clamp(value: int, least: int, most: int) -> int:
    return min(max(value, least), most)
