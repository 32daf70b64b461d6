"""Histories of key manifests that a device receives from anyone, in any order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from keystead.errors import InvalidDocument
from keystead.instants import DAY_MS, to_seconds
from keystead.key_manifest import (
    KeyManifest,
    ManifestVersion,
    accept_key_manifest,
    keys_in_force,
    sign_key_manifest,
)
from keystead.keys import KeySet, SigningKey
from support.documents import BACKEND, KEYS, NOW_MS, PRODUCT

ROOT = SigningKey(b"r" * 32)
THIEF = SigningKey(b"t" * 32)
ROOTS = KeySet([ROOT.public_key])
SIGNERS = [SigningKey(bytes([n]) * 32) for n in range(1, 5)]
DAYS = 30

# Some are signed by a key of the backend's, for another product, or in the future.
RECEIVED = st.builds(
    lambda version, keys, root, product, issued_day: sign_key_manifest(
        root,
        keys=KeySet(key.public_key for key in keys),
        version=version,
        product=product,
        issued_s=to_seconds(NOW_MS + issued_day * DAY_MS),
        days=DAYS,
    ),
    version=st.integers(1, 6),
    keys=st.lists(st.sampled_from(SIGNERS), min_size=1, unique_by=lambda key: key.kid),
    root=st.sampled_from([ROOT, ROOT, ROOT, THIEF, BACKEND]),
    product=st.sampled_from([PRODUCT, PRODUCT, PRODUCT, "acme"]),
    issued_day=st.integers(-100, 2),
)


def receive(
    compact: str, held: KeyManifest | None, highest: ManifestVersion | None
) -> KeyManifest | None:
    try:
        return accept_key_manifest(
            compact, roots=ROOTS, product=PRODUCT, now_ms=NOW_MS, highest=highest
        )
    except InvalidDocument:
        return held


@given(st.lists(RECEIVED, max_size=12))
def test_only_a_root_key_moves_the_keys_and_only_forward(received: list[str]) -> None:
    held: KeyManifest | None = None
    for compact in received:
        before = held
        held = receive(compact, held, held.remembered if held is not None else None)
        if held is None:
            continue
        assert held.root == ROOT.thumbprint
        assert held.product == PRODUCT
        if before is not None:
            assert held.version >= before.version
            assert held == before or held.version > before.version
    keys = keys_in_force(
        KEYS,
        roots=ROOTS,
        manifest=held,
        highest=held.remembered if held is not None else None,
    )
    assert keys == (held.keys if held is not None else KEYS)


@given(st.lists(RECEIVED, max_size=8))
def test_the_order_of_receipt_does_not_matter_without_conflicts(
    received: list[str],
) -> None:
    versions: dict[int, str] = {}
    for compact in received:
        found = receive(compact, None, None)
        if found is not None:
            versions.setdefault(found.version, compact)
    for order in (sorted(versions), sorted(versions, reverse=True)):
        held: KeyManifest | None = None
        for version in order:
            highest = held.remembered if held is not None else None
            held = receive(versions[version], held, highest)
        assert (held.version if held is not None else None) == max(versions, default=None)


@given(RECEIVED, RECEIVED)
def test_a_device_never_counts_an_older_file_than_it_remembers(first: str, second: str) -> None:
    one, two = receive(first, None, None), receive(second, None, None)
    if one is None or two is None:
        return
    try:
        keys = keys_in_force(KEYS, roots=ROOTS, manifest=one, highest=two.remembered)
    except InvalidDocument:
        assert one.version < two.version or (one.version == two.version and one != two)
    else:
        assert keys == one.keys
        assert one == two or one.version > two.version
