"""Who issued a certificate, from its DER bytes (RFC 5280 §4.1). Pure.

Python's ssl decodes only certificates that it has verified, and the issuer matters exactly where
that failed: "Zscaler Inc." tells a person more than "unknown authority".
"""

from __future__ import annotations

from collections.abc import Iterator

_SET, _VERSION = 0x31, 0xA0
#: Name attributes by their encoded OID (RFC 5280 §4.1.2.4), the one shown first comes first.
_ORGANIZATION, _COMMON_NAME = b"\x55\x04\x0a", b"\x55\x04\x03"
_ENCODINGS = {0x0C: "utf-8", 0x13: "ascii", 0x16: "ascii", 0x14: "latin-1", 0x1E: "utf-16-be"}
_MAX_CHARACTERS = 80


class _Malformed(ValueError):
    pass


def issuer_of(certificate: bytes) -> str | None:
    """Return the issuer's organization, else its common name; None where there is neither.

    The bytes come from whoever answered, so the name is short and printable.
    """
    try:
        names = dict(_attributes(_issuer(certificate)))
    except (_Malformed, UnicodeDecodeError):
        return None
    for wanted in (_ORGANIZATION, _COMMON_NAME):
        name = " ".join(names.get(wanted, "").split())
        if name and name.isprintable():
            return name[:_MAX_CHARACTERS]
    return None


def _issuer(certificate: bytes) -> bytes:
    ((_, whole),) = _items(certificate, 1)
    ((_, signed),) = _items(whole, 1)
    fields = [value for tag, value in _items(signed, 4) if tag != _VERSION]
    if len(fields) < 3:
        raise _Malformed
    # Serial number, signature algorithm, issuer.
    return fields[2]


def _attributes(name: bytes) -> Iterator[tuple[bytes, str]]:
    """Yield the attributes of a name: a sequence of sets of pairs of an OID and a text."""
    for tag, group in _items(name):
        if tag != _SET:
            raise _Malformed
        for _, pair in _items(group):
            (_, oid), (kind, value) = _items(pair, 2)
            if kind in _ENCODINGS:
                yield oid, value.decode(_ENCODINGS[kind])


def _items(data: bytes, wanted: int | None = None) -> list[tuple[int, bytes]]:
    """Return the tags and contents of DER values (X.690 §8.1), at most ``wanted`` if given.

    Raises _Malformed, also where there are fewer than ``wanted``.
    """
    found: list[tuple[int, bytes]] = []
    while data and (wanted is None or len(found) < wanted):
        tag, length, start = data[0], data[1] if len(data) > 1 else 0xFF, 2
        if length & 0x80:
            size = length & 0x7F
            start += size
            if not 0 < size <= 4 or len(data) < start:
                raise _Malformed
            length = int.from_bytes(data[2:start], "big")
        if len(data) < start + length:
            raise _Malformed
        found.append((tag, data[start : start + length]))
        data = data[start + length :]
    if wanted is not None and len(found) < wanted:
        raise _Malformed
    return found
