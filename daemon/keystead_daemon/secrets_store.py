"""Storage of the two secrets: the device key's seed and the vault's key (specification §4.6).

Every implementation is a `SecretStore` and passes one contract suite. `system_keyring` has the
default one; the key file here is opt-in (``KEYSTEAD_SECRETS=file``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import msgspec

from keystead.device_statement import COPIED
from keystead.errors import KeyringUnavailable
from keystead.files import read_file, replace_atomically, set_aside

SECRET_BYTES = 32
_MAX_BYTES = 4096


class KeyringLocked(KeyringUnavailable):
    """A person has to unlock the keyring; each call may show the prompt again."""


class SecretsElsewhere(KeyringUnavailable):
    """The secrets here belong to another folder or machine, and have to stay as they are."""

    default_code = COPIED


class Secrets(msgspec.Struct, frozen=True):
    """Two secrets of 32 bytes each, None where one is missing. Its repr shows neither."""

    device_seed: bytes | None = None
    vault_key: bytes | None = None

    def __repr__(self) -> str:
        return f"Secrets({self.device_seed is not None}, {self.vault_key is not None})"


class SecretStore(Protocol):
    """Reads and writes both secrets within a time limit."""

    async def load(self) -> Secrets:
        """Return the stored secrets.

        Raises KeyringUnavailable, SecretsElsewhere, StorageFailed.
        """
        ...

    async def store(self, secrets: Secrets) -> None:
        """Write the secrets that are not None. Secrets of another place are set aside.

        Raises KeyringUnavailable, StorageFailed.
        """
        ...


class _KeyFile(msgspec.Struct, frozen=True, rename="camel"):
    version: int
    binding: str
    device_seed: bytes | None
    vault_key: bytes | None


class KeyFile:
    """Stores both secrets in a file of mode 0600 beside the vault.

    The file names the folder and machine it was made for. Elsewhere it is left as it is, because a
    renamed folder or another container is often temporary: back in its place it works again.
    """

    def __init__(self, path: Path, binding: str) -> None:
        self._path = path
        self._binding = binding

    async def load(self) -> Secrets:
        """Return the secrets for this folder and machine. Raises SecretsElsewhere, StorageFailed.

        A damaged file is set aside and counts as missing.
        """
        file = self._read()
        if file is None:
            return Secrets()
        if file.binding != self._binding:
            raise SecretsElsewhere("The keys here belong to another folder or machine.")
        return Secrets(file.device_seed, file.vault_key)

    async def store(self, secrets: Secrets) -> None:
        """Replace the file atomically. Raises StorageFailed."""
        # The file is replaced as a whole, so the secret that is not given has to be kept.
        known = self._read()
        if known is not None and known.binding != self._binding:
            set_aside(self._path)
            known = None
        file = _KeyFile(
            version=1,
            binding=self._binding,
            device_seed=secrets.device_seed or (known.device_seed if known else None),
            vault_key=secrets.vault_key or (known.vault_key if known else None),
        )
        replace_atomically(self._path, msgspec.json.encode(file) + b"\n")

    def _read(self) -> _KeyFile | None:
        data = read_file(self._path, _MAX_BYTES)
        if data is None:
            return None
        try:
            file = msgspec.json.decode(data, type=_KeyFile)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            file = None
        if file is None or not _is_complete(file):
            set_aside(self._path)
            return None
        return file


def _is_complete(file: _KeyFile) -> bool:
    secrets = (file.device_seed, file.vault_key)
    return all(secret is None or len(secret) == SECRET_BYTES for secret in secrets)
