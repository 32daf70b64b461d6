"""Ed25519 keys: names, JWKs and key sets.

A key is named by its RFC 7638 thumbprint. For devices that name is the ``deviceId`` (specification
§2.1), for signing keys it is the ``kid`` unless another one is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

import msgspec
from nacl import bindings
from nacl.exceptions import BadSignatureError

from keystead.encoding import InvalidEncoding, b64u_decode, b64u_encode, decode_object
from keystead.errors import InvalidDocument, InvalidInput

PUBLIC_BYTES = bindings.crypto_sign_PUBLICKEYBYTES
SEED_BYTES = bindings.crypto_sign_SEEDBYTES
SIGNATURE_BYTES = bindings.crypto_sign_BYTES

_verify = bindings.crypto_sign_open


def public_jwk(public: bytes, kid: str | None = None) -> dict[str, str]:
    """Return the public key as a JWK (RFC 8037 §2); ``kid`` also adds the algorithm and the use."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64u_encode(public)}
    return jwk | {"kid": kid, "alg": "EdDSA", "use": "sig"} if kid else jwk


def public_from_jwk(jwk: Any) -> bytes:
    """The 32 public bytes of an Ed25519 JWK.

    Raises InvalidInput (``invalid_key``) for any other key, for one whose use or algorithm is
    another, and for one with a private part, which must never be sent.
    """
    if (
        not isinstance(jwk, dict)
        or (jwk.get("kty"), jwk.get("crv")) != ("OKP", "Ed25519")
        or not _is_for_signatures(jwk)
        or not isinstance(jwk.get("x"), str)
        or "d" in jwk
    ):
        raise InvalidInput("Not an Ed25519 public key.", code="invalid_key")
    try:
        public = b64u_decode(jwk["x"])
    except InvalidEncoding:
        public = b""
    return checked_public(public)


def checked_public(public: bytes) -> bytes:
    """Return the bytes if they are a point of the curve's main subgroup.

    Raises InvalidInput (``invalid_key``). A key of small order accepts forged signatures.
    """
    if len(public) != PUBLIC_BYTES or not bindings.crypto_core_ed25519_is_valid_point(public):
        raise InvalidInput("Not an Ed25519 public key.", code="invalid_key")
    return public


def thumbprint(public: bytes) -> str:
    """The RFC 7638 SHA-256 thumbprint, base64url, of a public key of 32 bytes (RFC 8037 §A.3)."""
    # RFC 7638 §3 requires these members in this order without spaces, whatever a JSON encoder does.
    canonical = '{"crv":"Ed25519","kty":"OKP","x":"%s"}' % b64u_encode(public)
    return b64u_encode(sha256(canonical.encode()).digest())


class PublicKey(msgspec.Struct, frozen=True):
    """A key that verifies signatures; ``raw`` is its 32 bytes."""

    raw: bytes
    kid: str

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raise InvalidDocument (``bad_signature``) unless the signature is valid."""
        try:
            _verify(signature + message, self.raw)
        except (BadSignatureError, ValueError):
            raise InvalidDocument("The signature is invalid.", code="bad_signature") from None


class SigningKey:
    """A key that signs, from a seed of 32 bytes. Its repr does not show the seed."""

    __slots__ = ("_secret", "kid", "public", "thumbprint")

    def __init__(self, seed: bytes, kid: str | None = None) -> None:
        if len(seed) != SEED_BYTES:
            raise InvalidInput("An Ed25519 seed must have 32 bytes.", code="invalid_key")
        self.public, self._secret = bindings.crypto_sign_seed_keypair(seed)
        self.thumbprint = thumbprint(self.public)
        self.kid = kid or self.thumbprint

    def __repr__(self) -> str:
        return f"SigningKey(kid={self.kid!r})"

    def sign(self, message: bytes) -> bytes:
        """Return the signature, 64 bytes (RFC 8032 §5.1.6)."""
        return bindings.crypto_sign(message, self._secret)[:SIGNATURE_BYTES]

    @property
    def public_key(self) -> PublicKey:
        return PublicKey(self.public, self.kid)


class KeySet:
    """Public keys by ``kid``, such as the pinned keys, or those of a JWK Set (RFC 7517 §5)."""

    __slots__ = ("_by_kid",)

    def __init__(self, keys: Iterable[PublicKey]) -> None:
        self._by_kid = {key.kid: key for key in keys}

    def __iter__(self) -> Iterator[PublicKey]:
        return iter(self._by_kid.values())

    def __len__(self) -> int:
        return len(self._by_kid)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeySet) and self._by_kid == other._by_kid

    def __hash__(self) -> int:
        return hash(frozenset(self._by_kid.values()))

    def get(self, kid: str) -> PublicKey | None:
        return self._by_kid.get(kid)

    def union(self, other: KeySet) -> KeySet:
        """Return the keys of both sets; this set's key is kept where both have a ``kid``."""
        # The last key of a kid is kept, so that `other` can add keys but not replace any.
        return KeySet([*other, *self])

    @classmethod
    def from_jwks(cls, text: str | bytes) -> KeySet:
        """The Ed25519 keys of a JWK Set.

        Keys of other types and for other uses are ignored (RFC 7517 §5). Raises InvalidInput
        (``invalid_keys``, or ``invalid_key``) where it is not a JWK Set, an Ed25519 key is invalid,
        a ``kid`` is not unique, or no Ed25519 key is left.
        """
        try:
            members = decode_object(text.encode() if isinstance(text, str) else text).get("keys")
        except InvalidEncoding:
            members = None
        if not isinstance(members, list):
            raise InvalidInput("Not a JWK Set.", code="invalid_keys")
        keys = [_named(jwk) for jwk in members if _is_signing_key(jwk)]
        if not keys or len({key.kid for key in keys}) != len(keys):
            raise InvalidInput(
                "A key set needs at least one Ed25519 key, and a unique kid for each key.",
                code="invalid_keys",
            )
        return cls(keys)

    def to_jwks(self) -> bytes:
        """Return the set as a JWK Set, as compact JSON."""
        return msgspec.json.encode({"keys": [public_jwk(key.raw, key.kid) for key in self]})


def _is_signing_key(jwk: Any) -> bool:
    return isinstance(jwk, dict) and jwk.get("crv") == "Ed25519" and _is_for_signatures(jwk)


def _is_for_signatures(jwk: dict[str, Any]) -> bool:
    """Whether use, operations and algorithm (RFC 7517 §4.2 to §4.4) allow to verify with it."""
    operations = jwk.get("key_ops", ["verify"])
    return (
        jwk.get("use", "sig") == "sig"
        and jwk.get("alg", "EdDSA") in ("EdDSA", "Ed25519")
        and isinstance(operations, list)
        and "verify" in operations
    )


def _named(jwk: dict[str, Any]) -> PublicKey:
    public = public_from_jwk(jwk)
    # `kid` is optional (RFC 7517 §4.5), but documents name their key by it.
    kid = jwk.get("kid", thumbprint(public))
    if not isinstance(kid, str) or not kid:
        raise InvalidInput("A kid must be a string.", code="invalid_keys")
    return PublicKey(public, kid)
