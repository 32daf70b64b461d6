"""Make Stripe's JSON storable: no text that a database or an encoder refuses. Pure.

JSON can hold two kinds of text that can't be stored: half of a surrogate pair, which has no
encoding in UTF-8, and NUL, which PostgreSQL refuses. Stripe's objects contain what customers type,
so such a text is replaced and never refused: Stripe would send its event again for three days.
"""

from __future__ import annotations

import json
import re
from typing import Any

#: U+FFFD, the replacement character of Unicode.
_REPLACEMENT = "\ufffd"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(value: Any) -> Any:
    """Return the JSON value with each unstorable character replaced, in names as well.

    Raises RecursionError for a value that is nested too deeply.
    """
    match value:
        case str():
            return _UNSTORABLE.sub(_REPLACEMENT, value)
        case dict():
            return {storable(name): storable(one) for name, one in value.items()}
        case list():
            return [storable(one) for one in value]
    return value


def storable_document(content: bytes) -> bytes:
    """Return a JSON document with its texts storable; content that is no JSON is unchanged."""
    # Only an escape can write such a character: as bytes, neither is valid JSON in UTF-8.
    if b"\\u" not in content:
        return content
    try:
        return json.dumps(storable(json.loads(content))).encode()
    except (ValueError, RecursionError):
        return content
