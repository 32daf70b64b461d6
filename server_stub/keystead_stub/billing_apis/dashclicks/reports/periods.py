"""Ranges of days in a time zone, as instants. Pure.

A day runs from the first instant with its date to the first instant of the next date: 23 or 25
hours where the clocks change.
"""

from __future__ import annotations

import functools
import re
import zoneinfo
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import msgspec

from keystead.errors import InvalidInput
from keystead.wire.dashclicks.money import MAX_DAYS

UTC = "UTC"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
#: Years whose neighbours can be expressed in epoch ms and by Python's dates.
_YEARS = range(1971, 9000)
#: Entries of the zone database that are no zone, or differ on each machine.
_NO_ZONES = frozenset({"Factory", "localtime"})


class Period(msgspec.Struct, frozen=True):
    """Days from `start` to `end`, both included, in the time zone with that IANA name."""

    start: date
    end: date
    zone: str

    @property
    def days(self) -> list[date]:
        return [self.start + timedelta(days=n) for n in range(self.length)]

    @property
    def length(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def before(self) -> Period:
        """Return the range of the same length that ends the day before."""
        span = timedelta(days=self.length)
        return Period(self.start - span, self.end - span, self.zone)

    @property
    def bounds(self) -> list[int]:
        """Return when each day begins, in epoch ms, and when the range ends."""
        return [midnight_ms(day, self.zone) for day in (*self.days, self.end + timedelta(days=1))]


def midnight_ms(day: date, zone: str) -> int:
    """Return the first instant of a day."""
    # Where the clocks skip midnight, this is the instant of the jump; where it comes
    # twice, the first.
    local = datetime.combine(day, time(), zoneinfo.ZoneInfo(zone))
    return round(local.timestamp() * 1000)


def day_of(bounds: Sequence[int], at_ms: int) -> int | None:
    """Return the index of the day between these bounds that holds the instant, or null."""
    found = bisect_right(bounds, at_ms) - 1
    return found if 0 <= found < len(bounds) - 1 else None


def period(start: str, end: str, zone: str) -> Period:
    """Return the range between two ISO dates.

    Raises InvalidInput (``invalid_date``, ``invalid_time_zone``, ``invalid_range``).
    """
    made = Period(_day(start), _day(end), checked_zone(zone))
    if made.length < 1:
        raise InvalidInput("The range ends before it begins.", code="invalid_range")
    if made.length > MAX_DAYS:
        raise InvalidInput(f"A range has up to {MAX_DAYS} days.", code="invalid_range")
    return made


def checked_zone(name: str) -> str:
    """Return the name. Raises InvalidInput (``invalid_time_zone``) unless it is an IANA zone's."""
    if name not in _zones():
        raise InvalidInput("Not an IANA time zone name.", code="invalid_time_zone")
    return name


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones() - _NO_ZONES)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        raise InvalidInput("Dates are written as 2026-02-28.", code="invalid_date")
    return day
