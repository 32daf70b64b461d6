"""A merchant's Stripe key at rest: sealed under a key that is made of the backend's own secret.

Whoever reads the database alone has no merchant's key.
"""

from __future__ import annotations

import binascii
from hashlib import blake2b

import nacl.secret
from nacl.exceptions import CryptoError

from keystead.encoding import InvalidEncoding, b64u_decode, b64u_encode

_PURPOSE = b"merchant keys"


def seal(key: str, secret: str) -> str:
    """The key, sealed with XSalsa20-Poly1305 under a random nonce; base64url."""
    return b64u_encode(_box(secret).encrypt(key.encode()))


def unseal(sealed: str, secret: str) -> str | None:
    """The key, or null where another secret has sealed it."""
    try:
        return _box(secret).decrypt(b64u_decode(sealed)).decode()
    except (CryptoError, InvalidEncoding, binascii.Error):
        return None


def _box(secret: str) -> nacl.secret.SecretBox:
    derived = blake2b(secret.encode(), digest_size=nacl.secret.SecretBox.KEY_SIZE, person=_PURPOSE)
    return nacl.secret.SecretBox(derived.digest())
