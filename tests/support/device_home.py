"""A home folder with the two public files that a daemon writes, for tests of the SDK."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keystead
from keystead import machine
from keystead.device_statement import DeviceStatement, write_statement
from keystead.files import replace_atomically
from keystead.instants import DAY_MS
from keystead.key_manifest import ManifestVersion
from keystead.keys import SigningKey
from keystead.paths import Paths, paths_of
from keystead.trusted_time import Anchor, NonceOpening
from support.documents import BACKEND, DEVICE, KEYS, PRODUCT, ROOTS, signed_license


class Home:
    """A home folder with the files that a daemon writes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths: Paths = paths_of(PRODUCT, root)
        self.profile = root / "keystead.toml"
        root.mkdir(parents=True, exist_ok=True)
        (root / "keys.json").write_bytes(KEYS.to_jwks())
        (root / "root.json").write_bytes(ROOTS.to_jwks())
        self.profile.write_text(
            '[product]\nid = "nyra"\n[backend]\nurl = "https://billing.example"\n'
            '[trust]\nkeys = "keys.json"\nroot = "root.json"\n'
        )

    def put_manifest(self, compact: str) -> None:
        replace_atomically(self.paths.key_manifest, compact.encode() + b"\n")

    def put(
        self, key: SigningKey = BACKEND, *, device: SigningKey = DEVICE, **changes: Any
    ) -> None:
        now_ms = changes.pop("now_ms", machine.read_clocks().wall_ms)
        changes.setdefault("period_end_ms", now_ms + 30 * DAY_MS)
        compact = signed_license(key, now_ms=now_ms, device=device, **changes)
        replace_atomically(self.paths.license, compact.encode())

    def state_device(
        self,
        key: SigningKey = DEVICE,
        *,
        binding: str | None = None,
        mark: Anchor | None = None,
        nonce_opening: NonceOpening | None = None,
        key_manifest: ManifestVersion | None = None,
    ) -> None:
        statement = DeviceStatement(
            device_id=key.thumbprint,
            binding=binding or machine.binding_of(self.paths.state),
            mark=mark,
            nonce_opening=nonce_opening,
            key_manifest=key_manifest,
        )
        replace_atomically(self.paths.device, write_statement(statement, key).encode())

    def open(self) -> keystead.License:
        return keystead.open(str(self.profile), environ={"KEYSTEAD_HOME": str(self.root)})
