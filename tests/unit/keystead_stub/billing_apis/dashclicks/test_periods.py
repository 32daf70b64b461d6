"""Ranges of days in time zones: every instant belongs to one day, whatever the day's length."""

from __future__ import annotations

import zoneinfo
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.errors import InvalidInput
from keystead.instants import HOUR_MS, from_iso, to_datetime
from keystead_stub.billing_apis.dashclicks.reports import periods
from keystead_stub.billing_apis.dashclicks.reports.periods import Period, day_of, period

ZONES = sorted(zoneinfo.available_timezones() - {"Factory", "localtime"})


def hours(day: str, zone: str) -> float:
    begins, ends = period(day, day, zone).bounds
    return (ends - begins) / HOUR_MS


def test_a_day_in_utc_has_24_hours() -> None:
    assert period("2026-02-28", "2026-03-01", "UTC").bounds == [
        from_iso("2026-02-28T00:00:00Z"),
        from_iso("2026-03-01T00:00:00Z"),
        from_iso("2026-03-02T00:00:00Z"),
    ]


@pytest.mark.parametrize(
    ("day", "zone", "length"),
    [
        ("2026-03-29", "Europe/Berlin", 23),
        ("2026-10-25", "Europe/Berlin", 25),
        ("2026-03-08", "America/New_York", 23),
        ("2026-11-01", "America/New_York", 25),
        # Half an hour.
        ("2026-10-04", "Australia/Lord_Howe", 23.5),
        # At midnight itself: there is no 00:00, and the day begins at 01:00.
        ("2026-04-24", "Africa/Cairo", 23),
        # From 24:00 back to 23:00: that hour comes twice.
        ("2026-10-29", "Africa/Cairo", 25),
        # Samoa skipped this whole day when it crossed the date line.
        ("2011-12-30", "Pacific/Apia", 0),
        ("2026-06-21", "Asia/Kolkata", 24),
    ],
)
def test_days_have_23_or_25_hours_where_clocks_change(day: str, zone: str, length: float) -> None:
    assert hours(day, zone) == length


def test_a_day_begins_at_its_first_local_instant() -> None:
    assert period("2026-03-30", "2026-03-30", "Europe/Berlin").bounds[0] == from_iso(
        "2026-03-29T22:00:00Z"
    )
    assert period("2026-03-29", "2026-03-29", "Europe/Berlin").bounds[0] == from_iso(
        "2026-03-28T23:00:00Z"
    )


@given(
    zone=st.sampled_from(ZONES),
    at_ms=st.integers(from_iso("2015-01-01T00:00:00Z"), from_iso("2035-01-01T00:00:00Z")),
    before=st.integers(0, 5),
    after=st.integers(0, 5),
)
def test_every_instant_belongs_to_its_local_date(
    zone: str, at_ms: int, before: int, after: int
) -> None:
    shown = to_datetime(at_ms).astimezone(zoneinfo.ZoneInfo(zone)).date()
    first, last = shown.toordinal() - before, shown.toordinal() + after
    days = Period(date.fromordinal(first), date.fromordinal(last), zone)
    found = day_of(days.bounds, at_ms)
    assert found is not None
    assert days.days[found] == shown
    assert days.bounds == sorted(days.bounds)


@given(
    zone=st.sampled_from(ZONES),
    start=st.dates(date(1975, 1, 1), date(8900, 1, 1)),
    length=st.integers(1, 366),
)
def test_the_previous_range_is_adjacent_and_of_the_same_length(
    zone: str, start: date, length: int
) -> None:
    days = Period(start, start + timedelta(days=length - 1), zone)
    assert days.before.length == days.length
    assert days.before.bounds[-1] == days.bounds[0]
    assert len(days.bounds) == days.length + 1


def test_an_instant_outside_the_range_belongs_to_no_day() -> None:
    bounds = period("2026-01-01", "2026-01-02", "UTC").bounds
    assert day_of(bounds, bounds[0] - 1) is None
    assert day_of(bounds, bounds[-1]) is None
    assert (day_of(bounds, bounds[0]), day_of(bounds, bounds[-1] - 1)) == (0, 1)


@pytest.mark.parametrize(
    ("start", "end", "zone", "code"),
    [
        ("2026-01-02", "2026-01-01", "UTC", "invalid_range"),
        ("2026-01-01", "2027-01-02", "UTC", "invalid_range"),
        ("2026-02-29", "2026-03-01", "UTC", "invalid_date"),
        ("2026-W01-1", "2026-03-01", "UTC", "invalid_date"),
        ("1969-12-31", "1970-01-01", "UTC", "invalid_date"),
        ("9000-01-01", "9000-01-01", "UTC", "invalid_date"),
        ("\u0662\u0660\u0662\u0666-01-01", "2026-01-02", "UTC", "invalid_date"),
        ("2026-01-01", "2026-01-01", "Berlin", "invalid_time_zone"),
        ("2026-01-01", "2026-01-01", "localtime", "invalid_time_zone"),
        ("2026-01-01", "2026-01-01", "Europe", "invalid_time_zone"),
        ("2026-01-01", "2026-01-01", "UTC\x00", "invalid_time_zone"),
    ],
)
def test_invalid_date_ranges_are_refused(start: str, end: str, zone: str, code: str) -> None:
    # Read anew, or a test before this one decides whether these lines are measured.
    periods._zones.cache_clear()
    with pytest.raises(InvalidInput) as refused:
        period(start, end, zone)
    assert refused.value.code == code


def test_the_longest_range_has_366_days() -> None:
    assert period("2028-01-01", "2028-12-31", "UTC").length == 366
