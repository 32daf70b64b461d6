"""The header Retry-After, as servers and proxies send it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead_daemon.retry_after import LONGEST_S, retry_after_s

DATE = "Mon, 30 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("0", 0),
        ("-5", 0),
        ("-9999999999999", 0),
        ("86401", LONGEST_S),
        ("9999999999", LONGEST_S),
        ("9" * 5000, LONGEST_S),
        ("Mon, 30 Nov 2026 12:05:00 GMT", 300),
        ("Monday, 30-Nov-26 12:05:00 GMT", 300),
        ("Mon Nov 30 12:05:00 2026", 300),
        ("Mon, 30 Nov 2026 11:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_S),
        ("soon", None),
        ("", None),
        ("7.5", None),
        ("٣", None),
        ("Mon, 99 Nov 2026 12:00:00 GMT", None),
    ],
)
def test_seconds_and_dates_are_read_and_clamped_to_a_day(value: str, seconds: int | None) -> None:
    assert retry_after_s(value, DATE) == seconds


@pytest.mark.parametrize("date", [None, "", "yesterday"])
def test_a_date_without_the_response_s_own_is_a_day(date: str | None) -> None:
    assert retry_after_s("Mon, 30 Nov 2026 12:00:30 GMT", date) == LONGEST_S
    assert retry_after_s("30", date) == 30


@given(st.text(max_size=40), st.none() | st.text(max_size=40))
def test_no_value_is_an_error(value: str, date: str | None) -> None:
    found = retry_after_s(value, date)
    assert found is None or 0 <= found <= LONGEST_S
