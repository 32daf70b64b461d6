"""Conversions of instants (specification §1.3): seconds in JWT claims, milliseconds elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

#: 9999-12-31T23:59:59.999Z, the last instant that RFC 3339 can write.
MAX_MS = 253_402_300_799_999

_encode = msgspec.json.Encoder().encode
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(seconds: int) -> int:
    """NumericDate seconds (RFC 7519 §2) as epoch milliseconds."""
    return seconds * SECOND_MS


def to_seconds(ms: int) -> int:
    """Epoch milliseconds as NumericDate seconds, rounded down so that no limit is extended."""
    return ms // SECOND_MS


def to_datetime(ms: int) -> datetime:
    """Epoch milliseconds as an aware UTC datetime, exactly."""
    return _EPOCH + timedelta(milliseconds=ms)


def iso(ms: int) -> str:
    """RFC 3339 in UTC with ``Z`` and exactly three decimals, the form of fields named ``…Iso``."""
    seconds, fraction = divmod(ms, SECOND_MS)
    # msgspec writes "2026-11-21T09:30:00Z", quotes included, three times as fast as isoformat().
    whole = _encode(datetime.fromtimestamp(seconds, UTC))[1:20].decode()
    return f"{whole}.{fraction:03}Z"


def from_iso(text: str) -> int:
    """Epoch milliseconds of an RFC 3339 instant with an offset.

    Raises ValueError where it is invalid or has no offset, because local time is ambiguous.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("an instant needs an offset, such as Z")
    return (moment - _EPOCH) // timedelta(milliseconds=1)
