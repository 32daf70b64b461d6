"""Billing periods follow the calendar from the anchor, as Stripe counts them."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead_stub.stripe_sim.engine.calendar import midnight_after, months_after, period_end


def _s(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.fixture(params=["EST5", "JST-9"])
def _time_zone(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run the test where it is still the day before, and where it is the next day already."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_time_zone")
def test_periods_are_counted_in_utc_whatever_the_time_zone_is() -> None:
    anchor = _s("2026-03-31T01:00:00")
    assert months_after(anchor, 1) == _s("2026-04-30T01:00:00")
    assert period_end(anchor, anchor, "month") == _s("2026-04-30T01:00:00")
    assert period_end(anchor, _s("2026-05-31T01:00:00"), "month") == _s("2026-06-30T01:00:00")
    first = _s("2026-03-01T01:00:00")
    assert period_end(first, _s("2026-04-01T00:30:00"), "month") == _s("2026-04-01T01:00:00")
    last = _s("2026-01-31T23:30:00")
    assert period_end(last, _s("2026-02-28T20:00:00"), "month") == _s("2026-02-28T23:30:00")


def test_midnight_is_in_utc_and_counts_whole_days() -> None:
    noon = _s("2026-03-31T12:00:00")
    assert midnight_after(noon) == _s("2026-04-01T00:00:00")
    assert midnight_after(noon, 3) == _s("2026-04-03T00:00:00")
    assert midnight_after(_s("2026-04-01T00:00:00")) == _s("2026-04-02T00:00:00")


def test_an_anchor_on_the_31st_is_clamped_in_short_months_only() -> None:
    anchor = _s("2026-01-31T10:00:00")
    ends = []
    start = anchor
    for _ in range(4):
        start = period_end(anchor, start, "month")
        ends.append(start)
    assert ends == [
        _s("2026-02-28T10:00:00"),
        _s("2026-03-31T10:00:00"),
        _s("2026-04-30T10:00:00"),
        _s("2026-05-31T10:00:00"),
    ]


def test_a_yearly_anchor_on_a_leap_day_is_clamped_in_common_years() -> None:
    anchor = _s("2024-02-29T00:00:00")
    assert period_end(anchor, anchor, "year") == _s("2025-02-28T00:00:00")
    assert months_after(anchor, 48) == _s("2028-02-29T00:00:00")


@given(
    st.integers(0, _s("2900-01-01T00:00:00")),
    st.integers(0, 400),
    st.sampled_from(["month", "year"]),
)
def test_a_period_ends_after_its_start_and_within_one_interval(
    anchor: int, periods: int, interval: str
) -> None:
    unit: Literal["month", "year"] = "month" if interval == "month" else "year"
    start = anchor
    for _ in range(periods % 30):
        end = period_end(anchor, start, unit)
        assert 0 < end - start <= (31 if unit == "month" else 366) * 86_400
        start = end
    months = (periods % 30) * (1 if unit == "month" else 12)
    assert start == months_after(anchor, months)
