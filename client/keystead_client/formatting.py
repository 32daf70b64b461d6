"""Instants, spans of time and amounts of money as a person writes them.

Pure: the time zone and the language are passed in. A zone of None is the machine's own.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from keystead_client.texts import ENGLISH, Texts

_SECOND_MS = 1000
_MINUTE_MS = 60 * _SECOND_MS
_HOUR_MS = 60 * _MINUTE_MS
_DAY_MS = 24 * _HOUR_MS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: Currencies whose smallest unit is the unit itself (Stripe's zero-decimal currencies).
_WITHOUT_DECIMALS = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split()
)


def minute(ms: int, zone: tzinfo | None, texts: Texts = ENGLISH) -> str:
    """An instant (epoch ms) to the minute, such as ``21 November 2026, 09:05``.

    Rounded down: who is told that something goes on until 09:05 must not be let down at 09:04.
    """
    at = _local(ms, zone)
    return texts("date.minute", date=_date(at, texts), time=f"{at:%H:%M}")


def day(ms: int, zone: tzinfo | None, texts: Texts = ENGLISH) -> str:
    """The day of an instant (epoch ms), such as ``21 November 2026``."""
    return _date(_local(ms, zone), texts)


def span(ms: int, texts: Texts = ENGLISH) -> str:
    """A length of time (ms) in its two largest units, rounded down: ``2 days 3 hours``."""
    minutes = max(0, ms) // _MINUTE_MS
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return _joined((_count("day", days, texts), hours and _count("hour", hours, texts)))
    if hours:
        return _joined((_count("hour", hours, texts), rest and _count("minute", rest, texts)))
    return _count("minute", rest, texts) if rest else texts("span.moment")


def elapsed(seconds: float) -> str:
    """Seconds waited so far, as a clock shows them: ``1:07``."""
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02}"


def ago(then_ms: int, now_ms: int, zone: tzinfo | None, texts: Texts = ENGLISH) -> str:
    """How long ago an instant was, or the instant itself where it is more than a day away."""
    passed = now_ms - then_ms
    if not 0 <= passed < _DAY_MS:
        return minute(then_ms, zone, texts)
    if passed < _MINUTE_MS:
        return texts("span.just_now")
    return texts("span.ago", span=span(passed, texts))


def money(amount: int, currency: str) -> str:
    """An amount in the currency's smallest unit, such as ``12.00 EUR``."""
    name = currency.upper()
    if currency.lower() in _WITHOUT_DECIMALS:
        return f"{amount} {name}"
    sign, whole = "-" if amount < 0 else "", abs(amount)
    return f"{sign}{whole // 100}.{whole % 100:02} {name}"


def printable(text: str) -> str:
    """The text without characters that steer a terminal; what others wrote is shown through it."""
    return "".join(char if char.isprintable() else "�" for char in text)


def _local(ms: int, zone: tzinfo | None) -> datetime:
    return (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone)


def _date(at: datetime, texts: Texts) -> str:
    return texts("date.day", day=at.day, month=texts(f"month.{at.month}"), year=at.year)


def _count(unit: str, number: int, texts: Texts) -> str:
    return texts(f"span.{unit}" if number == 1 else f"span.{unit}s", number=number)


def _joined(parts: tuple[str | int, ...]) -> str:
    return " ".join(str(part) for part in parts if part)
