"""Conversions between seconds, milliseconds and RFC 3339."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.instants import DAY_MS, MAX_MS, from_iso, iso, to_datetime, to_ms, to_seconds

INSTANTS = st.integers(0, MAX_MS)


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (DAY_MS, "1970-01-02T00:00:00.000Z"),
        (1_790_000_000_123, "2026-09-21T14:13:20.123Z"),
        (MAX_MS, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_iso_has_three_decimals_and_z(ms: int, text: str) -> None:
    assert iso(ms) == text


@given(INSTANTS)
def test_an_iso_text_is_parsed_to_the_same_instant(ms: int) -> None:
    assert from_iso(iso(ms)) == ms


@given(INSTANTS)
def test_a_datetime_is_exact_and_aware(ms: int) -> None:
    assert to_datetime(ms) == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


def test_a_utc_offset_is_required_and_applied() -> None:
    assert from_iso("1970-01-01T01:00:00+01:00") == 0
    with pytest.raises(ValueError, match="an instant needs an offset"):
        from_iso("1970-01-01T00:00:00")
    with pytest.raises(ValueError, match="isoformat"):
        from_iso("yesterday")


def test_seconds_are_rounded_down() -> None:
    assert (to_seconds(1_999), to_seconds(2_000), to_ms(2)) == (1, 2, 2_000)
