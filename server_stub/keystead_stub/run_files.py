"""The files that a client of this stub can use as they are: a profile, and the keys to pin."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from keystead.files import read_whole, replace_whole

if TYPE_CHECKING:
    from keystead_stub.app import Stub

SEED_BYTES = 32
PRODUCT_NAME = "NyrA Swarm Little Buddy"
SUPPORT_EMAIL = "support@nyra.example"

_PROFILE = """\
[product]
id = {product}
name = {name}
support_email = {email}

[backend]
url = {url}
billing_api = {api}

[trust]
keys = "keys.json"
"""


class RunFiles(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    profile: Path
    keys: Path


def profile_text(*, product: str, url: str, api: str) -> str:
    """A vendor's profile (contract §8) for a stub at this address."""
    # A JSON string without control characters is a TOML basic string.
    return _PROFILE.format(
        product=json.dumps(product),
        name=json.dumps(PRODUCT_NAME),
        email=json.dumps(SUPPORT_EMAIL),
        url=json.dumps(url),
        api=json.dumps(api),
    )


def write(folder: Path, stub: Stub, *, api: str, url: str) -> RunFiles:
    """Write both files into the folder. Raises StorageFailed."""
    files = RunFiles(url=url, profile=folder / "keystead.toml", keys=folder / "keys.json")
    replace_whole(files.keys, stub.services.keys.to_jwks() + b"\n")
    text = profile_text(product=stub.services.terms.audience, url=url, api=api)
    replace_whole(files.profile, text.encode())
    return files


def remembered(folder: Path, random: Callable[[int], bytes]) -> bytes:
    """A seed that is the same again at the next start with this folder.

    Started again over the same database, a stub is the same backend: it signs with the same key,
    and devices that it knows go on trusting it. Raises StorageFailed.
    """
    path = folder / "made"
    seed = read_whole(path, SEED_BYTES)
    if seed is None:
        seed = random(SEED_BYTES)
        replace_whole(path, seed)
    return seed


def grown_from(seed: bytes) -> Callable[[int], bytes]:
    """Bytes that look random, and are the same for the same seed."""
    counter = count()
    return lambda size: blake2b(b"%d" % next(counter), key=seed, digest_size=size).digest()
