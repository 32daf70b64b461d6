"""Key manifests: which keys may sign from now on, as the vendor's root keys say. Pure.

A profile names the signing keys that a program knows from the start. If it names root keys as well
(``[trust] root``), a manifest signed by one of them replaces that list without a program update.

A manifest is *genuine* (`verify_key_manifest`) when, in this order:

 1. it is a strict JWS of type ``keys+jwt`` by a root key, and so at most 16 KiB
                                                            (codes of `keystead.jose`)
 2. it has all its claims, and a version from 1 to 2⁵³ - 1  ``malformed``
 3. it ends after it begins, at most 400 days later         ``invalid_lifetime``
 4. it was issued for this product                          ``wrong_product``
 5. its keys are a key set with unique names                ``malformed``
 6. no root key is among them                               ``root_signs``

It is *accepted* on a device (`accept_key_manifest`) when, in addition:

 7. it was not issued in the future                         ``not_yet_valid``
 8. its version is not lower than the highest one accepted  ``superseded``
 9. it is the same document where its version is the same   ``version_conflict``

A manifest that has ended is genuine and is accepted: its keys count until a newer manifest replaces
them, because a vendor's omission must not lock out customers. `KeyManifest.is_stale` reports it.

The highest accepted version is remembered together with the root key that vouched for it, and
counts only while the profile names that root key. So a program update that replaces a stolen root
key also undoes the versions that the thief may have raised.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec

from keystead import jose
from keystead.documents import KEYS_TYP, MAX_SECONDS
from keystead.encoding import Integer, b64u_encode
from keystead.errors import InvalidDocument, InvalidInput
from keystead.instants import MINUTE_MS, to_ms
from keystead.keys import KeySet, SigningKey, public_jwk, thumbprint

#: The longest life of a manifest, in days (specification §2.4).
MAX_DAYS = 400
#: The usual life of a manifest, in days.
DEFAULT_DAYS = 365
#: The highest integer that every JSON reader keeps exactly (RFC 8259 §6).
MAX_VERSION = 2**53 - 1
_DAY_S = 86_400
#: By which the clocks of signer and reader may differ, as for a proof of possession.
_CLOCK_TOLERANCE_MS = 5 * MINUTE_MS


class ManifestVersion(msgspec.Struct, frozen=True):
    """The version of an accepted manifest, as a device remembers it.

    ``digest`` is the SHA-256 of its claims, base64url. ``root`` is the thumbprint of the root key
    that signed it.
    """

    version: Integer
    digest: str
    root: str

    def counts(self, roots: KeySet) -> bool:
        """Whether its root key is still among the profile's root keys."""
        return any(thumbprint(key.raw) == self.root for key in roots)


class KeyManifest(msgspec.Struct, frozen=True):
    """A genuine manifest: ``keys`` are all keys that may sign; times are epoch milliseconds."""

    version: int
    keys: KeySet
    product: str
    issued_at: int
    ends_at: int
    #: As in `ManifestVersion`.
    digest: str
    root: str

    @property
    def remembered(self) -> ManifestVersion:
        """What a device remembers of it."""
        return ManifestVersion(self.version, self.digest, self.root)

    def is_stale(self, now_ms: int) -> bool:
        """Whether it has ended. Its keys still count."""
        return self.ends_at <= now_ms


class _Claims(msgspec.Struct, frozen=True, omit_defaults=True):
    iss: str
    aud: str
    iat: Integer
    exp: Integer
    version: Integer
    keys: tuple[dict[str, Any], ...]
    nbf: Integer | None = None


def verify_key_manifest(compact: str | bytes, *, roots: KeySet, product: str | None) -> KeyManifest:
    """Verify a manifest by rules 1 to 6. With ``product`` None any product is accepted.

    Raises InvalidDocument with the code of the first rule that it breaks.
    """
    signer, payload = jose.verify_signer(compact, roots, KEYS_TYP)
    claims = jose.read_claims(payload, _Claims)
    _check_version_range(claims)
    _check_lifetime(claims)
    if product is not None and claims.aud != product:
        raise InvalidDocument("The key manifest is for another product.", code="wrong_product")
    return KeyManifest(
        version=claims.version,
        keys=_named_keys(claims, roots),
        product=claims.aud,
        issued_at=to_ms(claims.iat),
        ends_at=to_ms(claims.exp),
        digest=b64u_encode(sha256(payload).digest()),
        root=thumbprint(signer.raw),
    )


def accept_key_manifest(
    compact: str | bytes,
    *,
    roots: KeySet,
    product: str | None,
    now_ms: int,
    highest: ManifestVersion | None,
) -> KeyManifest:
    """Verify a manifest that was received at trusted time ``now_ms``, by rules 1 to 9.

    ``highest`` is the highest version accepted before. That manifest itself is accepted again.
    Raises InvalidDocument.
    """
    manifest = verify_key_manifest(compact, roots=roots, product=product)
    # Its keys may not have been introduced yet, and it would seem valid for longer than it is.
    if manifest.issued_at > now_ms + _CLOCK_TOLERANCE_MS:
        raise InvalidDocument("The key manifest was issued in the future.", code="not_yet_valid")
    check_manifest_version(manifest, roots=roots, highest=highest)
    return manifest


def check_manifest_version(
    manifest: KeyManifest, *, roots: KeySet, highest: ManifestVersion | None
) -> None:
    """Check rules 8 and 9. Raises InvalidDocument.

    An older manifest may name a key that has been revoked since.
    """
    if highest is None or not highest.counts(roots):
        return
    if manifest.version < highest.version:
        raise InvalidDocument(
            "The key manifest has a lower version than one that was accepted.", code="superseded"
        )
    if manifest.version == highest.version and manifest.digest != highest.digest:
        raise InvalidDocument(
            "Another key manifest of this version was accepted.", code="version_conflict"
        )


def keys_in_force(
    pinned: KeySet,
    *,
    roots: KeySet | None,
    manifest: KeyManifest | None,
    highest: ManifestVersion | None,
) -> KeySet:
    """Return the keys that may sign: the manifest's, or the profile's ``pinned`` ones without it.

    ``roots`` is None where the profile names no root keys: then nothing else counts. Raises
    InvalidDocument where the manifest is missing that ``highest`` remembers (``keys_missing``), or
    is not that one or a later one (codes of rules 8 and 9). Otherwise deleting a file would let a
    revoked key sign again.
    """
    if roots is None:
        return pinned
    if manifest is not None:
        check_manifest_version(manifest, roots=roots, highest=highest)
        return manifest.keys
    if highest is not None and highest.counts(roots):
        raise InvalidDocument("The key manifest of this device is missing.", code="keys_missing")
    return pinned


def sign_key_manifest(
    root: SigningKey,
    *,
    keys: KeySet,
    version: int,
    product: str,
    issued_s: int,
    days: int = DEFAULT_DAYS,
) -> str:
    """Sign a manifest of ``keys``, valid for ``days`` from ``issued_s`` (epoch seconds).

    Raises InvalidInput, with the code of the rule, where no reader would accept it.
    """
    claims = _Claims(
        # The root key says who issued it; `iss` is not judged.
        iss=product,
        aud=product,
        iat=issued_s,
        exp=issued_s + days * _DAY_S,
        version=version,
        keys=tuple(public_jwk(key.raw, key.kid) for key in keys),
    )
    try:
        return _signed(claims, root)
    except InvalidDocument as refused:
        raise InvalidInput(refused.sentence, code=refused.code) from None


def check_separate(keys: KeySet, roots: KeySet) -> None:
    """Raise InvalidDocument (``root_signs``) where a root key is among the signing keys.

    A backend holds the signing keys. Whoever takes one from there must not get to name keys.
    """
    raw = {key.raw for key in roots}
    if any(key.raw in raw for key in keys):
        raise InvalidDocument("A root key is named as a signing key.", code="root_signs")


def _signed(claims: _Claims, root: SigningKey) -> str:
    # Before they are encoded, because JSON holds no larger integers.
    _check_version_range(claims)
    _check_lifetime(claims)
    compact = jose.sign(msgspec.json.encode(claims), root, KEYS_TYP)
    verify_key_manifest(compact, roots=KeySet([root.public_key]), product=claims.aud)
    return compact


def _check_version_range(claims: _Claims) -> None:
    if not 1 <= claims.version <= MAX_VERSION:
        raise InvalidDocument("The key manifest's version is out of range.", code="malformed")


def _check_lifetime(claims: _Claims) -> None:
    begins = max(claims.iat, claims.nbf or 0)
    ordered = 0 <= claims.iat == begins < claims.exp <= MAX_SECONDS
    if not ordered or claims.exp - claims.iat > MAX_DAYS * _DAY_S:
        raise InvalidDocument(
            f"The key manifest's lifetime is not valid; it may last {MAX_DAYS} days.",
            code="invalid_lifetime",
        )


def _named_keys(claims: _Claims, roots: KeySet) -> KeySet:
    try:
        keys = KeySet.from_jwks(msgspec.json.encode({"keys": claims.keys}))
    except InvalidInput:
        raise InvalidDocument("The key manifest has no valid key set.", code="malformed") from None
    check_separate(keys, roots)
    return keys
