"""The activation request of a device without a network, as a file and as a link.

A request is a compact JWS that the device key signs (type ``activation-request+jwt``, the public
key in the header as ``jwk``). The response is a license, as a file or as a code to type
(`keystead.wire.activation_code`). The request proves possession of the device key, so that the page
that issues the license can bind it to the device as the status route does.

A link carries the request in a packed form, so that its QR code stays small: base64url of a version
byte, the public key (32 bytes), the signature (64), ``iat`` (5), the nonce and the product id, each
as its length and bytes, and the device's name. Everything else is derived from these.
"""

from __future__ import annotations

import msgspec

from keystead import jose
from keystead.encoding import WHITE_SPACE, Integer, InvalidEncoding, b64u_decode, b64u_encode
from keystead.errors import InvalidDocument
from keystead.keys import SIGNATURE_BYTES, PublicKey, SigningKey, public_jwk, thumbprint

#: The link's query parameter with the packed request.
PARAMETER = "request"
#: Maximum length of a packed request in characters.
MAX_PACKED = 1024
#: Length of a request's random nonce in bytes.
NONCE_BYTES = 24
_PACKED_VERSION = 2
_KEY_BYTES, _IAT_BYTES = 32, 5

REQUEST_TYP = "activation-request+jwt"


class OfflineRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """``iat`` is in seconds by the device's trusted time; the license repeats ``nonce``."""

    aud: str
    device_id: str
    device_name: str
    iat: Integer
    nonce: str


def write_request(request: OfflineRequest, key: SigningKey) -> str:
    """Sign a request and return the text of its file."""
    return jose.sign(msgspec.json.encode(request), key, REQUEST_TYP, embed_jwk=True)


def read_request(text: str, *, product: str | None) -> tuple[PublicKey, OfflineRequest]:
    """Verify a request for ``product``, and return the device's public key and the request.

    With ``product`` None any product is accepted. Raises InvalidDocument: a code of
    `keystead.jose`, ``wrong_product``, or ``wrong_device``.
    """
    key, payload = jose.verify_self_signed(text.strip(WHITE_SPACE), REQUEST_TYP)
    request = jose.read_claims(payload, OfflineRequest)
    if product is not None and request.aud != product:
        raise InvalidDocument("The request is for another product.", code="wrong_product")
    if request.device_id != key.kid:
        raise InvalidDocument("The request names another device.", code="wrong_device")
    return key, request


def link_to(page: str, text: str) -> str:
    """Return the URL of the vendor's page with a request."""
    return f"{page}?{PARAMETER}={pack_request(text)}"


def pack_request(text: str) -> str:
    """Pack a request that this device wrote, for a link."""
    key, payload = jose.verify_self_signed(text, REQUEST_TYP)
    request = jose.read_claims(payload, OfflineRequest)
    packed = bytes([_PACKED_VERSION]) + key.raw + b64u_decode(text.rpartition(".")[2])
    packed += request.iat.to_bytes(_IAT_BYTES, "big")
    for part in (b64u_decode(request.nonce), request.aud.encode()):
        packed += bytes([len(part)]) + part
    return b64u_encode(packed + request.device_name.encode())


def unpack_request(packed: str) -> str:
    """Unpack a request from a link to the text of its file, without verifying its signature.

    Raises InvalidDocument (``malformed``).
    """
    try:
        if len(packed) > MAX_PACKED:
            raise InvalidEncoding("too long")
        data = memoryview(b64u_decode(packed))
        version, key = data[0], bytes(data[1 : 1 + _KEY_BYTES])
        signature, data = data[1 + _KEY_BYTES :][:SIGNATURE_BYTES], data[1 + _KEY_BYTES :]
        data = data[SIGNATURE_BYTES:]
        iat, data = int.from_bytes(data[:_IAT_BYTES], "big"), data[_IAT_BYTES:]
        nonce, data = _split(data)
        product, name = _split(data)
        if version != _PACKED_VERSION:
            raise InvalidEncoding("unknown version")
        request = OfflineRequest(
            aud=product.decode(),
            device_id=thumbprint(key),
            device_name=bytes(name).decode(),
            iat=iat,
            nonce=b64u_encode(nonce),
        )
    except (ValueError, IndexError):
        raise InvalidDocument("The link is incomplete.", code="malformed") from None
    signed = jose.signing_input(msgspec.json.encode(request), REQUEST_TYP, {"jwk": public_jwk(key)})
    return f"{signed}.{b64u_encode(bytes(signature))}"


def _split(data: memoryview) -> tuple[bytes, memoryview]:
    """Split off a part that its length precedes. Raises IndexError, InvalidEncoding."""
    size, rest = data[0], data[1:]
    if len(rest) < size:
        raise InvalidEncoding("truncated")
    return bytes(rest[:size]), rest[size:]
