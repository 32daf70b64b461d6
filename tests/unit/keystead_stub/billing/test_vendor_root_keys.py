"""The vendor's root keys in the profile of a rehearsal, so that a rotation can be rehearsed."""

from __future__ import annotations

from pathlib import Path

import pytest

from keystead.errors import InvalidInput
from keystead.keys import KeySet, SigningKey, public_jwk
from keystead.profile import Profile, load_profile
from keystead_stub.billing.vendor import vendor_files
from keystead_stub.ops import run_files

KEYS, ROOTS = (KeySet([SigningKey(bytes([at]) * 32).public_key]) for at in (1, 2))
PROFILE = """\
[product]
id = "acme"
[trust]
keys = "keys.json"
root = "root.json"
"""


def rehearsed(source: Path | str, folder: Path) -> Profile:
    """Return the profile that a run writes for clients into another folder."""
    vendor = vendor_files.load(source, None).profile_text
    files = run_files.write(
        folder, keys=KEYS, vendor=vendor, api="nyra", url="http://127.0.0.1:1", simulated=True
    )
    return load_profile(files.profile)


def test_the_run_s_profile_keeps_the_vendor_s_root_keys(tmp_path: Path) -> None:
    path = tmp_path / "keystead.toml"
    path.write_text(PROFILE)
    (tmp_path / "root.json").write_bytes(ROOTS.to_jwks())
    profile = rehearsed(path, tmp_path / "run")
    assert (profile.root, profile.keys) == (ROOTS, KEYS)
    inline = PROFILE.replace('"root.json"', load_inline())
    assert rehearsed(inline, tmp_path / "inline").root == ROOTS


def load_inline() -> str:
    (key,) = ROOTS
    jwk = '{{ kty = "OKP", crv = "Ed25519", kid = "{}", x = "{}" }}'
    return f"{{ keys = [{jwk.format(key.kid, x_of(key.raw))}] }}"


def x_of(raw: bytes) -> str:
    return public_jwk(raw)["x"]


def test_root_keys_that_are_not_there_yet_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "keystead.toml"
    path.write_text(PROFILE)
    assert rehearsed(path, tmp_path / "run").root is None
    assert rehearsed(PROFILE, tmp_path / "text").root is None


def test_invalid_root_keys_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "keystead.toml"
    path.write_text(PROFILE)
    (tmp_path / "root.json").write_text("{}")
    with pytest.raises(InvalidInput, match=r"trust\.root: Not a JWK Set"):
        vendor_files.load(path, None)
