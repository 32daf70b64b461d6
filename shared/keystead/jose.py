"""Strict compact JWS (RFC 7515) with Ed25519, the codec of all signed documents.

A document is checked in this order, and each rule has its own code:

 1. at most 16 KiB of ASCII                                     ``too_large``  ``malformed``
 2. exactly three parts                                         ``malformed``
 3. a header that is canonical base64url of a strict object     ``malformed``
 4. ``alg`` is EdDSA (RFC 8037) or Ed25519 (RFC 9864)           ``unsupported_algorithm``
 5. no ``crit``, no ``jku`` or ``x5u``, no ``jwk`` of its own   ``unsupported_header``
 6. the ``typ`` that the caller expects                         ``wrong_type``
 7. a ``kid`` that the caller pinned                            ``unknown_key``
 8. a signature of 64 bytes that this key made                  ``malformed``  ``bad_signature``
 9. only then the payload, of canonical base64url               ``malformed``

The caller decodes the payload, as strictly (`keystead.encoding`).

The pinned key determines the algorithm; the header's ``alg`` is only compared with it. Documents
that a device signs with its own key (RFC 9449 proofs, the device statement) carry the public key as
``jwk`` instead of a ``kid``. `verify_self_signed` reads those.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from keystead.encoding import (
    InvalidEncoding,
    S,
    b64u_decode,
    b64u_encode,
    decode_object,
    decode_struct,
)
from keystead.errors import InvalidDocument, InvalidInput
from keystead.keys import (
    SIGNATURE_BYTES,
    KeySet,
    PublicKey,
    SigningKey,
    public_from_jwk,
    public_jwk,
    thumbprint,
)

MAX_BYTES = 16 * 1024
ALGORITHM = "EdDSA"
_ACCEPTED = ("EdDSA", "Ed25519")
_REFUSED_MEMBERS = frozenset({"crit", "jku", "x5u", "x5c", "x5t", "x5t#S256", "b64", "zip", "enc"})


class Header(msgspec.Struct, frozen=True):
    """A protected header after rules 3 to 5."""

    typ: str
    kid: str | None
    jwk: PublicKey | None


def sign(payload: bytes, key: SigningKey, typ: str, *, embed_jwk: bool = False) -> str:
    """Sign ``payload``. The header has the public key with ``embed_jwk``, else its ``kid``."""
    whose = {"jwk": public_jwk(key.public)} if embed_jwk else {"kid": key.kid}
    signed = signing_input(payload, typ, whose)
    return f"{signed}.{b64u_encode(key.sign(signed.encode()))}"


def signing_input(payload: bytes, typ: str, whose: dict[str, Any]) -> str:
    """The text that a signature covers (RFC 7515 §5.1); ``whose`` is the ``kid`` or ``jwk``."""
    header = {"alg": ALGORITHM, "typ": typ} | whose
    return f"{b64u_encode(msgspec.json.encode(header))}.{b64u_encode(payload)}"


def verify(compact: str | bytes, keys: KeySet, typ: str) -> bytes:
    """Verify a document signed by a pinned key and return its payload. Raises InvalidDocument."""
    return verify_signer(compact, keys, typ)[1]


def verify_signer(compact: str | bytes, keys: KeySet, typ: str) -> tuple[PublicKey, bytes]:
    """Verify a document, as `verify`, and return the key that signed it and the payload."""
    return _open(compact, typ, lambda header: _pinned(header, keys))


def verify_self_signed(compact: str | bytes, typ: str) -> tuple[PublicKey, bytes]:
    """Verify a document signed by the key that it carries; return that key and the payload.

    This proves possession of the key and nothing else. The caller has to check whose key it is.
    Raises InvalidDocument.
    """
    return _open(compact, typ, _embedded)


def read_claims(payload: bytes, kind: type[S]) -> S:
    """Decode a verified payload to a Struct type.

    Raises InvalidDocument (``malformed``) where it is not a strict JSON object or lacks a claim.
    """
    try:
        return decode_struct(payload, kind)
    except (InvalidEncoding, msgspec.ValidationError):
        raise _malformed("a claim is missing or has another type") from None


def read_object(payload: bytes) -> dict[str, Any]:
    """Decode a verified payload with all its claims, known or not.

    Raises InvalidDocument (``malformed``) where it is not a strict JSON object.
    """
    try:
        return decode_object(payload)
    except InvalidEncoding:
        raise _malformed("the claims are not a strict JSON object") from None


def peek_header(compact: str | bytes) -> Header:
    """Return the header of an unverified document, for messages only. Raises InvalidDocument."""
    return _header(_parts(compact)[0])


def _open(
    compact: str | bytes, typ: str, key_for: Callable[[Header], PublicKey]
) -> tuple[PublicKey, bytes]:
    head, body, signature, signed = _parts(compact)
    header = _header(head)
    if header.typ != typ:
        raise InvalidDocument("The document has another type.", code="wrong_type")
    key = key_for(header)
    try:
        signature_bytes = b64u_decode(signature)
    except InvalidEncoding:
        raise _malformed("the signature is not base64url") from None
    if len(signature_bytes) != SIGNATURE_BYTES:
        raise _malformed("the signature is not 64 bytes long")
    key.verify(signature_bytes, signed)
    try:
        return key, b64u_decode(body)
    except InvalidEncoding:
        raise _malformed("the payload is not base64url") from None


def _parts(compact: str | bytes) -> tuple[bytes, bytes, bytes, bytes]:
    if len(compact) > MAX_BYTES:
        raise InvalidDocument("The document is larger than 16 KiB.", code="too_large")
    try:
        raw = compact.encode("ascii") if isinstance(compact, str) else compact
    except UnicodeEncodeError:
        raise _malformed("it has non-ASCII characters") from None
    parts = raw.split(b".", 3)
    if len(parts) != 3:
        raise _malformed("it does not have three parts")
    head, body, signature = parts
    return head, body, signature, raw[: -len(signature) - 1]


# A backend uses one header for months. Decoding it each time would take as long as everything else
# around the signature.
@lru_cache(maxsize=64)
def _header(encoded: bytes) -> Header:
    try:
        members = decode_object(b64u_decode(encoded))
    except InvalidEncoding:
        raise _malformed("the header is not a strict JSON object") from None
    typ, kid = members.get("typ"), members.get("kid")
    if members.get("alg") not in _ACCEPTED:
        raise InvalidDocument(
            "The document isn't signed with Ed25519.",
            code="unsupported_algorithm",
        )
    if _REFUSED_MEMBERS & members.keys():
        raise InvalidDocument(
            "The document's header has a parameter that is not supported.",
            code="unsupported_header",
        )
    if not isinstance(typ, str):
        raise InvalidDocument("The document has no type.", code="wrong_type")
    if not isinstance(kid, str | None):
        raise _malformed("its kid is not a string")
    return Header(typ, kid, _carried(members))


def _carried(members: dict[str, Any]) -> PublicKey | None:
    if "jwk" not in members:
        return None
    try:
        public = public_from_jwk(members["jwk"])
    except InvalidInput:
        raise InvalidDocument(
            "The document's embedded key isn't an Ed25519 public key.",
            code="unsupported_header",
        ) from None
    return PublicKey(public, thumbprint(public))


def _pinned(header: Header, keys: KeySet) -> PublicKey:
    if header.jwk is not None:
        raise InvalidDocument(
            "The document embeds a key, but only pinned keys are trusted.",
            code="unsupported_header",
        )
    key = keys.get(header.kid) if header.kid else None
    if key is None:
        raise InvalidDocument("The document is signed by an unknown key.", code="unknown_key")
    return key


def _embedded(header: Header) -> PublicKey:
    if header.jwk is None:
        raise InvalidDocument("The document has no embedded key.", code="unknown_key")
    return header.jwk


def _malformed(why: str) -> InvalidDocument:
    return InvalidDocument(f"The document is malformed: {why}.", code="malformed")
