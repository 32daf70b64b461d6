"""Storage of the two secrets: the device key's seed and the vault's key (contract §7).

Every implementation is a `SecretStore` and passes one contract suite. `system_keyring` has the
default one; the key file here is opt-in (``KEYSTEAD_SECRETS=file``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import msgspec

from keystead.errors import KeyringUnavailable
from keystead.files import read_file, replace_atomically, set_aside

SECRET_BYTES = 32
_MAX_BYTES = 4096


class KeyringLocked(KeyringUnavailable):
    """A person has to unlock the keyring; each call may show the prompt again."""


class Secrets(msgspec.Struct, frozen=True):
    """Two secrets of 32 bytes each, None where one is missing. Its repr shows neither."""

    device_seed: bytes | None = None
    vault_key: bytes | None = None

    def __repr__(self) -> str:
        return f"Secrets({self.device_seed is not None}, {self.vault_key is not None})"


class SecretStore(Protocol):
    """Reads and writes both secrets within a time limit."""

    async def load(self) -> Secrets:
        """Return the stored secrets. Raises KeyringUnavailable, StorageFailed."""
        ...

    async def store(self, secrets: Secrets) -> None:
        """Write the secrets that are not None. Raises KeyringUnavailable, StorageFailed."""
        ...


class _KeyFile(msgspec.Struct, frozen=True, rename="camel"):
    version: int
    binding: str
    device_seed: bytes | None
    vault_key: bytes | None


class KeyFile:
    """Stores both secrets in a file of mode 0600 beside the vault.

    The file names the folder and machine it was made for. A copied file belongs to another device:
    it is set aside and counts as missing.
    """

    def __init__(self, path: Path, binding: str) -> None:
        self._path = path
        self._binding = binding

    async def load(self) -> Secrets:
        """Return the secrets stored for this folder and machine. Raises StorageFailed."""
        data = read_file(self._path, _MAX_BYTES)
        if data is None:
            return Secrets()
        try:
            file = msgspec.json.decode(data, type=_KeyFile)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            file = None
        if file is None or file.binding != self._binding or not _is_complete(file):
            set_aside(self._path)
            return Secrets()
        return Secrets(file.device_seed, file.vault_key)

    async def store(self, secrets: Secrets) -> None:
        """Replace the file atomically. Raises StorageFailed."""
        # The file is replaced as a whole, so the secret that is not given has to be kept.
        known = await self.load()
        file = _KeyFile(
            version=1,
            binding=self._binding,
            device_seed=secrets.device_seed or known.device_seed,
            vault_key=secrets.vault_key or known.vault_key,
        )
        replace_atomically(self._path, msgspec.json.encode(file) + b"\n")


def _is_complete(file: _KeyFile) -> bool:
    secrets = (file.device_seed, file.vault_key)
    return all(secret is None or len(secret) == SECRET_BYTES for secret in secrets)
