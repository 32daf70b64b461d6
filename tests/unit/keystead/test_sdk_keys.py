"""The SDK and key manifests: rotation and revocation offline, and attacks on the files."""

from __future__ import annotations

from pathlib import Path

import pytest

import keystead
from keystead.instants import DAY_MS
from keystead.key_manifest import ManifestVersion, verify_key_manifest
from keystead.keys import KeySet
from support.device_home import Home
from support.documents import BACKEND, NEXT, ROOTS, STRANGER, make_manifest

ONLY_NEXT = make_manifest(2, NEXT)
BOTH = make_manifest(1, BACKEND, NEXT)


def version_of(compact: str) -> ManifestVersion:
    return verify_key_manifest(compact, roots=ROOTS, product=None).remembered


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.put()
    home.state_device()
    return home


def outcome(license: keystead.License) -> tuple[bool, str, str]:
    return license.usable, str(license.state), license.reason


def test_a_manifest_introduces_a_key_without_a_program_update(home: Home) -> None:
    home.put(NEXT)
    assert outcome(home.open()) == (False, "untrusted", "unknown_key")
    home.put_manifest(BOTH)
    assert home.open().usable


def test_a_manifest_revokes_a_key_that_the_program_shipped_with(home: Home) -> None:
    home.put_manifest(ONLY_NEXT)
    assert outcome(home.open()) == (False, "untrusted", "unknown_key")
    home.put(NEXT, jti="lic_next")
    assert home.open().usable


def test_an_open_license_stays_while_its_key_counts(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keystead.sdk, "RECHECK_MS", 0)
    license = home.open()
    assert license.usable
    home.put_manifest(BOTH)
    home.paths.license.unlink()
    assert license.usable


def test_an_open_license_ends_when_its_key_is_revoked(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keystead.sdk, "RECHECK_MS", 0)
    home.put_manifest(BOTH)
    license = home.open()
    assert license.usable
    home.put_manifest(ONLY_NEXT)
    home.state_device(key_manifest=version_of(ONLY_NEXT))
    assert outcome(license) == (False, "untrusted", "unknown_key")
    home.put(NEXT, jti="lic_next")
    assert license.usable
    # What the program has seen once, a file that is put back doesn't undo.
    home.put_manifest(BOTH)
    home.put(BACKEND, jti="lic_old")
    assert license.usable


@pytest.mark.parametrize(
    "replaced",
    [
        None,
        BOTH,
        make_manifest(2, BACKEND, NEXT),
        make_manifest(9, BACKEND, root=STRANGER),
        make_manifest(9, STRANGER, root=BACKEND),
        make_manifest(9, BACKEND, product="acme"),
        "not a manifest",
        "x" * 100_000,
        "ü",
    ],
    ids=[
        "deleted",
        "rollback",
        "same version, other content",
        "wrong signer",
        "signed by a signing key",
        "of another product",
        "damaged",
        "endless",
        "not ASCII",
    ],
)
def test_a_file_put_in_the_manifests_place_brings_no_revoked_key_back(
    home: Home, replaced: str | None
) -> None:
    home.state_device(key_manifest=version_of(ONLY_NEXT))
    if replaced is not None:
        home.paths.key_manifest.write_text(replaced)
    usable, state, reason = outcome(home.open())
    assert (usable, state) == (False, "untrusted")
    assert reason in {"keys_missing", "superseded", "version_conflict"}


def test_a_manifest_that_has_ended_locks_nobody_out(home: Home) -> None:
    ended = make_manifest(3, NEXT, now_ms=DAY_MS, days=1)
    home.put(NEXT)
    home.put_manifest(ended)
    home.state_device(key_manifest=version_of(ended))
    assert home.open().usable


def test_a_clock_that_was_set_back_locks_nobody_out(home: Home) -> None:
    future = make_manifest(3, NEXT, now_ms=253_000_000_000_000)
    home.put(NEXT)
    home.put_manifest(future)
    assert home.open().usable


def test_a_manifest_counts_only_with_root_keys_in_the_programs_profile(home: Home) -> None:
    text = home.profile.read_text()
    home.put_manifest(ONLY_NEXT)
    home.state_device(key_manifest=version_of(ONLY_NEXT))
    home.profile.write_text(text.replace('root = "root.json"\n', ""))
    assert home.open().usable
    # A program update with another root key: what the old one said has lapsed.
    (home.root / "other.json").write_bytes(KeySet([STRANGER.public_key]).to_jwks())
    home.profile.write_text(text.replace("root.json", "other.json"))
    assert home.open().usable
    home.put_manifest(make_manifest(1, NEXT, root=STRANGER))
    assert outcome(home.open()) == (False, "untrusted", "unknown_key")
