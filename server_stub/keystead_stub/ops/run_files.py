"""Files for clients of a running stub: a profile, and the public keys to pin."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import blake2b
from itertools import count
from pathlib import Path

import msgspec
import tomlkit

from keystead.capabilities import CAPABILITIES_BY_API
from keystead.files import read_file, replace_atomically
from keystead.keys import KeySet
from keystead.wire.sign_in import AUTHORIZE, CLIENT_ID, REVOKE, TOKEN
from keystead_stub.http.gateway import BEHIND_GATEWAY, PREFIX
from keystead_stub.http.product import EXAMPLE

SEED_BYTES = 32

#: The example product's profile, before the run has put in its backend and keys.
EXAMPLE_PROFILE = f"""\
[product]
id = {json.dumps(EXAMPLE.id)}
name = {json.dumps(EXAMPLE.name)}
support_email = {json.dumps(EXAMPLE.support_email)}
"""
#: What the run replaces in a vendor's profile.
_OF_RUN = ("backend", "trust", "sign_in")


class RunFiles(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    profile: Path
    keys: Path


def profile_text(vendor: str, *, url: str, api: str, simulated: bool) -> str:
    """The vendor's profile (specification §11.1), with backend and keys of a stub at this URL.

    The stub is its own gateway only where Stripe is `simulated`. The vendor's root keys stay:
    a rotation is rehearsed with them.
    """
    through_gateway = simulated and api in BEHIND_GATEWAY
    document = tomlkit.parse(vendor.removeprefix("\ufeff"))
    root = document.get("trust", {}).get("root")
    for name in _OF_RUN:
        document.pop(name, None)
    tables = {
        "backend": {"url": f"{url}{PREFIX}" if through_gateway else url, "billing_api": api},
        "trust": {"keys": "keys.json"} | ({} if root is None else {"root": root}),
    }
    if CAPABILITIES_BY_API[api].sign_in:
        tables["sign_in"] = {
            "authorize": f"{url}{AUTHORIZE}?api={api}",
            "token": f"{url}{TOKEN}",
            "revoke": f"{url}{REVOKE}",
            "client_id": CLIENT_ID,
        }
    # After the vendor's own: keys that stand before the first table must stay there.
    return tomlkit.dumps(document).rstrip("\n") + "\n\n" + tomlkit.dumps(tables)


def write(
    folder: Path, *, keys: KeySet, vendor: str, api: str, url: str, simulated: bool
) -> RunFiles:
    """Write both files to the folder; `vendor` as in `profile_text`. Raises StorageFailed."""
    files = RunFiles(url=url, profile=folder / "keystead.toml", keys=folder / "keys.json")
    # Keys first: a client may start as soon as the profile, which refers to them, is there.
    replace_atomically(files.keys, keys.to_jwks() + b"\n")
    text = profile_text(vendor, url=url, api=api, simulated=simulated)
    replace_atomically(files.profile, text.encode())
    return files


def load_seed(folder: Path, random: Callable[[int], bytes]) -> bytes:
    """The seed stored in the folder; the first call generates it from `random`.

    A stub that is started again over the same database has to sign with the same key, or its
    devices would reject its licenses. Raises StorageFailed.
    """
    path = folder / "made"
    seed = read_file(path, SEED_BYTES)
    if seed is None:
        seed = random(SEED_BYTES)
        replace_atomically(path, seed)
    return seed


def deterministic_bytes(seed: bytes) -> Callable[[int], bytes]:
    """Return a source of bytes that look random, the same for the same seed."""
    counter = count()
    return lambda size: blake2b(b"%d" % next(counter), key=seed, digest_size=size).digest()
