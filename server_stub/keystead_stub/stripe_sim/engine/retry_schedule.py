"""When a rejected webhook is sent again. Pure; instants in milliseconds.

Stripe retries "for up to three days with an exponential back off" in live mode, and three times
over a few hours in a sandbox (https://docs.stripe.com/webhooks#retries). The stub takes the three
days, so that long outages can be tested; the steps are those that Stripe's dashboard shows: 5
minutes, 30 minutes, 2, 5 and 10 hours, then every 12 hours.
"""

from __future__ import annotations

from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS

WAITS_MS = (5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS)
LATER_MS = 12 * HOUR_MS
GIVE_UP_AFTER_MS = 3 * DAY_MS


def next_attempt_ms(*, since_ms: int, tries: int, at_ms: int) -> int | None:
    """Return when to try again after `tries` failures, the last at `at_ms`; null for never.

    `since_ms` is when the first of these tries was due.
    """
    wait = WAITS_MS[tries - 1] if tries <= len(WAITS_MS) else LATER_MS
    due = at_ms + wait
    # Stripe gives up after three days, counted from the first attempt and not from the last.
    return due if due <= since_ms + GIVE_UP_AFTER_MS else None
