"""Strict base64url and strict JSON: two texts never decode to one value.

A signature covers bytes. If a decoder forgives padding, stray bits, or a repeated name, then two
readers of one signed text can see two different things; so nothing is forgiven here.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64encode
from typing import Any

import msgspec

_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_PADDING = (b"", b"", b"==", b"=")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class InvalidEncoding(ValueError):
    """A text is not the one canonical spelling of what it stands for."""


def b64u_encode(data: bytes) -> str:
    """Unpadded base64url (RFC 7515 §2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def b64u_decode(text: str | bytes) -> bytes:
    """The bytes of unpadded canonical base64url.

    Raises InvalidEncoding for padding, a foreign character, an impossible length, or unused bits
    that are not zero (RFC 4648 §3.5), which would let one signature be written in several ways.
    """
    try:
        raw = text.encode("ascii") if isinstance(text, str) else text
        if b"=" in raw or b"+" in raw or b"/" in raw:
            raise InvalidEncoding("not the unpadded URL-safe alphabet")
        translated = raw.translate(_TO_STANDARD) + _PADDING[len(raw) % 4]
        data = binascii.a2b_base64(translated, strict_mode=True)
    except ValueError:
        raise InvalidEncoding("not base64url") from None
    if binascii.b2a_base64(data, newline=False) != translated:
        raise InvalidEncoding("not canonical base64url")
    return data


def decode_object(data: bytes) -> dict[str, Any]:
    """A JSON object (RFC 8259) without a repeated name at any depth, as UTF-8.

    Raises InvalidEncoding.
    """
    try:
        value = _decode(data)
        # What spells itself the same way again has no second member of a name to lose, and that is
        # every document that a compact serializer wrote: only others pay for looking twice.
        if _encode(value) != data:
            import json

            value = json.loads(data.decode(), object_pairs_hook=_no_duplicates)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise InvalidEncoding("not a JSON object with unique names") from None
    if not isinstance(value, dict):
        raise InvalidEncoding("not a JSON object")
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidEncoding("a name stands twice")
    return members
