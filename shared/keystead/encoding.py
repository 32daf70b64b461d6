"""Strict base64url and strict JSON: two texts never decode to one value.

A signature covers bytes. If a decoder forgives padding, stray bits, or a repeated name, then two
readers of one signed text can see two different things; so nothing is forgiven here.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from functools import cache
from typing import Any, TypeVar

import msgspec

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_STANDARD = _ALPHABET.translate(bytes.maketrans(b"-_", b"+/"))
#: base64url in the letters of base64; any other byte becomes one that base64 does not have.
_TO_STANDARD = bytes(
    _STANDARD[_ALPHABET.index(byte)] if byte in _ALPHABET else ord("!") for byte in range(256)
)
#: By length modulo 4, what a text can end with: the bits that its last character has over are 0.
_LAST = (_ALPHABET, b"", _ALPHABET[::16], _ALPHABET[::4])
#: By length modulo 4, the padding and the quotation mark that end the text as a JSON string.
_ENDING = (b'"', b'"', b'=="', b'="')

S = TypeVar("S", bound=msgspec.Struct)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
# Reads base64 three times as fast as binascii does.
_decode_base64 = msgspec.json.Decoder(bytes).decode
_decoder = cache(msgspec.json.Decoder)


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
        over = len(raw) % 4
        if raw[-1:] not in _LAST[over]:
            raise InvalidEncoding("not unpadded canonical base64url")
        return _decode_base64(b'"' + raw.translate(_TO_STANDARD) + _ENDING[over])
    except (ValueError, msgspec.DecodeError):
        raise InvalidEncoding("not base64url") from None


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


def decode_struct(data: bytes, kind: type[S]) -> S:
    """A strict JSON object, as `decode_object` takes it, as a value of a Struct type.

    Raises InvalidEncoding, and msgspec.ValidationError where a member is missing or of another
    type.
    """
    try:
        value: S = _decoder(kind).decode(data)
    except msgspec.ValidationError:
        decode_object(data)
        raise
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise InvalidEncoding("not a JSON object") from None
    if _encode(value) != data:
        decode_object(data)
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidEncoding("a name stands twice")
    return members
