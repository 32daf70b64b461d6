"""When to ask the backend again: policies named by who waits. Pure; times in ms, chance passed in.

``chance`` is a number drawn evenly from [0, 1). Five waits, for five situations:

`regular_interval`  After a success: the license's ``refreshAfterSeconds``, ±10 %.
`urgent_backoff`    After a failure while a person waits, or less than a day before the boundary.
                    Exponential backoff with full jitter: drawn evenly from [0, 30 s · 2ⁿ], at
                    most an hour.
`first_retry`       After the first request since the start failed: drawn evenly from 30 s to 1 h.
`background_retry`  After a failure in the background, with days to spare. Most devices make one
                    `first_retry`, some none; from then on the regular interval applies.
`poll_interval`     While a checkout is open: 2 s → 10 s for 15 minutes, then 1 → 30 min for a day.

Why does the background not back off to an hour and stay there? Because of the return of many. When
a server is gone for long, every device fails sooner or later. If each then asked about every half
hour (the mean of an hour with full jitter), a server that came back would meet all of them within
the hour: twelve times its usual load, for nothing, since none of them needs an answer today. Even
the quick steps before the cap add up: eight tries by everybody whose refresh fell into the outage
are eight times the usual load, at every moment of it.

So a background device spends at most *one* extra try on an outage. At any moment of any outage,
however long, what arrives is the regular tries (at most the steady rate) and the retries of those
that failed for the first time within the last hour: as many again, if all of them retried. That
would be 2×, and chance would lift one minute or another above it; so one device in seven sits out
(`NO_RETRY_SHARE`): 1.86×, and not one minute of a million devices comes to 2×. Once the outage
outlives a refresh interval nobody is failing for the first time, and the rate is 1×. Those within
a day of their boundary are a thirtieth of all with monthly periods, and only in outages of two days
and more: they add 0.4× where the rest is at 1×. The simulation in
``tests/properties/test_return_of_many.py`` shows all of it.

The device loses nothing: a new network, a wake from sleep, a start and a person each ask at once.
"""

from __future__ import annotations

from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

FIRST_BACKOFF_MS = 30 * SECOND_MS
LONGEST_BACKOFF_MS = HOUR_MS
#: With less than this to the boundary a failure is not taken patiently.
URGENT_BEFORE_MS = DAY_MS
JITTER = 0.1
#: The share of devices that does not retry a refresh before its next regular time.
NO_RETRY_SHARE = 1 / 7

#: A backend may ask for calls between these; a signed slip of the pen must not drown or mute us.
SHORTEST_INTERVAL_MS = 10 * SECOND_MS
LONGEST_INTERVAL_MS = 7 * DAY_MS
DEFAULT_INTERVAL_MS = 6 * HOUR_MS

#: ``Retry-After`` is honoured up to here: beyond, a mistake over there would look like ours.
LONGEST_RETRY_AFTER_MS = DAY_MS

#: A checkout that has not ended after this is not waited for any longer.
POLL_ENDS_MS = DAY_MS
_QUICK_POLLS_MS = 15 * MINUTE_MS


def regular_interval(refresh_after_s: int | None, chance: float) -> int:
    """The wait after an answer; ``refresh_after_s`` as the license has it, None without one."""
    interval_ms = DEFAULT_INTERVAL_MS if refresh_after_s is None else refresh_after_s * SECOND_MS
    interval_ms = min(max(interval_ms, SHORTEST_INTERVAL_MS), LONGEST_INTERVAL_MS)
    return _jittered(interval_ms, chance)


def urgent_backoff(failures: int, chance: float) -> int:
    """The wait after the ``failures``-th failure in a row (from 1) while somebody waits."""
    doublings = min(failures - 1, 16)
    return int(chance * min(FIRST_BACKOFF_MS << doublings, LONGEST_BACKOFF_MS))


def first_retry(refresh_after_s: int | None, chance: float) -> int:
    """The wait before the one extra try."""
    wait_ms = FIRST_BACKOFF_MS + int(chance * (LONGEST_BACKOFF_MS - FIRST_BACKOFF_MS))
    # A license that wants to be asked for more often than that is never asked for less often.
    return min(wait_ms, regular_interval(refresh_after_s, chance))


def background_retry(failures: int, refresh_after_s: int | None, chance: float) -> int:
    """The wait after the ``failures``-th failure in a row (from 1) with days to spare."""
    if failures > 1:
        return regular_interval(refresh_after_s, chance)
    if chance < NO_RETRY_SHARE:
        return regular_interval(refresh_after_s, chance / NO_RETRY_SHARE)
    return first_retry(refresh_after_s, (chance - NO_RETRY_SHARE) / (1 - NO_RETRY_SHARE))


def poll_interval(elapsed_ms: int, chance: float) -> int:
    """The wait before a checkout that was started ``elapsed_ms`` ago is asked for again."""
    if elapsed_ms < _QUICK_POLLS_MS:
        return _jittered(_clamp(elapsed_ms // 20, 2 * SECOND_MS, 10 * SECOND_MS), chance)
    slow_ms = (elapsed_ms - _QUICK_POLLS_MS) // 4
    return _jittered(_clamp(slow_ms, MINUTE_MS, 30 * MINUTE_MS), chance)


def with_retry_after(wait_ms: int, retry_after_s: float | None, chance: float) -> int:
    """The wait, or what ``Retry-After`` asks for where that is longer, never all at one instant."""
    if retry_after_s is None or not retry_after_s > 0:
        return wait_ms
    asked_ms = min(retry_after_s * SECOND_MS, LONGEST_RETRY_AFTER_MS)
    return max(wait_ms, int(asked_ms * (1 + JITTER * chance)))


def _jittered(wait_ms: int, chance: float) -> int:
    return int(wait_ms * (1 + JITTER * (2 * chance - 1)))


def _clamp(value: int, least: int, most: int) -> int:
    return min(max(value, least), most)
