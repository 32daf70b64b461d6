"""One form for each email address, for look-ups: however it is composed, cased or encoded."""

from __future__ import annotations

from contextlib import suppress
from unicodedata import normalize

import idna


def comparable_email(email: str) -> str:
    """Return the form in which two spellings of an address are equal.

    Letters are composed (Unicode NFC) and in lower case, and the domain is in ASCII (IDNA 2008,
    with the mapping of UTS 46), so ``Büro@BÜRO.example`` equals ``büro@xn--bro-hoa.example``.
    """
    local, at, domain = normalize("NFC", email.strip()).rpartition("@")
    if not domain.isascii():
        with suppress(idna.IDNAError):
            domain = idna.encode(domain, uts46=True).decode("ascii")
    return normalize("NFC", f"{local}{at}{domain}".lower())
