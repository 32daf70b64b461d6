"""Find a license in a file as people have it: wrapped, quoted or signed by a mail program. Pure.

A license is one long line (a compact JWS). On its way through mail and editors it is broken into
lines, quoted with ``> ``, put in quotation marks, or followed by a signature. What is not the
license is left out here, and its own characters are never changed: `keystead.jose` stays strict.
"""

from __future__ import annotations

import re

from keystead import jose
from keystead.errors import InvalidDocument

#: Bytes to read of a file: a license of the largest size in UTF-16, with quotes and a mail around.
MAX_FILE_BYTES = 128 * 1024
#: Of what remains; as JSON it fits one message of the local API.
MAX_TEXT_CHARACTERS = jose.MAX_BYTES
#: An Ed25519 signature has 64 bytes (RFC 8032 §5.1.6), which are 86 characters in base64url.
_SIGNATURE_CHARACTERS = 86
_PARTS = 3
_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
#: A JWS header is a JSON object, so its base64url begins with ``{"``.
_BEGIN = re.compile(r"(?<![A-Za-z0-9_-])eyJ")
_QUOTED = re.compile(r"^[ \t]*(?:[>|][ \t]*)+", re.MULTILINE)
#: A soft line break of quoted-printable (RFC 2045 §6.7).
_SOFT_BREAK = re.compile(r"=[ \t]*\r?\n")
#: Invisible characters that programs put into long words.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_QUOTATION_MARKS = "\"'`<>\u00ab\u00b4\u00bb\u2018\u2019\u201a\u201c\u201d\u201e\u2039\u203a"


def license_in(text: str) -> str:
    """Return the license in a text; without one, the text without what quotes it."""
    plain = _SOFT_BREAK.sub("", _INVISIBLE.sub("", _QUOTED.sub("", text)))
    for found in _BEGIN.finditer(plain):
        license = _compact(plain, found.start())
        if license is not None and _has_header(license):
            return license
    return plain.strip().strip(_QUOTATION_MARKS).strip()


def _has_header(license: str) -> bool:
    """Return whether the header can be read, and no word before it has joined it."""
    try:
        jose.peek_header(license)
    except InvalidDocument:
        return False
    return True


def _compact(text: str, start: int) -> str | None:
    """Return the compact JWS that begins at ``start``, joined from its lines; None if it is none.

    Only white space may interrupt it. The signature's length says where it ends.
    """
    parts, last = [""], start
    for index in range(start, len(text)):
        char = text[index]
        if char in _ALPHABET:
            if len(parts) == _PARTS and len(parts[-1]) == _SIGNATURE_CHARACTERS:
                # A longer last part is no signature; after white space it is the next word.
                return None if last == index - 1 else ".".join(parts)
            parts[-1] += char
        elif char == "." and len(parts) < _PARTS:
            parts.append("")
        elif not char.isspace():
            break
        else:
            continue
        last = index
    whole = len(parts) == _PARTS and len(parts[-1]) == _SIGNATURE_CHARACTERS
    return ".".join(parts) if whole else None
