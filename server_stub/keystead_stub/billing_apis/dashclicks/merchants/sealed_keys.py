"""Encryption of merchants' Stripe keys at rest, by a key derived from the backend's secret.

Reading the database alone reveals no merchant's key.
"""

from __future__ import annotations

import binascii
from hashlib import blake2b

import nacl.secret
from nacl.exceptions import CryptoError

from keystead.encoding import InvalidEncoding, b64u_decode, b64u_encode

_PURPOSE = b"merchant keys"


def seal(key: str, secret: str) -> str:
    """Encrypt the key with XSalsa20-Poly1305 under a random nonce, as base64url."""
    return b64u_encode(_box(secret).encrypt(key.encode()))


def unseal(sealed: str, secret: str) -> str | None:
    """Decrypt the key, or return null where it was sealed by another secret."""
    try:
        return _box(secret).decrypt(b64u_decode(sealed)).decode()
    except (CryptoError, InvalidEncoding, binascii.Error):
        return None


def _box(secret: str) -> nacl.secret.SecretBox:
    # Derived for this purpose alone: the same secret signs licenses.
    derived = blake2b(secret.encode(), digest_size=nacl.secret.SecretBox.KEY_SIZE, person=_PURPOSE)
    return nacl.secret.SecretBox(derived.digest())
