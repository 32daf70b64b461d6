"""The user's files and keys: read at the start, opened with the keys, and saved.

The vault is the commit point. ``keys.jws``, ``license.jws`` and ``device.jws`` are published from
it afterwards, in this order: none of them refers to a newer one that isn't there yet. A crash in
between leaves the vault ahead, and the next start brings the files up to date.
"""

from __future__ import annotations

from collections.abc import Callable

from keystead import machine
from keystead.device_statement import COPIED, DeviceStatement, read_statement, write_statement
from keystead.encoding import WHITE_SPACE
from keystead.errors import InvalidDocument, KeyringUnavailable, StorageFailed, VaultUnreadable
from keystead.files import read_file, remove_temporary_files, replace_atomically, set_aside
from keystead.jose import MAX_BYTES
from keystead.keys import SigningKey
from keystead.paths import Paths
from keystead_daemon.events import KeysOpened, KeysUnavailable, Saved, Started
from keystead_daemon.secrets_store import (
    SECRET_BYTES,
    KeyringLocked,
    Secrets,
    SecretsElsewhere,
    SecretStore,
)
from keystead_daemon.state import State
from keystead_daemon.vault import Vault

DEVICE_KEY_LOST = "device_key_lost"


class Storage:
    """``key`` is the device's, None until `open` succeeds; ``random(n)`` returns n random bytes."""

    def __init__(
        self, paths: Paths, *, product: str, secrets: SecretStore, random: Callable[[int], bytes]
    ) -> None:
        self.key: SigningKey | None = None
        self.device_text: str | None = None
        self._paths = paths
        self._product = product
        self._secrets = secrets
        self._random = random
        self._binding = machine.binding_of(paths.state)
        self._vault: Vault | None = None
        self._license_text: str | None = None

    def load_public_files(self) -> Started:
        """Read the files that are not secret. An unreadable file counts as missing."""
        remove_temporary_files(self._paths.state)
        self._license_text = _text(self._paths.license.name, self._read)
        statement, refused = self._statement()
        key_manifest = _text(self._paths.key_manifest.name, self._read)
        return Started(self._license_text, statement, refused, key_manifest)

    async def open(self, *, renew: bool) -> KeysOpened | KeysUnavailable:
        """Load both keys, creating those that never existed, and open the vault."""
        try:
            return await self._open(renew)
        except StorageFailed as error:
            locked = isinstance(error, KeyringLocked)
            return KeysUnavailable(error.code, error.sentence, error.values, locked=locked)

    def save(self, state: State) -> Saved:
        """Write the vault, then publish the other files."""
        try:
            if self._vault is not None:
                self._vault.write(state.persisted)
            self._publish(state)
        except StorageFailed as error:
            return Saved(error.code)
        return Saved()

    def set_license_aside(self) -> None:
        """Rename ``license.jws`` so that it is not used any more. Raises StorageFailed."""
        set_aside(self._paths.license)
        self._license_text = None

    async def _open(self, renew: bool) -> KeysOpened:
        statement, refused = self._statement()
        secrets = await self._load_secrets(renew)
        missing = secrets.device_seed is None and not renew
        if missing and refused == COPIED:
            # A keyring has no items for this folder or on this machine, and the vault is of those.
            raise SecretsElsewhere("The files here belong to another folder or machine.")
        lost = secrets.device_seed is None and statement is not None
        if missing and lost:
            raise KeyringUnavailable(
                "The device key is no longer in the keyring.", code=DEVICE_KEY_LOST
            )
        seed = secrets.device_seed or self._random(SECRET_BYTES)
        vault_key = secrets.vault_key or self._random(SECRET_BYTES)
        if secrets.device_seed is None or secrets.vault_key is None:
            await self._secrets.store(Secrets(seed, vault_key))
        self.key = SigningKey(seed)
        self._vault = Vault(
            self._paths.vault, product=self._product, key=vault_key, random=self._random
        )
        return self._read_vault(self.key, self._vault, renewed=lost)

    async def _load_secrets(self, renew: bool) -> Secrets:
        try:
            return await self._secrets.load()
        except SecretsElsewhere:
            if renew:
                # A new activation: `store` sets the others aside.
                return Secrets()
            raise

    def _read_vault(self, key: SigningKey, vault: Vault, *, renewed: bool) -> KeysOpened:
        try:
            return KeysOpened(key.thumbprint, vault.read(), renewed=renewed)
        except VaultUnreadable:
            set_aside(self._paths.vault)
            return KeysOpened(key.thumbprint, None, vault_set_aside=True, renewed=renewed)

    def _statement(self) -> tuple[DeviceStatement | None, str | None]:
        text = _text(self._paths.device.name, self._read)
        if text is None:
            return None, None
        try:
            statement = read_statement(text, binding=self._binding)
        except InvalidDocument as error:
            return None, error.code
        self.device_text = text
        return statement, None

    def _publish(self, state: State) -> None:
        self._publish_key_manifest(state.persisted.key_manifest)
        text = state.persisted.license
        if text is not None and text != self._license_text:
            replace_atomically(self._paths.license, text.encode() + b"\n")
            self._license_text = text
        if text is None and state.refused is None and self._license_text is not None:
            # The license was deleted by a deactivation; a refused file keeps its name.
            self.set_license_aside()
        # The license of a lost key is bound by that key's last statement, which only it could sign.
        of_this_key = state.license is None or state.license.device_id == state.device_id
        if self.key is not None and of_this_key:
            device_text = self._signed_statement(state, self.key)
            replace_atomically(self._paths.device, device_text.encode() + b"\n")
            self.device_text = device_text

    def _publish_key_manifest(self, text: str | None) -> None:
        # Compared with the file itself, because somebody may have removed or replaced it.
        if text is not None and text != _text(self._paths.key_manifest.name, self._read):
            replace_atomically(self._paths.key_manifest, text.encode() + b"\n")

    def _signed_statement(self, state: State, key: SigningKey) -> str:
        statement = DeviceStatement(
            device_id=key.thumbprint,
            binding=self._binding,
            mark=state.persisted.time.mark,
            nonce_opening=state.persisted.nonce_opening,
            key_manifest=state.persisted.keys_version,
        )
        return write_statement(statement, key)

    def _read(self, name: str) -> bytes | None:
        return read_file(self._paths.state / name, MAX_BYTES)


def _text(name: str, read: Callable[[str], bytes | None]) -> str | None:
    try:
        data = read(name)
    except StorageFailed:
        return None
    return None if data is None else data.decode("utf-8", "replace").strip(WHITE_SPACE)
