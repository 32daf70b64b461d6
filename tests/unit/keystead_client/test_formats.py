"""Instants, spans and amounts as a person writes them."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS, from_iso
from keystead_client import formats

NEW_YEAR_MS = from_iso("2026-12-31T23:59:59.999Z")


def test_an_instant_is_formatted_in_its_zone_and_rounded_down() -> None:
    assert formats.minute(NEW_YEAR_MS, UTC) == "2026-12-31 23:59"
    assert formats.minute(NEW_YEAR_MS, timezone(timedelta(hours=1))) == "2027-01-01 00:59"
    assert formats.day(NEW_YEAR_MS, UTC) == "2026-12-31"


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (-1, "less than a minute"),
        (0, "less than a minute"),
        (MINUTE_MS - 1, "less than a minute"),
        (MINUTE_MS, "1 minute"),
        (HOUR_MS - 1, "59 minutes"),
        (HOUR_MS, "1 hour"),
        (2 * HOUR_MS + MINUTE_MS, "2 hours 1 minute"),
        (DAY_MS, "1 day"),
        (3 * DAY_MS, "3 days"),
        (3 * DAY_MS + 5 * HOUR_MS + 59 * MINUTE_MS, "3 days 5 hours"),
    ],
)
def test_spans(ms: int, said: str) -> None:
    assert formats.span(ms) == said


def test_how_long_ago() -> None:
    then = NEW_YEAR_MS
    assert formats.ago(then, then + 1, UTC) == "just now"
    assert formats.ago(then, then + 90 * MINUTE_MS, UTC) == "1 hour 30 minutes ago"
    assert formats.ago(then, then + DAY_MS, UTC) == "2026-12-31 23:59"
    assert formats.ago(then, then - 1, UTC) == "2026-12-31 23:59"


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (1200, "eur", "12.00 EUR"),
        (5, "usd", "0.05 USD"),
        (-1250, "eur", "-12.50 EUR"),
        (1200, "jpy", "1200 JPY"),
    ],
)
def test_money(amount: int, currency: str, said: str) -> None:
    assert formats.money(amount, currency) == said


def test_elapsed_time_is_formatted_like_a_clock() -> None:
    assert [formats.elapsed(s) for s in (-1, 0, 59.9, 67, 3600)] == [
        "0:00",
        "0:00",
        "0:59",
        "1:07",
        "60:00",
    ]


@given(st.text())
def test_control_characters_are_replaced(text: str) -> None:
    shown = formats.printable(text)
    assert len(shown) == len(text)
    assert shown.isprintable()
