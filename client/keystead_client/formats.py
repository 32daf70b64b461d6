"""Format instants, durations and amounts of money for people.

Pure: the time zone and the language are arguments. A zone of None is the machine's own.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from keystead_client.translator import ENGLISH, Translator

_SECOND_MS = 1000
_MINUTE_MS = 60 * _SECOND_MS
_HOUR_MS = 60 * _MINUTE_MS
_DAY_MS = 24 * _HOUR_MS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def minute(ms: int, zone: tzinfo | None, tr: Translator = ENGLISH) -> str:
    """Format an instant (epoch ms) to the minute, such as ``21 November 2026, 09:05``.

    Rounded down: what is shown to last until 09:05 must not end at 09:04.
    """
    at, language = _local(ms, zone), tr.language
    return tr("date.minute", date=language.day(at), time=language.time(at))


def day(ms: int, zone: tzinfo | None, tr: Translator = ENGLISH) -> str:
    """Format the day of an instant (epoch ms), such as ``21 November 2026``."""
    return tr.language.day(_local(ms, zone))


def time_of_day(ms: int, zone: tzinfo | None, tr: Translator = ENGLISH) -> str:
    """Format the time of day of an instant (epoch ms), to the minute: ``09:05``."""
    return tr.language.time(_local(ms, zone))


def span(ms: int, tr: Translator = ENGLISH) -> str:
    """Format a duration (ms) in its two largest units, rounded down: ``2 days 3 hours``."""
    minutes = max(0, ms) // _MINUTE_MS
    counted = (
        ("span.days", minutes // 1440),
        ("span.hours", minutes // 60 % 24),
        ("span.minutes", minutes % 60),
    )
    first = next((place for place, (_, number) in enumerate(counted) if number), None)
    if first is None:
        return tr("span.moment")
    larger, *smaller = (tr.count(*one) for one in counted[first : first + 2] if one[1])
    return tr("span.two", larger=larger, smaller=smaller[0]) if smaller else larger


def elapsed(seconds: float, tr: Translator = ENGLISH) -> str:
    """Format elapsed seconds as a clock does: ``1:07``."""
    whole = max(0, int(seconds))
    return tr.language.digits(f"{whole // 60}:{whole % 60:02}")


def ago(then_ms: int, now_ms: int, zone: tzinfo | None, tr: Translator = ENGLISH) -> str:
    """Format how long ago an instant was; the instant itself if it is more than a day away."""
    passed = now_ms - then_ms
    if not 0 <= passed < _DAY_MS:
        return minute(then_ms, zone, tr)
    if passed < _MINUTE_MS:
        return tr("span.just_now")
    return tr("span.ago", span=span(passed, tr))


def money(amount: int, currency: str, tr: Translator = ENGLISH) -> str:
    """Format an amount in the currency's smallest unit (as Stripe's), such as ``12.00 EUR``."""
    # Loaded with the first amount: most output has none.
    from decimal import Decimal

    from keystead.currencies import decimals

    units = Decimal(amount).scaleb(-decimals(currency))
    return tr.language.money(units, printable(currency.upper()))


def printable(text: str) -> str:
    """Replace control characters, which could steer a terminal; for all text from others."""
    return "".join(char if char.isprintable() else "�" for char in text)


def _local(ms: int, zone: tzinfo | None) -> datetime:
    return (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone)
