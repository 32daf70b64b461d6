"""Inspection of a signed document: is it genuine, and what does it allow? Pure.

For ``keystead inspect`` and for support. Accepts the three kinds of specification §3, which the
header's ``typ`` names, and checks the rules of `keystead.trust` and `keystead.key_manifest` that
don't depend on a product. A manifest is verified by the keys that are given, so those must be root
keys.
"""

from __future__ import annotations

from typing import Any

import msgspec

from keystead import jose, trust
from keystead.activation import Activation, decide
from keystead.documents import (
    KEYS_TYP,
    LICENSE_TYP,
    TOKEN_TYP,
    DeviceAccessToken,
    License,
    read,
)
from keystead.errors import InvalidDocument
from keystead.hints import KEYS_STALE
from keystead.key_manifest import KeyManifest, accept_key_manifest
from keystead.keys import KeySet


class Inspection(msgspec.Struct, frozen=True):
    """The result; its members are those of ``keystead inspect --json`` (specification §11.4).

    ``typ`` and ``kid`` are the header's, verified or not, None where it is unreadable. ``claims``
    are all signed claims, unknown ones included, None where the document is refused.
    ``activation`` is set for a genuine license only. The code of a genuine document is ``ok``, or
    ``keys_stale`` for a manifest that has ended and still counts.
    """

    ok: bool
    code: str
    typ: str | None
    kid: str | None
    claims: dict[str, Any] | None = None
    activation: Activation | None = None


def inspect_document(
    compact: str | bytes, *, keys: KeySet, now_ms: int, device: str | None = None
) -> Inspection:
    """Inspect a document at ``now_ms``; with ``device`` (a thumbprint) it must be for that device.

    Raises nothing. The result of a refused document has the code of the rule that it breaks.
    """
    typ = kid = None
    try:
        header = jose.peek_header(compact)
        typ, kid = header.typ, header.kid
        claims, found = _verified(compact, header, keys, now_ms, device)
    # Even an unverified header helps support: it names the key and type of the document.
    except InvalidDocument as refused:
        return Inspection(False, refused.code, typ, kid)
    activation = decide(found, now_ms) if isinstance(found, License) else None
    stale = isinstance(found, KeyManifest) and found.is_stale(now_ms)
    return Inspection(True, KEYS_STALE if stale else "ok", typ, kid, claims, activation)


def _verified(
    compact: str | bytes, header: jose.Header, keys: KeySet, now_ms: int, device: str | None
) -> tuple[dict[str, Any], License | DeviceAccessToken | KeyManifest]:
    if header.typ not in (LICENSE_TYP, TOKEN_TYP, KEYS_TYP):
        raise InvalidDocument("Unknown document type.", code="wrong_type")
    payload = jose.verify(compact, keys, header.typ)
    claims = jose.read_object(payload)
    if header.typ == KEYS_TYP:
        return claims, _manifest(compact, header, keys, now_ms)
    if header.typ == TOKEN_TYP:
        token = trust.check_token(read(DeviceAccessToken, payload), product=None)
        _check_device(token.device_id, device)
        return claims, token
    license = trust.check_license(read(License, payload), product=None)
    _check_device(license.device_id, device)
    return claims, license


def _manifest(compact: str | bytes, header: jose.Header, keys: KeySet, now_ms: int) -> KeyManifest:
    # Only its signer is known to be a root key: the set may hold signing keys too.
    roots = KeySet(key for key in keys if key.kid == header.kid)
    return accept_key_manifest(compact, roots=roots, product=None, now_ms=now_ms, highest=None)


def _check_device(named: str, device: str | None) -> None:
    if device is not None and named != device:
        raise InvalidDocument("The document is for another device.", code="wrong_device")
