"""Which signed documents are trusted, and which one replaces another.

A license is *genuine* (`verify_license`) when, in this order:

 1. it is a strict JWS of type ``license+jwt`` by a pinned key           (codes of `keystead.jose`)
 2. it has all its claims, and ends after it begins     ``malformed``  ``invalid_lifetime``
 3. it was issued for this product                      ``wrong_product``
 4. its device is the one whose key it is bound to      ``malformed``
 5. it does not outlive its grace boundary, which is the same in both of its forms
                                                        ``past_grace_boundary``  ``malformed``
 6. if active, it has an entitlement                    ``malformed``

It is *accepted* on a device (`accept_license`) when, in addition:

 7. it is for this device                               ``wrong_device``
 8. it has the nonce that was sent                      ``wrong_nonce``
 9. it is not older than the newest one accepted        ``superseded``

The answer to the device's last question is the newest by its nonce, whatever its ``iat`` says:
there rule 9 does not apply (``newest`` is None).

A device access token follows rules 1 to 4 and 7, and its ``expiresAt`` is its ``exp``; on receipt
it must also not outlive the grace boundary of the license that came with it
(``past_grace_boundary``).

Which keys count is decided by `keystead.signing_keys`. No rule reads a clock. An expired license is
still genuine: `keystead.activation` decides what it allows.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from keystead import jose
from keystead.documents import (
    LICENSE_TYP,
    TOKEN_TYP,
    Confirmation,
    DeviceAccessToken,
    License,
    read,
)
from keystead.errors import InvalidDocument
from keystead.instants import MAX_MS, iso, to_ms
from keystead.keys import KeySet


class Newest(msgspec.Struct, frozen=True, order=True):
    """The order of accepted licenses: by signed ``iat`` (seconds), then by ``jti``."""

    iat: int
    jti: str

    @classmethod
    def of(cls, document: License) -> Newest:
        return cls(document.iat, document.jti)


class _Bound(Protocol):
    @property
    def aud(self) -> str: ...
    @property
    def device_id(self) -> str: ...
    @property
    def cnf(self) -> Confirmation: ...


def verify_license(compact: str | bytes, *, keys: KeySet, product: str) -> License:
    """Verify a license of this product for any device, by rules 1 to 6.

    Raises InvalidDocument with the code of the first rule that it breaks.
    """
    return check_license(read(License, jose.verify(compact, keys, LICENSE_TYP)), product=product)


def check_license(document: License, *, product: str | None) -> License:
    """Check rules 3 to 6 on verified claims. With ``product`` None any product is accepted.

    Raises InvalidDocument.
    """
    _check_binding(document, product)
    # `decide` compares with `exp`, people are shown `endsAt`: both must forbid the same time.
    grace = document.offline_grace
    if to_ms(document.exp) > grace.ends_at:
        raise InvalidDocument(
            "The license outlives its grace boundary.", code="past_grace_boundary"
        )
    if not 0 <= grace.ends_at <= MAX_MS or grace.ends_at_iso != iso(grace.ends_at):
        raise InvalidDocument("The license's two forms of its boundary differ.", code="malformed")
    paid = document.entitlement
    if document.active and paid is None:
        raise InvalidDocument("The license is active without an entitlement.", code="malformed")
    if paid is not None and not 0 <= (paid.current_period_end or 0) <= MAX_MS:
        raise InvalidDocument("The license's period end is out of range.", code="malformed")
    return document


def accept_license(
    compact: str | bytes,
    *,
    keys: KeySet,
    product: str,
    device: str,
    newest: Newest | None,
    nonce: str | None = None,
) -> License:
    """Verify a license that is to replace the ``newest`` one on this device, by rules 1 to 9.

    ``nonce`` is the one that was sent, None for a file, which answers no request. The newest
    license itself is accepted again, which changes nothing. Raises InvalidDocument.
    """
    document = verify_license(compact, keys=keys, product=product)
    _check_device(document, device)
    # A response recorded earlier has another nonce, so it can't be replayed to this request.
    if nonce is not None and document.nonce != nonce:
        raise InvalidDocument(
            "The license has another nonce than the one sent.", code="wrong_nonce"
        )
    check_order(document, newest)
    return document


def check_order(document: License, newest: Newest | None, highest: Newest | None = None) -> None:
    """Check rule 9. Raises InvalidDocument.

    Otherwise a saved license from before a cancellation would restore the activation. ``highest``
    is the order of an earlier license with a later ``iat`` than the newest one, if there was one.
    """
    found = Newest.of(document)
    old = newest is not None and found < newest
    if old or (highest is not None and found != newest and found <= highest):
        raise InvalidDocument("The license is older than one that was accepted.", code="superseded")


def verify_token(compact: str | bytes, *, keys: KeySet, product: str | None) -> DeviceAccessToken:
    """Verify a device access token for any device. It may have expired.

    With ``product`` None any product is accepted. Raises InvalidDocument.
    """
    return check_token(
        read(DeviceAccessToken, jose.verify(compact, keys, TOKEN_TYP)), product=product
    )


def check_token(document: DeviceAccessToken, *, product: str | None) -> DeviceAccessToken:
    """Check the rules for a token on verified claims. Raises InvalidDocument."""
    _check_binding(document, product)
    if document.expires_at != to_ms(document.exp):
        raise InvalidDocument("The token's two forms of its end differ.", code="malformed")
    return document


def accept_token(
    compact: str | bytes, *, keys: KeySet, product: str, device: str, license: License
) -> DeviceAccessToken:
    """Verify a token that came with ``license``, for this device. Raises InvalidDocument."""
    document = verify_token(compact, keys=keys, product=product)
    _check_device(document, device)
    if document.expires_at > license.offline_grace.ends_at:
        raise InvalidDocument("The token outlives the grace boundary.", code="past_grace_boundary")
    return document


def _check_binding(document: _Bound, product: str | None) -> None:
    if product is not None and document.aud != product:
        raise InvalidDocument("The document is for another product.", code="wrong_product")
    if document.cnf.jkt != document.device_id:
        raise InvalidDocument("The document names two different devices.", code="malformed")


def _check_device(document: _Bound, device: str) -> None:
    if document.device_id != device:
        raise InvalidDocument("The document is for another device.", code="wrong_device")
