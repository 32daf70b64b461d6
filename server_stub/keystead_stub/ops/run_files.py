"""Files for clients of a running stub: a profile, and the public keys to pin."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import blake2b
from itertools import count
from pathlib import Path

import msgspec

from keystead.capabilities import CAPABILITIES_BY_API
from keystead.files import read_file, replace_atomically
from keystead.keys import KeySet
from keystead.wire.sign_in import AUTHORIZE, CLIENT_ID, REVOKE, TOKEN
from keystead_stub.http.gateway import BEHIND_GATEWAY, PREFIX
from keystead_stub.http.product import PRODUCT_NAME, SUPPORT_EMAIL

SEED_BYTES = 32

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
_SIGN_IN = """\

[sign_in]
authorize = {authorize}
token = {token}
revoke = {revoke}
client_id = {client_id}
"""


class RunFiles(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    profile: Path
    keys: Path


def profile_text(*, product: str, url: str, api: str, simulated: bool) -> str:
    """A product profile (contract §8) for a stub at this URL.

    The stub is its own gateway only where Stripe is `simulated`.
    """
    through_gateway = simulated and api in BEHIND_GATEWAY
    # A JSON string without control characters is a TOML basic string.
    text = _PROFILE.format(
        product=json.dumps(product),
        name=json.dumps(PRODUCT_NAME),
        email=json.dumps(SUPPORT_EMAIL),
        url=json.dumps(f"{url}{PREFIX}" if through_gateway else url),
        api=json.dumps(api),
    )
    return text + _sign_in_text(url, api) if CAPABILITIES_BY_API[api].sign_in else text


def _sign_in_text(url: str, api: str) -> str:
    return _SIGN_IN.format(
        authorize=json.dumps(f"{url}{AUTHORIZE}?api={api}"),
        token=json.dumps(f"{url}{TOKEN}"),
        revoke=json.dumps(f"{url}{REVOKE}"),
        client_id=json.dumps(CLIENT_ID),
    )


def write(
    folder: Path, *, keys: KeySet, product: str, api: str, url: str, simulated: bool
) -> RunFiles:
    """Write both files to the folder. Raises StorageFailed."""
    files = RunFiles(url=url, profile=folder / "keystead.toml", keys=folder / "keys.json")
    # Keys first: a client may start as soon as the profile, which refers to them, is there.
    replace_atomically(files.keys, keys.to_jwks() + b"\n")
    text = profile_text(product=product, url=url, api=api, simulated=simulated)
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
