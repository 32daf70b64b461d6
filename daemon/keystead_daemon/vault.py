"""The vault: the persisted state, encrypted with XChaCha20-Poly1305.

The file is a magic line with the format's version, a random nonce of 24 bytes, and the encrypted
JSON. The product's id is the associated data, so a vault of another product never opens, even
under the same key. Replacing the file is the commit point of a refresh.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
from nacl import bindings
from nacl.exceptions import CryptoError

from keystead.errors import VaultUnreadable
from keystead.files import read_file, replace_atomically
from keystead_daemon.state import PersistedState

MAGIC = b"keystead-vault-1\n"
NONCE_BYTES = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#: Far above a real vault. A larger file is damaged and is not read into memory.
_MAX_BYTES = 1024 * 1024

_encode = msgspec.json.Encoder().encode


def seal(persisted: PersistedState, *, product: str, key: bytes, nonce: bytes) -> bytes:
    """Encrypt the state; ``nonce`` is random and never used twice."""
    sealed = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
        _encode(persisted), _bound(product), nonce, key
    )
    return MAGIC + nonce + sealed


def unseal(data: bytes, *, product: str, key: bytes) -> PersistedState:
    """Decrypt a vault's bytes. Raises VaultUnreadable."""
    start = len(MAGIC) + NONCE_BYTES
    nonce, sealed = data[len(MAGIC) : start], data[start:]
    try:
        if not data.startswith(MAGIC) or len(nonce) != NONCE_BYTES:
            raise CryptoError
        plain = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            sealed, _bound(product), nonce, key
        )
        return msgspec.json.decode(plain, type=PersistedState)
    # One error for all causes: which part is damaged helps an attacker more than the customer.
    except (CryptoError, ValueError, msgspec.MsgspecError):
        raise VaultUnreadable("The vault can't be decrypted with this device's key.") from None


class Vault:
    """The vault file of one product; ``random(n)`` returns n random bytes."""

    def __init__(
        self, path: Path, product: str, key: bytes, random: Callable[[int], bytes]
    ) -> None:
        self._path = path
        self._product = product
        self._key = key
        self._random = random

    def read(self) -> PersistedState | None:
        """Return the state, None without a file. Raises StorageFailed, VaultUnreadable."""
        data = read_file(self._path, _MAX_BYTES)
        return None if data is None else unseal(data, product=self._product, key=self._key)

    def write(self, persisted: PersistedState) -> None:
        """Replace the file atomically. Raises StorageFailed, and then the old file is unchanged."""
        nonce = self._random(NONCE_BYTES)
        replace_atomically(
            self._path, seal(persisted, product=self._product, key=self._key, nonce=nonce)
        )


def _bound(product: str) -> bytes:
    return b"keystead vault 1 of " + product.encode()
