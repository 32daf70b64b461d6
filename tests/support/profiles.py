"""Profiles for tests that need no backend."""

from __future__ import annotations

import json
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


def profile_text() -> str:
    """Return a profile with the keys of `support.documents` in its text."""
    keys = ", ".join(
        "{ " + ", ".join(f'{name} = "{value}"' for name, value in jwk.items()) + " }"
        for jwk in json.loads(KEYS.to_jwks())["keys"]
    )
    return (
        f'[product]\nid = "nyra"\n[backend]\nurl = "{NOWHERE}"\n'
        f"[trust]\nkeys = {{ keys = [{keys}] }}\n"
    )
