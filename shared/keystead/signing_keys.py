"""The keys that may sign on a device: the profile's, or those of the newest key manifest. Pure.

The daemon and the SDK each keep one `SigningKeys` and show it every manifest that they find. Only a
genuine one that does not go back changes it, so it doesn't matter where the text came from.
"""

from __future__ import annotations

import msgspec

from keystead.errors import InvalidDocument
from keystead.key_manifest import (
    KeyManifest,
    ManifestVersion,
    accept_key_manifest,
    check_manifest_version,
    keys_in_force,
    verify_key_manifest,
)
from keystead.keys import KeySet


class SigningKeys(msgspec.Struct, frozen=True):
    """``pinned`` and ``roots`` are the profile's; ``roots`` is None where it names no root keys.

    ``manifest`` is the newest one that counts here, and ``text`` its compact JWS. ``highest`` is
    the highest version that was accepted on this device, as far as it is known.
    """

    product: str
    pinned: KeySet
    roots: KeySet | None = None
    manifest: KeyManifest | None = None
    text: str | None = None
    highest: ManifestVersion | None = None

    def in_force(self) -> KeySet:
        """Return the keys that may sign.

        Raises InvalidDocument where the manifest of the highest version is missing
        (`key_manifest.keys_in_force`).
        """
        return keys_in_force(
            self.pinned, roots=self.roots, manifest=self.manifest, highest=self.highest
        )

    def trusted(self) -> KeySet:
        """Return the keys that may sign, none at all while the accepted manifest is missing."""
        try:
            return self.in_force()
        except InvalidDocument:
            return KeySet(())

    def remember(self, version: ManifestVersion | None) -> SigningKeys:
        """Return the keys after learning of a version that was accepted on this device.

        It also overrules a file of the same version that is another document.
        """
        if version is None or self.roots is None or not version.counts(self.roots):
            return self
        if self.highest is not None and self.highest.version > version.version:
            return self
        return msgspec.structs.replace(self, highest=version)

    def with_file(self, text: str | bytes | None) -> SigningKeys:
        """Return the keys after reading a stored manifest. One that does not count is ignored.

        Its ``iat`` is not judged: it may be from before this machine's clock was set back.
        """
        if text is None or self.roots is None:
            return self
        text = text.strip()
        try:
            manifest = verify_key_manifest(text, roots=self.roots, product=self.product)
            check_manifest_version(manifest, roots=self.roots, highest=self.highest)
        except InvalidDocument:
            return self
        return self._with(manifest, text)

    def accept(self, text: str, *, now_ms: int) -> SigningKeys:
        """Return the keys after receiving a manifest at trusted time ``now_ms``.

        Raises InvalidDocument (`key_manifest.accept_key_manifest`).
        """
        manifest = accept_key_manifest(
            text,
            roots=self.roots or KeySet(()),
            product=self.product,
            now_ms=now_ms,
            highest=self.highest,
        )
        return self._with(manifest, text)

    def is_stale(self, now_ms: int) -> bool:
        """Whether the manifest that counts has ended."""
        return self.manifest is not None and self.manifest.is_stale(now_ms)

    def _with(self, manifest: KeyManifest, text: str | bytes) -> SigningKeys:
        if manifest == self.manifest:
            return self
        return msgspec.structs.replace(
            self,
            manifest=manifest,
            text=text if isinstance(text, str) else text.decode("ascii"),
            highest=manifest.remembered,
        )
