"""A license that a person can type: the activation code.

For a computer that no file can be carried to. The code is the license and not a reference to one:
the computer that takes it asks nobody. It holds the signature and those claims that the computer
cannot know; everything else is put in its place again by a fixed template, so that what comes out
is, byte for byte, the compact JWS that the backend signed. It then goes the way of every license.

Known to the computer, and so not in the code:

* ``aud``, ``deviceId``, ``cnf``, ``nonce``: the product's, the device's and its open request's;
* ``iss``: the backend's address as the profile has it (`Supposed.issuers` are tried);
* the header's ``kid``: the pinned keys are tried;
* ``jti``: 12 hexadecimal digits of ``iat`` in ms, and 20 of SHA-256 of the request's nonce;
* ``offlineGrace.endsAt``, its ISO form and ``exp``, wherever they follow from the period.

``iat`` is a whole number of minutes after the request's own ``iat``: only that number is written
(`issued_at`). ``priceId`` is null, as no client has a use for it. Customer ids of Stripe's form are
14 digits to the base 62. One bit says that everything is as in an ordinary, active subscription.

Why no shorter code can exist: an Ed25519 signature is a point and a scalar below the group's order
(RFC 8032 §5.1.6), 256 and 253 bits which look random to everybody but the signer; neither follows
from the other without the secret key, and a verifier that is offline needs both. That alone fills
26 of the groups (`keystead.wire.base32_groups`). For the stub's plan a code has 33: 165 characters.

The order of the fields in `keystead.documents` is part of this format: `code_claims.VERSION` is
what to raise when it, or anything here, changes.
"""

from __future__ import annotations

from hashlib import sha256

import msgspec

from keystead import jose
from keystead.documents import LICENSE_TYP, Confirmation, License, payload_of, read
from keystead.encoding import b64u_decode, b64u_encode
from keystead.entitlement import OfflineGrace
from keystead.errors import InvalidDocument, InvalidInput
from keystead.instants import MAX_MS, MINUTE_MS, iso, to_ms, to_seconds
from keystead.keys import KeySet, PublicKey
from keystead.wire import base32_groups
from keystead.wire.base32_groups import TypedCode
from keystead.wire.bit_codec import BitReader, BitWriter, TooFewBits
from keystead.wire.code_claims import Claims, claims_of, read_claims, write_claims
from keystead.wire.offline import OfflineRequest

_MINUTE_S = to_seconds(MINUTE_MS)
_R_BITS, _S_BITS = 256, 253
_SIGNATURE_BITS = _R_BITS + _S_BITS


class CodeContext(msgspec.Struct, frozen=True, kw_only=True):
    """What the computer that takes a code knows: its open request, and who may have signed."""

    request: OfflineRequest
    issuers: tuple[str, ...]


def is_code(text: str) -> bool:
    """Whether a text can be a code, or the beginning of one, rather than a license file."""
    typed = base32_groups.parse_groups(text)
    return bool(typed.groups or typed.rest) and not typed.foreign


def issued_at(now_s: int, request: OfflineRequest) -> int:
    """The ``iat`` (seconds) for a license that answers a request: within the minute before now."""
    return now_s - (now_s - request.iat) % _MINUTE_S


def jti_for(iat: int, nonce: str) -> str:
    """The ``jti`` of a license that answers a request; it sorts by its moment."""
    return f"{to_ms(iat):012x}{sha256(nonce.encode()).digest()[:10].hex()}"


def encode(compact: str, request: OfflineRequest) -> str:
    """The code of a license that was issued for a request, as groups with spaces between.

    Raises InvalidInput (``no_code``) where the license has another form than `decode` gives back.
    """
    try:
        document = read(License, b64u_decode(compact.split(".")[1]))
        signature = b64u_decode(compact.split(".")[2])
        claims = claims_of(document)
        out = BitWriter()
        write_claims(out, claims, request.iat)
        out.bits(int.from_bytes(signature[:32], "big"), _R_BITS)
        out.bits(int.from_bytes(signature[32:], "little"), _S_BITS)
        kid = jose.peek_header(compact).kid or ""
        same = _compact(claims, request, document.iss, kid, signature) == compact
    except (ValueError, IndexError, InvalidDocument):
        same = False
    if not same:
        raise InvalidInput("This license has no activation code.", code="no_code")
    return base32_groups.encode_groups(out.value, out.length)


def decode(text: str, supposed: CodeContext, keys: KeySet) -> str:
    """The license, as the compact JWS that a pinned key signed.

    Raises InvalidDocument: ``code_mistyped``, ``code_incomplete``, ``code_unknown`` for another
    version, ``code_elsewhere`` where it answers another request, or nobody who is pinned signed it.
    """
    typed = base32_groups.parse_groups(text)
    check(typed)
    reader = BitReader(*base32_groups.decode_groups(typed.groups))
    try:
        claims = read_claims(reader, supposed.request.iat)
        signature = reader.bits(_R_BITS).to_bytes(32, "big")
        signature += reader.bits(_S_BITS).to_bytes(32, "little")
    except TooFewBits:
        raise _incomplete() from None
    except (ValueError, msgspec.ValidationError):
        raise _wrong_computer() from None
    if not reader.only_zeros_left() or expected_groups(typed) != len(typed.groups):
        raise _wrong_computer()
    if not 0 <= claims.ends_at <= MAX_MS:
        raise _wrong_computer()
    for issuer in supposed.issuers:
        for key in keys:
            compact = _compact(claims, supposed.request, issuer, key.kid, signature)
            if _signed_by(key, compact, signature):
                return compact
    raise _wrong_computer()


def check(typed: TypedCode) -> None:
    """Raises InvalidDocument: ``code_mistyped`` with the first wrong group, ``code_incomplete``."""
    if typed.wrong:
        raise InvalidDocument(
            f"Group {typed.wrong[0]} of the activation code is not right.",
            code="code_mistyped",
            values={"group": typed.wrong[0]},
            remedy="Compare it with the code that was shown.",
        )
    if typed.foreign or typed.rest or not typed.groups:
        raise _incomplete()


def expected_groups(typed: TypedCode) -> int | None:
    """Of how many groups a code is that begins like this; None while that is not known yet."""
    sound = len(typed.groups) if not typed.wrong else typed.wrong[0] - 1
    reader = BitReader(*base32_groups.decode_groups(typed.groups[:sound]))
    try:
        read_claims(reader, 0)
    except (ValueError, InvalidDocument, msgspec.ValidationError):
        return None
    return -(-(reader.read + _SIGNATURE_BITS) // base32_groups.GROUP_BITS)


def _signed_by(key: PublicKey, compact: str, signature: bytes) -> bool:
    try:
        key.verify(signature, compact.rpartition(".")[0].encode())
    except InvalidDocument:
        return False
    return True


def _compact(
    claims: Claims, request: OfflineRequest, issuer: str, kid: str, signature: bytes
) -> str:
    document = License(
        iss=issuer,
        sub=claims.sub,
        aud=request.aud,
        iat=claims.iat,
        exp=claims.exp,
        jti=jti_for(claims.iat, request.nonce),
        device_id=request.device_id,
        cnf=Confirmation(jkt=request.device_id),
        active=claims.active,
        status=claims.status,
        entitlement=claims.entitlement,
        offline_grace=OfflineGrace(
            seconds=claims.grace_s, ends_at=claims.ends_at, ends_at_iso=iso(claims.ends_at)
        ),
        refresh_after_seconds=claims.refresh_s,
        nonce=request.nonce,
    )
    signed = jose.signing_input(payload_of(document), LICENSE_TYP, {"kid": kid})
    return f"{signed}.{b64u_encode(signature)}"


def _incomplete() -> InvalidDocument:
    return InvalidDocument(
        "The activation code is not complete.",
        code="code_incomplete",
        remedy="Type all of its groups.",
    )


def _wrong_computer() -> InvalidDocument:
    return InvalidDocument(
        "This activation code is not for this computer, or answers an earlier request.",
        code="code_elsewhere",
        remedy="Scan the code that this computer shows now, and take the activation code from it.",
    )
