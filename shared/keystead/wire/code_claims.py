"""Encoding of the claims in an activation code as bits.

`keystead.wire.activation_code` explains which claims are left out, and why.
"""

from __future__ import annotations

from typing import Any

import msgspec

from keystead.documents import License
from keystead.encoding import InvalidEncoding, decode_object
from keystead.entitlement import Entitlement
from keystead.errors import InvalidDocument
from keystead.instants import MINUTE_MS, SECOND_MS, to_ms, to_seconds
from keystead.wire.bit_codec import BitReader, BitWriter

VERSION, _VERSION_BITS = 1, 3
_MINUTE_S = to_seconds(MINUTE_MS)

#: Default values, which take no bits: three days of grace, six hours between refreshes (seconds).
_GRACE_S, _REFRESH_S, _STATUS = 259_200, 21_600, "active"
_STATUSES = (
    *("active", "trialing", "past_due", "unpaid", "canceled", "incomplete", "incomplete_expired"),
    *("paused", "settling", "device_removed", "device_limit"),
)
#: Common names of plans and features, encoded as their index: the order is part of the format.
_WORDS = (
    *("pro", "basic", "team", "business", "enterprise", "plus", "premium", "standard", "starter"),
    *("personal", "export", "import", "sync", "share", "print", "cloud", "api", "support"),
    *("offline", "backup", "reports", "search", "themes", "plugins", "collaboration", "history"),
    *("templates", "automation", "analytics", "updates", "ai"),
)
_WORD_BITS, _STATUS_BITS, _COUNT_BITS = 5, 4, 3
_CUSTOMER, _CUSTOMER_DIGITS, _CUSTOMER_BITS = "cus_", 14, 84
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """The claims that a code carries: a license without what the computer knows already.

    ``iat`` and ``exp`` are instants in seconds, ``ends_at`` in ms; ``grace_s`` and ``refresh_s``
    are durations in seconds.
    """

    sub: str
    iat: int
    exp: int
    active: bool
    status: str
    entitlement: Entitlement | None
    grace_s: int
    ends_at: int
    refresh_s: int


def claims_of(document: License) -> Claims:
    """Extract the claims of a license that a code carries."""
    return Claims(
        sub=document.sub,
        iat=document.iat,
        exp=document.exp,
        active=document.active,
        status=document.status,
        entitlement=document.entitlement,
        grace_s=document.offline_grace.seconds,
        ends_at=document.offline_grace.ends_at,
        refresh_s=document.refresh_after_seconds,
    )


def _usual(claims: Claims) -> Claims | None:
    """Return the default claims for the entitlement, those of an active subscription.

    None where the entitlement itself is not a default one. Claims that equal this result are
    encoded in one bit.
    """
    paid = claims.entitlement
    if paid is None or paid.price_id is not None or paid.modules or not paid.current_period_end:
        return None
    grace_s = 0 if paid.cancel_at_period_end else _GRACE_S
    ends_at = paid.current_period_end + to_ms(grace_s)
    return msgspec.structs.replace(
        claims,
        exp=to_seconds(ends_at),
        active=True,
        status=_STATUS,
        grace_s=grace_s,
        ends_at=ends_at,
        refresh_s=_REFRESH_S,
    )


def write_claims(out: BitWriter, claims: Claims, asked_s: int) -> None:
    """Write the claims of a license for a request that was made at ``asked_s`` (seconds).

    Raises ValueError for claims that the format can't represent.
    """
    minutes, over = divmod(claims.iat - asked_s, _MINUTE_S)
    if over:
        raise ValueError("not issued a whole number of minutes after the request")
    usual = claims == _usual(claims)
    out.bits(VERSION, _VERSION_BITS)
    out.signed(minutes)
    _write_customer(out, claims.sub)
    out.flag(usual)
    if not usual:
        _write_unusual(out, claims)
    if claims.entitlement is not None:
        _write_entitlement(out, claims.entitlement, claims.iat, usual=usual)


def read_claims(reader: BitReader, asked_s: int) -> Claims:
    """Read what `write_claims` wrote.

    Most other bits can be read as claims too, but no key has signed those. Raises TooFewBits,
    ValueError, and InvalidDocument (``code_unknown``) for another version.
    """
    if reader.bits(_VERSION_BITS) != VERSION:
        raise InvalidDocument(
            "This activation code is of a kind that this program does not know.",
            code="code_unknown",
            remedy="Update the program.",
        )
    iat = asked_s + _MINUTE_S * reader.signed()
    claims = Claims(
        sub=_read_customer(reader),
        iat=iat,
        exp=0,
        active=True,
        status=_STATUS,
        entitlement=None,
        grace_s=0,
        ends_at=0,
        refresh_s=0,
    )
    if reader.flag():
        entitlement = _read_entitlement(reader, iat, usual=True)
        claims = msgspec.structs.replace(claims, entitlement=entitlement)
        return _usual(claims) or claims
    claims, entitled = _read_unusual(reader, claims)
    if not entitled:
        return claims
    entitlement = _read_entitlement(reader, iat, usual=False)
    return msgspec.structs.replace(claims, entitlement=entitlement)


def _write_unusual(out: BitWriter, claims: Claims) -> None:
    out.flag(claims.active)
    _write_word(out, claims.status, _STATUSES, _STATUS_BITS)
    out.number(claims.grace_s)
    _write_instant(out, claims.ends_at, claims.iat)
    out.signed(claims.exp - claims.iat)
    out.number(claims.refresh_s)
    out.flag(claims.entitlement is not None)


def _read_unusual(reader: BitReader, claims: Claims) -> tuple[Claims, bool]:
    iat = claims.iat
    claims = msgspec.structs.replace(
        claims,
        active=reader.flag(),
        status=_read_word(reader, _STATUSES, _STATUS_BITS),
        grace_s=reader.number(),
        ends_at=_read_instant(reader, iat),
        exp=iat + reader.signed(),
        refresh_s=reader.number(),
    )
    return claims, reader.flag()


def _write_entitlement(out: BitWriter, paid: Entitlement, iat: int, *, usual: bool) -> None:
    _write_word(out, paid.key, _WORDS, _WORD_BITS)
    several = len(paid.features) >= (1 << _COUNT_BITS) - 1
    out.bits((1 << _COUNT_BITS) - 1 if several else len(paid.features), _COUNT_BITS)
    if several:
        out.number(len(paid.features))
    for feature in paid.features:
        _write_word(out, feature, _WORDS, _WORD_BITS)
    out.flag(paid.seats != 1)
    if paid.seats != 1:
        out.signed(paid.seats)
    out.flag(paid.cancel_at_period_end)
    if not usual:
        out.flag(bool(paid.modules))
        if paid.modules:
            out.text(msgspec.json.encode(paid.modules).decode())
        _write_optional(out, paid.price_id)
        out.flag(paid.current_period_end is not None)
    if paid.current_period_end is not None:
        _write_instant(out, paid.current_period_end, iat)


def _read_entitlement(reader: BitReader, iat: int, *, usual: bool) -> Entitlement:
    key = _read_word(reader, _WORDS, _WORD_BITS)
    count = reader.bits(_COUNT_BITS)
    if count == (1 << _COUNT_BITS) - 1:
        count = reader.number()
    features = tuple(_read_word(reader, _WORDS, _WORD_BITS) for _ in range(count))
    seats = reader.signed() if reader.flag() else 1
    cancel = reader.flag()
    modules: dict[str, Any] = {}
    price_id, period = None, True
    if not usual:
        modules = _read_modules(reader) if reader.flag() else {}
        price_id = reader.text() if reader.flag() else None
        period = reader.flag()
    return Entitlement(
        key=key,
        features=features,
        seats=seats,
        modules=modules,
        price_id=price_id,
        current_period_end=_read_instant(reader, iat) if period else None,
        cancel_at_period_end=cancel,
    )


def _read_modules(reader: BitReader) -> dict[str, Any]:
    try:
        return decode_object(reader.text().encode())
    except InvalidEncoding:
        raise ValueError("the modules are not a JSON object") from None


def _write_optional(out: BitWriter, text: str | None) -> None:
    out.flag(text is not None)
    if text is not None:
        out.text(text)


def _write_instant(out: BitWriter, at_ms: int, iat: int) -> None:
    seconds, over = divmod(at_ms, SECOND_MS)
    out.signed(seconds - iat)
    if over:
        raise ValueError("the instant is not a whole second")


def _read_instant(reader: BitReader, iat: int) -> int:
    return to_ms(iat + reader.signed())


def _write_word(out: BitWriter, word: str, known: tuple[str, ...], bits: int) -> None:
    out.bits(known.index(word) if word in known else (1 << bits) - 1, bits)
    if word not in known:
        out.text(word)


def _read_word(reader: BitReader, known: tuple[str, ...], bits: int) -> str:
    place = reader.bits(bits)
    if place == (1 << bits) - 1:
        return reader.text()
    if place >= len(known):
        raise ValueError("no such word")
    return known[place]


def _write_customer(out: BitWriter, customer: str) -> None:
    # Stripe's ids have 14 base 62 digits: 84 bits, where the text would take 112.
    digits = customer.removeprefix(_CUSTOMER)
    stripes = len(digits) == _CUSTOMER_DIGITS and set(digits) <= set(_BASE62)
    stripes = stripes and customer.startswith(_CUSTOMER)
    out.flag(not stripes)
    if not stripes:
        out.text(customer)
        return
    number = 0
    for digit in digits:
        number = number * 62 + _BASE62.index(digit)
    out.bits(number, _CUSTOMER_BITS)


def _read_customer(reader: BitReader) -> str:
    if reader.flag():
        return reader.text()
    number, digits = reader.bits(_CUSTOMER_BITS), ""
    for _ in range(_CUSTOMER_DIGITS):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return _CUSTOMER + digits
