"""Strict base64url and strict JSON: each value has one encoding.

A signature covers bytes. A decoder that tolerates padding, stray bits or duplicate names lets two
readers see different values in one signed text. So nothing of that is tolerated here.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from functools import cache
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

#: An integer of a signed document: one that a JSON reader with IEEE 754 numbers keeps exactly
#: (RFC 8259 §6), so that no two readers see different values.
Integer: TypeAlias = Annotated[int, Meta(ge=-(2**53) + 1, le=2**53 - 1)]

#: What may stand around a signed text in a file (specification §4.1). Python strips control
#: characters from a str as well, which would be a second encoding of one document.
WHITE_SPACE = " \t\n\r\v\f"

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_STANDARD = _ALPHABET.translate(bytes.maketrans(b"-_", b"+/"))
#: From base64url to base64; any other byte becomes one that is not in base64.
_TO_STANDARD = bytes(
    _STANDARD[_ALPHABET.index(byte)] if byte in _ALPHABET else ord("!") for byte in range(256)
)
#: By length modulo 4, the valid last characters: those whose unused bits are zero.
_LAST = (_ALPHABET, b"", _ALPHABET[::16], _ALPHABET[::4])
#: By length modulo 4, the padding and quotation mark that complete a JSON string.
_ENDING = (b'"', b'"', b'=="', b'="')

S = TypeVar("S", bound=msgspec.Struct)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
# msgspec decodes base64 three times as fast as binascii.
_decode_base64 = msgspec.json.Decoder(bytes).decode
_decoder = cache(msgspec.json.Decoder)


class InvalidEncoding(ValueError):
    """A text is not in its canonical encoding."""


def b64u_encode(data: bytes) -> str:
    """Unpadded base64url (RFC 7515 §2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def b64u_decode(text: str | bytes) -> bytes:
    """Return the bytes of unpadded canonical base64url.

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
    """Decode a JSON object (RFC 8259) in UTF-8 that has no duplicate name at any depth.

    Raises InvalidEncoding.
    """
    try:
        value = _decode(data)
        # A text that is encoded the same way again has no duplicate name. That covers compact JSON;
        # other texts are decoded again to look for duplicates.
        if _encode(value) != data:
            import json

            value = json.loads(data.decode(), object_pairs_hook=_no_duplicates)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise InvalidEncoding("not a JSON object with unique names") from None
    if not isinstance(value, dict):
        raise InvalidEncoding("not a JSON object")
    return value


def decode_struct(data: bytes, kind: type[S]) -> S:
    """Decode a strict JSON object, as in `decode_object`, to a Struct type.

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
        raise InvalidEncoding("duplicate name")
    return members
