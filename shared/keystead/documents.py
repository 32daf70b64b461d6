"""The signed documents of specification §3, as frozen values.

``iat``, ``nbf`` and ``exp`` are seconds; fields named ``…At`` and ``…End`` are milliseconds. `read`
checks only the form of a document: `keystead.trust` decides which ones to trust. `issue` signs one.
A client stores the compact text it received, so fields that it does not know yet are kept.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from keystead import jose
from keystead.encoding import Integer
from keystead.entitlement import Entitlement, OfflineGrace
from keystead.errors import InvalidDocument
from keystead.keys import SigningKey

LICENSE_TYP = "license+jwt"
TOKEN_TYP = "device-access+jwt"
KEYS_TYP = "keys+jwt"

#: The last second that RFC 3339 can write: the end of the year 9999.
MAX_SECONDS = 253_402_300_799


class _Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class Confirmation(_Wire, frozen=True, kw_only=True):
    """The key that a document is bound to (RFC 7800 §3.1, RFC 9449 §6.1): its thumbprint."""

    jkt: str


class License(_Wire, frozen=True, kw_only=True, omit_defaults=True):
    """What a device may do, signed by the backend; not secret."""

    iss: str
    sub: str
    aud: str
    iat: Integer
    exp: Integer
    jti: str
    device_id: str
    cnf: Confirmation
    active: bool
    status: str
    entitlement: Entitlement | None
    offline_grace: OfflineGrace
    refresh_after_seconds: Integer
    nbf: Integer | None = None
    nonce: str | None = None
    #: Why, where the status alone does not say it (specification §3.7).
    reason: str | None = None


class DeviceAccessToken(_Wire, frozen=True, kw_only=True, omit_defaults=True):
    """The credential of one device; secret. ``expires_at`` (ms) repeats ``exp``."""

    iss: str
    sub: str
    aud: str
    iat: Integer
    exp: Integer
    jti: str
    device_id: str
    expires_at: Integer
    cnf: Confirmation
    nbf: Integer | None = None


Document = License | DeviceAccessToken
D = TypeVar("D", License, DeviceAccessToken)

TYP_OF: dict[type[Document], str] = {
    License: LICENSE_TYP,
    DeviceAccessToken: TOKEN_TYP,
}

_encode = msgspec.json.Encoder().encode


def issue(document: Document, key: SigningKey) -> str:
    """Sign a document and return the compact JWS.

    An optional claim without a value is left out, because some JWT libraries refuse a claim that
    is null.
    """
    return jose.sign(payload_of(document), key, TYP_OF[type(document)])


def payload_of(document: Document) -> bytes:
    """The signed bytes: compact JSON with the claims in the order of their definition."""
    return _encode(document)


def read(kind: type[D], payload: bytes) -> D:
    """Decode a verified payload.

    Raises InvalidDocument: ``malformed`` where a required claim is missing or has another type,
    ``invalid_lifetime`` where ``exp`` is not after ``iat``, an instant is out of range, or ``nbf``
    is after ``iat``, because no document is issued before it is valid.
    """
    document = jose.read_claims(payload, kind)
    begins = max(document.iat, getattr(document, "nbf", None) or 0)
    if not 0 <= document.iat == begins < document.exp <= MAX_SECONDS:
        raise InvalidDocument("The document has an invalid lifetime.", code="invalid_lifetime")
    return document
