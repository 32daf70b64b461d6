"""Detects secrets in configuration text. Pure.

In doubt a text counts as a secret. A result is the kind of secret, never the text.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

STRIPE_KEY = "a secret key of Stripe"
WEBHOOK_SECRET = "a webhook secret"
PRIVATE_KEY = "a private key"
JWT = "a signed token"
PASSWORD = "a password in an address"

#: After a letter, `sk_` may end a word such as `disk_1`, unless the rest looks like a key.
_SHAPES = (
    (
        STRIPE_KEY,
        re.compile(
            r"(?<![A-Z0-9])[sr]k_|[sr]k_(?:live|test|org)_|[sr]k_[A-Z0-9]{16}", re.IGNORECASE
        ),
    ),
    (WEBHOOK_SECRET, re.compile(r"whsec_", re.IGNORECASE)),
    (PRIVATE_KEY, re.compile(r"BEGIN[\w\s-]{0,40}PRIVATE\s+KEY", re.IGNORECASE)),
    # PKCS #8 and PKCS #1 without the BEGIN and END lines (RFC 5208, RFC 8410).
    (PRIVATE_KEY, re.compile(r"MC4CAQAwBQYDK2V|MII[A-Za-z0-9+/]{4,10}IBADA|MII[CEJ]\w{2,4}IBAAK")),
    # A JSON Web Key with its private part (RFC 7517).
    (PRIVATE_KEY, re.compile(r"""["']d["']\s*:\s*["'][\w-]{20}""")),
    (PASSWORD, re.compile(r"://[^/\s:@?#]*:[^/\s@?#]+@")),
    (PASSWORD, re.compile(r"(?i)[?&;](?:password|passwd|pwd|secret|token|api_?key)=[^&\s]")),
)
#: A compact JWS (RFC 7515 §7.1), from any position at which its JSON header may start.
_COMPACT = re.compile(r"(?=(e[wy][\w-]{6,1000})\.[\w-]{2,}\.)", re.ASCII)
#: A URL within a URL is percent-encoded twice. Each further level costs a search of every text.
_DECODINGS = 3


def find_secret(value: Any) -> str | None:
    """The kind of the first secret in a TOML value, including the names in tables."""
    return next((kind for text in _texts(value) if (kind := _in_text(text))), None)


def _texts(value: Any) -> Iterator[str]:
    """All texts in a value. The texts of an array also joined, because a secret may be split."""
    match value:
        case str():
            yield value
        case Mapping():
            for name, one in value.items():
                yield str(name)
                yield from _texts(one)
        case list() | tuple():
            yield "".join(one for one in value if isinstance(one, str))
            for one in value:
                yield from _texts(one)
        case _:
            yield str(value)


def _in_text(text: str) -> str | None:
    for reading in _readings(text):
        for kind, shape in _SHAPES:
            if shape.search(reading):
                return kind
        if any(_begins_an_object(found[1]) for found in _COMPACT.finditer(reading)):
            return JWT
    return None


def _readings(text: str) -> Iterator[str]:
    """The text, its percent-decoded forms, and each without invisible characters."""
    for _ in range(_DECODINGS):
        yield text
        plain = unicodedata.normalize("NFKC", text)
        yield "".join(one for one in plain if unicodedata.category(one) != "Cf")
        decoded = unquote(text)
        if decoded == text:
            return
        text = decoded


def _begins_an_object(part: str) -> bool:
    """Whether this is the start of a JSON object in base64url. At least 8 characters are given."""
    head = urlsafe_b64decode(part[:8])
    return head.lstrip(b"{ \t\r\n")[:1] in {b'"', b""} and head[:1] == b"{"
