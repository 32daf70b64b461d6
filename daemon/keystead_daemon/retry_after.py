"""The header ``Retry-After`` in seconds (RFC 9110 §10.2.3). Pure."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime

#: The longest wait that a server can ask for. More is a mistake, or not meant for a person.
LONGEST_S = 86_400
_SECONDS = re.compile(r"-?\d+", re.ASCII)


def is_seconds(value: str) -> bool:
    """Return whether the value is a number of seconds rather than a date."""
    return _SECONDS.fullmatch(value.strip()) is not None


def retry_after_s(value: str, date: str | None) -> int | None:
    """Return the seconds to wait, from 0 to `LONGEST_S`; None where the value is neither form.

    ``date`` is the response's ``Date``, which a date is relative to: a wrong local clock changes
    nothing. Without it nobody knows how long the server asks for, and it is asked again in a day.
    """
    text = value.strip()
    if is_seconds(text):
        # int() refuses thousands of digits, and nine are more than a day already.
        seconds = LONGEST_S if len(text) > 9 else int(text)
        return 0 if text.startswith("-") else min(seconds, LONGEST_S)
    until_s, from_s = _timestamp(text), _timestamp(date or "")
    if until_s is None:
        return None
    if from_s is None:
        return LONGEST_S
    return int(min(max(until_s - from_s, 0), LONGEST_S))


def _timestamp(text: str) -> float | None:
    try:
        instant = parsedate_to_datetime(text)
        # Only asctime's form has no time zone, and it is GMT too (RFC 9110 §5.6.7).
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
