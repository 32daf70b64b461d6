"""The keys that may sign on a device, after every manifest that it finds."""

from __future__ import annotations

import pytest

from keystead.errors import InvalidDocument
from keystead.instants import DAY_MS
from keystead.key_manifest import ManifestVersion, verify_key_manifest
from keystead.keys import KeySet
from keystead.signing_keys import SigningKeys
from support.documents import (
    BACKEND,
    KEYS,
    NEXT,
    NOW_MS,
    PRODUCT,
    ROOTS,
    STRANGER,
    make_manifest,
)

PINNED = SigningKeys(PRODUCT, KEYS, ROOTS)
FIRST, SECOND = make_manifest(1, BACKEND, NEXT), make_manifest(2, NEXT)
ONLY_NEXT = KeySet([NEXT.public_key])


def version_of(compact: str) -> ManifestVersion:
    return verify_key_manifest(compact, roots=ROOTS, product=PRODUCT).remembered


def test_without_root_keys_nothing_replaces_the_profiles() -> None:
    plain = SigningKeys(PRODUCT, KEYS)
    assert plain.with_file(SECOND).remember(version_of(SECOND)) == plain
    assert plain.in_force() == plain.trusted() == KEYS
    with pytest.raises(InvalidDocument):
        plain.accept(SECOND, now_ms=NOW_MS)


def test_a_file_moves_the_keys_forward_only() -> None:
    first = PINNED.with_file(FIRST.encode() + b"\n")
    assert (first.text, first.highest) == (FIRST, version_of(FIRST))
    second = first.with_file(SECOND)
    assert second.in_force() == ONLY_NEXT
    for older in (FIRST, SECOND, make_manifest(2, BACKEND), "junk", None):
        assert second.with_file(older) == second


def test_a_received_manifest_moves_the_keys_forward_or_is_refused() -> None:
    second = PINNED.accept(SECOND, now_ms=NOW_MS)
    assert second.trusted() == ONLY_NEXT
    assert second.accept(SECOND, now_ms=NOW_MS) is second
    for other in (
        FIRST,
        make_manifest(2, BACKEND),
        make_manifest(3, now_ms=NOW_MS + DAY_MS),
        make_manifest(3, product="acme"),
    ):
        with pytest.raises(InvalidDocument):
            second.accept(other, now_ms=NOW_MS)


def test_a_remembered_version_needs_its_manifest() -> None:
    remembered = PINNED.remember(version_of(SECOND))
    assert remembered.trusted() == KeySet(())
    assert remembered.remember(version_of(FIRST)) == remembered
    assert remembered.with_file(FIRST) == remembered
    assert remembered.with_file(SECOND).in_force() == ONLY_NEXT
    # A file of the same version that is another document doesn't count, whichever came first.
    other = PINNED.with_file(make_manifest(2, BACKEND)).remember(version_of(SECOND))
    assert other.trusted() == KeySet(())
    assert PINNED.remember(None) == PINNED


def test_the_version_of_another_root_key_does_not_count() -> None:
    other = SigningKeys(PRODUCT, KEYS, KeySet([STRANGER.public_key]))
    assert other.remember(version_of(SECOND)) == other


def test_a_manifest_that_has_ended_is_stale() -> None:
    kept = PINNED.with_file(make_manifest(1, days=1))
    assert not kept.is_stale(NOW_MS + DAY_MS - 1)
    assert kept.is_stale(NOW_MS + DAY_MS)
    assert not PINNED.is_stale(NOW_MS + DAY_MS)
