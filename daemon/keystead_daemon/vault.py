"""The vault: what outlives the process, sealed with XChaCha20-Poly1305.

The file is a magic word with the format's version, a random nonce of 24 bytes, and the sealed
JSON. The product's id is bound in as associated data, so that a vault of another product, under
whichever key, is not one of ours. Replacing the file is the commit point of a refresh.
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
KEY_BYTES = bindings.crypto_aead_xchacha20poly1305_ietf_KEYBYTES
NONCE_BYTES = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
_MAX_BYTES = 1024 * 1024

_encode = msgspec.json.Encoder().encode


def seal(kept: PersistedState, *, product: str, key: bytes, nonce: bytes) -> bytes:
    """The vault's bytes; ``nonce`` is random and never used twice."""
    sealed = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
        _encode(kept), _bound(product), nonce, key
    )
    return MAGIC + nonce + sealed


def unseal(data: bytes, *, product: str, key: bytes) -> PersistedState:
    """What is in a vault's bytes. Raises VaultUnreadable."""
    start = len(MAGIC) + NONCE_BYTES
    nonce, sealed = data[len(MAGIC) : start], data[start:]
    try:
        if not data.startswith(MAGIC) or len(nonce) != NONCE_BYTES:
            raise CryptoError
        plain = bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            sealed, _bound(product), nonce, key
        )
        return msgspec.json.decode(plain, type=PersistedState)
    except (CryptoError, ValueError, msgspec.MsgspecError):
        raise VaultUnreadable("The vault cannot be opened with this device's key.") from None


class Vault:
    """The vault of one product in one file; ``random`` gives so many random bytes."""

    def __init__(
        self, path: Path, product: str, key: bytes, random: Callable[[int], bytes]
    ) -> None:
        self._path = path
        self._product = product
        self._key = key
        self._random = random

    def read(self) -> PersistedState | None:
        """What is kept, or None where there is no vault. Raises StorageFailed, VaultUnreadable."""
        data = read_file(self._path, _MAX_BYTES)
        return None if data is None else unseal(data, product=self._product, key=self._key)

    def write(self, kept: PersistedState) -> None:
        """Replace the vault whole. Raises StorageFailed, and then the old one stands."""
        nonce = self._random(NONCE_BYTES)
        replace_atomically(
            self._path, seal(kept, product=self._product, key=self._key, nonce=nonce)
        )


def _bound(product: str) -> bytes:
    return b"keystead vault 1 of " + product.encode()
