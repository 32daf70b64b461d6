"""The activation code: a license that a person can type.

It is for computers to which no file can be copied. The code contains the license itself, not a
reference to it, so the computer needs no network. It carries the signature and the claims that the
computer can't know. A fixed template supplies the rest, so that decoding yields, byte for byte, the
compact JWS that the backend signed. That is then verified like any other license.

The computer knows these, so they are not in the code:

* ``aud``, ``deviceId``, ``cnf`` and ``nonce``: from the profile, the device key and its request;
* ``iss``: the backend's URL in the profile (each of `CodeContext.issuers` is tried);
* the header's ``kid``: each of the pinned keys is tried;
* ``jti``: 12 hexadecimal digits of ``iat`` in ms, and 20 of the SHA-256 of the request's nonce;
* ``offlineGrace.endsAt``, its ISO form and ``exp``, where they follow from the period.

``iat`` is a whole number of minutes after the request's ``iat``, and only that number is encoded
(`issued_at`). ``priceId`` is null, because no client uses it. A customer id in Stripe's form is
encoded as 14 digits in base 62. One bit states that all values are those of an ordinary, active
subscription.

A shorter code is not possible. An Ed25519 signature consists of a point and a scalar below the
group's order (RFC 8032 §5.1.6): 256 and 253 bits that look random without the secret key. Neither
can be computed from the other, and an offline verifier needs both. They alone take 26 groups
(`keystead.wire.base32_groups`). A code for the stub's plan has 33 groups: 165 characters.

The order of the fields in `keystead.documents` is part of this format. Increment
`code_claims.VERSION` when that order, or anything here, changes.
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
    """What the computer knows about a code: its open request, and the accepted issuers."""

    request: OfflineRequest
    issuers: tuple[str, ...]


def is_code(text: str) -> bool:
    """Return whether a text can be a complete or incomplete code, rather than a license file."""
    typed = base32_groups.parse_groups(text)
    return bool(typed.groups or typed.rest) and not typed.foreign


def issued_at(now_s: int, request: OfflineRequest) -> int:
    """Return the ``iat`` (seconds) of a license for a request: within the minute before now."""
    return now_s - (now_s - request.iat) % _MINUTE_S


def jti_for(iat: int, nonce: str) -> str:
    """Return the ``jti`` of a license for a request. It sorts by the time of issue."""
    return f"{to_ms(iat):012x}{sha256(nonce.encode()).digest()[:10].hex()}"


def encode(compact: str, request: OfflineRequest) -> str:
    """Encode a license that was issued for a request, as groups separated by spaces.

    Raises InvalidInput (``no_code``) for a license that `decode` could not restore exactly.
    """
    # The template is applied here too: only a license that it restores may get a code.
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


def decode(text: str, context: CodeContext, keys: KeySet) -> str:
    """Decode a code to the license, a compact JWS that a pinned key signed.

    Raises InvalidDocument: ``code_mistyped``, ``code_incomplete``, ``code_unknown`` for another
    version, ``code_elsewhere`` for the code of another request or one that no pinned key signed.
    """
    typed = base32_groups.parse_groups(text)
    check(typed)
    reader = BitReader(*base32_groups.decode_groups(typed.groups))
    try:
        claims = read_claims(reader, context.request.iat)
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
    for issuer in context.issuers:
        for key in keys:
            compact = _compact(claims, context.request, issuer, key.kid, signature)
            if _signed_by(key, compact, signature):
                return compact
    raise _wrong_computer()


def check(typed: TypedCode) -> None:
    """Check that a code is complete and its groups are valid, without verifying the license.

    Raises InvalidDocument: ``code_mistyped`` with the first wrong group, or ``code_incomplete``.
    """
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
    """Return how many groups the complete code has; None until enough groups are typed."""
    sound = len(typed.groups) if not typed.wrong else typed.wrong[0] - 1
    reader = BitReader(*base32_groups.decode_groups(typed.groups[:sound]))
    try:
        read_claims(reader, 0)
    except (ValueError, InvalidDocument, msgspec.ValidationError):
        return None
    # The claims come first and their length varies; the signature's length is fixed.
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
