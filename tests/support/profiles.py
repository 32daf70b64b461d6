"""Profiles for tests that need no backend."""

from __future__ import annotations

from pathlib import Path

from support.documents import KEYS

#: Nothing listens on the discard port of this machine.
NOWHERE = "http://127.0.0.1:9"


def write_profile(
    folder: Path, url: str = NOWHERE, *, product: str = "nyra", api: str = "nyra"
) -> Path:
    """Write a profile with the keys of `support.documents` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "keys.json").write_bytes(KEYS.to_jwks())
    path = folder / "keystead.toml"
    path.write_text(
        f'[product]\nid = "{product}"\nname = "NyrA"\n'
        f'[backend]\nurl = "{url}"\nbilling_api = "{api}"\n[trust]\nkeys = "keys.json"\n'
    )
    return path
