"""Billing periods by the calendar, as Stripe counts them. Pure; instants in seconds.

A subscription's nth period ends n months or years after its billing cycle anchor, on the anchor's
day and at its time of day in UTC; if the month is too short, on its last day. Counting from the
anchor, not from the previous period, is what brings a 31st back after February.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime
from typing import Literal

DAY_S = 86_400
_MONTHS = {"month": 1, "year": 12}


def months_after(anchor_s: int, months: int) -> int:
    """Return the instant `months` calendar months after the anchor, clamped to the month."""
    anchor = datetime.fromtimestamp(anchor_s, UTC)
    year, month0 = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    day = min(anchor.day, monthrange(year, month0 + 1)[1])
    return int(anchor.replace(year=year, month=month0 + 1, day=day).timestamp())


def period_end(anchor_s: int, start_s: int, interval: Literal["month", "year"]) -> int:
    """Return the end of the period that starts at `start_s`: the first one after it."""
    anchor = datetime.fromtimestamp(anchor_s, UTC)
    start = datetime.fromtimestamp(start_s, UTC)
    step = _MONTHS[interval]
    passed = (start.year - anchor.year) * 12 + start.month - anchor.month
    months = max(passed // step * step, 0)
    # The estimate ignores days and times of day, so it can be one step short.
    while (end := months_after(anchor_s, months)) <= start_s:
        months += step
    return end


def midnight_after(now_s: int, days: int = 1) -> int:
    """Return the instant at which that many UTC days have ended."""
    return (now_s // DAY_S + days) * DAY_S
