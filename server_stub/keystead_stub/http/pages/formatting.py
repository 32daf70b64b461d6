"""The formats of money, dates and statuses on pages. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Protocol

from keystead.currencies import decimals
from keystead.instants import to_datetime

_SYMBOLS = {"eur": "€", "usd": "$", "gbp": "£"}
_PERIODS = {"month": "per month", "year": "per year"}
_BRANDS = {"amex": "American Express", "sepa_debit": "Bank account"}
_TONES = {
    "active": "good",
    "paid": "good",
    "trialing": "good",
    "delivered": "good",
    "past_due": "warn",
    "open": "warn",
    "in_transit": "warn",
    "held": "warn",
    "overdue": "bad",
    "paused": "warn",
    "pending": "warn",
    "settling": "warn",
    "incomplete": "warn",
    "draft": "plain",
    "refunded": "plain",
    "void": "plain",
    "removed": "plain",
}


def money(amount: int, currency: str) -> str:
    """Format an amount in the currency's smallest unit: `€12.00`, `JPY 1,200`."""
    if amount < 0:
        return f"\N{MINUS SIGN}{money(-amount, currency)}"
    symbol = _SYMBOLS.get(currency, currency.upper() + " ")
    places = decimals(currency)
    # Not by floats: an integer beyond 2**53 would lose its last digits.
    return f"{symbol}{Decimal(amount).scaleb(-places):,.{places}f}"


def words(code: str) -> str:
    """Format a code for reading: `past due`."""
    return code.replace("_", " ")


def sentence_case(code: str) -> str:
    """Format a code for the start of a line: `Past due`."""
    text = words(code)
    return text[:1].upper() + text[1:]


def brand(code: str) -> str:
    """Format a card's brand: `Visa`."""
    return _BRANDS.get(code, code.capitalize())


def tone(status: str) -> str:
    """Return the tone of a status: ``good``, ``warn``, ``bad`` or ``plain``.

    Color never carries a meaning alone; the status is always written beside it.
    """
    return _TONES.get(status, "bad")


def count(number: int, thing: str) -> str:
    """Format a number of things: `1 seat`, `2 seats`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def day(ms: int) -> str:
    """Format the day of an instant in ms: `3 May 2026`."""
    instant = to_datetime(ms)
    # Not `%d`, which adds a zero, nor `%-d`, which Windows does not know.
    return f"{instant.day} {instant:%B %Y}"


def moment(ms: int) -> str:
    """Format an instant in ms: `3 May 2026, 14:05:09 UTC`."""
    instant = to_datetime(ms)
    return f"{instant.day} {instant:%b %Y, %H:%M:%S} UTC"


def machine_time(ms: int) -> str:
    """Format an instant in ms for the `datetime` attribute of a `time` element."""
    return f"{to_datetime(ms):%Y-%m-%dT%H:%M:%SZ}"


class Reduction(Protocol):
    """What a coupon takes off; `duration` is Stripe's, `months` that of a repeating one."""

    @property
    def percent_off(self) -> float | None: ...
    @property
    def amount_off(self) -> int | None: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def duration(self) -> str: ...
    @property
    def months(self) -> int | None: ...


class Promotion(Protocol):
    """A promotion code on offer; it reduces once if it names no `months`."""

    @property
    def active(self) -> bool: ...
    @property
    def percent_off(self) -> float | None: ...
    @property
    def amount_off(self) -> int | None: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def months(self) -> int | None: ...


def reduction(gives: Reduction) -> str:
    """Format what a coupon takes off: `20% off for 3 months`."""
    off = _off(gives.percent_off, gives.amount_off, gives.currency)
    if gives.duration == "repeating":
        return _for_months(off, gives.months)
    return f"{off} once" if gives.duration == "once" else off


def promotion(offered: Promotion) -> str:
    """Format the effect of a promotion code: `20% off for 3 months`, or `is over`."""
    if not offered.active:
        return "is over"
    off = _off(offered.percent_off, offered.amount_off, offered.currency)
    return _for_months(off, offered.months) if offered.months else f"{off} once"


def _off(percent_off: float | None, amount_off: int | None, currency: str | None) -> str:
    if percent_off is not None:
        return f"{percent_off:g}% off"
    return f"{money(amount_off or 0, currency or '')} off"


def _for_months(off: str, months: int | None) -> str:
    return f"{off} for {count(months or 0, 'month')}"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "brand": brand,
    "count": count,
    "day": day,
    "machine_time": machine_time,
    "moment": moment,
    "money": money,
    "period": _PERIODS.get,
    "promotion": promotion,
    "reduction": reduction,
    "sentence_case": sentence_case,
    "tone": tone,
    "words": words,
}
