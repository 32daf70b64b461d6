"""The signed documents of contract §2, as frozen values.

``iat``, ``nbf`` and ``exp`` are seconds; fields named ``…At`` and ``…End`` are milliseconds. A
document is read with `read` (form only: which ones to believe is `keystead.trust`'s business) and
written with `issue`. A client keeps the compact text that it was given, so that fields which it
does not know yet are kept with it.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from keystead import jose
from keystead.entitlement import Entitlement, OfflineGrace
from keystead.errors import InvalidDocument
from keystead.keys import SigningKey

LICENSE_TYP = "license+jwt"
TOKEN_TYP = "device-access+jwt"
KEYS_TYP = "keys+jwt"

#: Seconds since the epoch after which a claim is nonsense: the end of the year 9999 (RFC 3339).
MAX_SECONDS = 253_402_300_799


class _Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class Confirmation(_Wire, frozen=True, kw_only=True):
    """Whose key holds the document (RFC 7800 §3.1, RFC 9449 §6.1): an RFC 7638 thumbprint."""

    jkt: str


class License(_Wire, frozen=True, kw_only=True, omit_defaults=True):
    """The statement of what a device may do; not secret."""

    iss: str
    sub: str
    aud: str
    iat: int
    exp: int
    jti: str
    device_id: str
    cnf: Confirmation
    active: bool
    status: str
    entitlement: Entitlement | None
    offline_grace: OfflineGrace
    refresh_after_seconds: int
    nbf: int | None = None
    nonce: str | None = None


class DeviceAccessToken(_Wire, frozen=True, kw_only=True, omit_defaults=True):
    """The bearer credential of one device; secret. ``expires_at`` (ms) is ``exp`` once more."""

    iss: str
    sub: str
    aud: str
    iat: int
    exp: int
    jti: str
    device_id: str
    expires_at: int
    cnf: Confirmation
    nbf: int | None = None


class KeyManifest(_Wire, frozen=True, kw_only=True):
    """The keys that a backend signs with: a JWK Set's ``keys``, with a version that only grows."""

    iss: str
    iat: int
    exp: int
    version: int
    keys: tuple[dict[str, Any], ...]


Document = License | DeviceAccessToken | KeyManifest
D = TypeVar("D", License, DeviceAccessToken, KeyManifest)

TYP_OF: dict[type[Document], str] = {
    License: LICENSE_TYP,
    DeviceAccessToken: TOKEN_TYP,
    KeyManifest: KEYS_TYP,
}

_encode = msgspec.json.Encoder().encode


def issue(document: Document, key: SigningKey) -> str:
    """The document as a compact JWS, signed.

    An optional claim without a value is left out: a JWT claim that is null means something else
    to other libraries than one that is absent.
    """
    return jose.sign(payload_of(document), key, TYP_OF[type(document)])


def payload_of(document: Document) -> bytes:
    """The bytes that are signed: the claims in the order of their definition, nothing between."""
    return _encode(document)


def read(kind: type[D], payload: bytes) -> D:
    """A verified payload as a value of its kind, if it has its form.

    Raises InvalidDocument: ``malformed`` where a required claim is missing or has another type,
    ``invalid_lifetime`` where ``exp`` is not after ``iat``, an instant is out of range, or ``nbf``
    is after ``iat``: nothing of ours is issued before it is valid.
    """
    document = jose.read_claims(payload, kind)
    begins = max(document.iat, getattr(document, "nbf", None) or 0)
    if not 0 <= document.iat == begins < document.exp <= MAX_SECONDS:
        raise InvalidDocument("The document ends before it begins.", code="invalid_lifetime")
    return document
