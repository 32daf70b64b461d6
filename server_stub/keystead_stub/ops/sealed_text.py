"""Encryption of texts at rest, by a key derived from the backend's first signing secret.

Reading the database alone reveals none of them. A merchant's Stripe key is one, a mail with a link
that restores a purchase another.
"""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from hashlib import blake2b

import nacl.secret
from nacl.exceptions import CryptoError

from keystead.encoding import InvalidEncoding, b64u_decode, b64u_encode


def seal(text: str, secrets: Sequence[str], *, purpose: bytes) -> str:
    """Encrypt the text with XSalsa20-Poly1305 under a random nonce, as base64url."""
    return b64u_encode(_box(secrets[0], purpose).encrypt(text.encode()))


def unseal(sealed: str, secrets: Sequence[str], *, purpose: bytes) -> str | None:
    """Decrypt the text, or return null where none of the secrets sealed it for this purpose."""
    opened = (_opened(sealed, secret, purpose) for secret in secrets)
    return next((text for text in opened if text is not None), None)


def _opened(sealed: str, secret: str, purpose: bytes) -> str | None:
    try:
        return _box(secret, purpose).decrypt(b64u_decode(sealed)).decode()
    except (CryptoError, InvalidEncoding, binascii.Error):
        return None


def _box(secret: str, purpose: bytes) -> nacl.secret.SecretBox:
    # Derived for one purpose alone: the same secret signs licenses.
    derived = blake2b(secret.encode(), digest_size=nacl.secret.SecretBox.KEY_SIZE, person=purpose)
    return nacl.secret.SecretBox(derived.digest())
