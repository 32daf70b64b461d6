"""Activation by file, for machines that never see a network: the request that a device writes.

A request file is one compact JWS, signed by the device's own key (type ``activation-request+jwt``,
the key in the header as ``jwk``); what comes back is a license file, which is a license and nothing
else. The request proves possession of the device key, so that a page which turns requests into
licenses can bind the device as the status route does.
"""

from __future__ import annotations

import msgspec

from keystead import jose
from keystead.errors import InvalidDocument
from keystead.keys import PublicKey, SigningKey

REQUEST_TYP = "activation-request+jwt"


class OfflineRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """``iat`` is in seconds by the device's trusted time; ``nonce`` comes back in the license."""

    aud: str
    device_id: str
    device_name: str
    iat: int
    nonce: str


def write_request(request: OfflineRequest, key: SigningKey) -> str:
    """The request as the text of a file."""
    return jose.sign(msgspec.json.encode(request), key, REQUEST_TYP, embed_jwk=True)


def read_request(text: str, *, product: str) -> tuple[PublicKey, OfflineRequest]:
    """The request and the device's public key, if that key signed it and it is for this product.

    Raises InvalidDocument: a code of `keystead.jose`, ``wrong_product``, or ``wrong_device``.
    """
    key, payload = jose.verify_self_signed(text.strip(), REQUEST_TYP)
    request = jose.read_claims(payload, OfflineRequest)
    if request.aud != product:
        raise InvalidDocument("The request is for another product.", code="wrong_product")
    if request.device_id != key.kid:
        raise InvalidDocument("The request names another device.", code="wrong_device")
    return key, request
