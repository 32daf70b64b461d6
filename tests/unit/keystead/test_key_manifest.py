"""Key manifests: each rule, each refusal, and which keys count in the end."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead import jose
from keystead.documents import KEYS_TYP, LICENSE_TYP
from keystead.errors import InvalidDocument, InvalidInput
from keystead.instants import DAY_MS, MINUTE_MS, to_seconds
from keystead.key_manifest import (
    MAX_DAYS,
    MAX_VERSION,
    KeyManifest,
    ManifestVersion,
    accept_key_manifest,
    check_separate,
    keys_in_force,
    sign_key_manifest,
    verify_key_manifest,
)
from keystead.keys import KeySet, SigningKey, public_jwk, thumbprint
from support.documents import BACKEND, KEYS, NOW_MS, PRODUCT, STRANGER

ROOT = SigningKey(b"r" * 32)
SECOND_ROOT = SigningKey(b"s" * 32)
NEXT = SigningKey(b"n" * 32)
ROOTS = KeySet([ROOT.public_key])
NOW_S = to_seconds(NOW_MS)


def manifest(
    version: int = 1,
    *,
    keys: KeySet = KEYS,
    root: SigningKey = ROOT,
    product: str = PRODUCT,
    issued_s: int = NOW_S,
    days: int = 365,
) -> str:
    return sign_key_manifest(
        root, keys=keys, version=version, product=product, issued_s=issued_s, days=days
    )


def with_claims(
    root: SigningKey = ROOT, typ: str = KEYS_TYP, without: str | None = None, **changes: Any
) -> str:
    """Sign claims that `sign_key_manifest` would not."""
    claims = {
        "iss": PRODUCT,
        "aud": PRODUCT,
        "iat": NOW_S,
        "exp": NOW_S + 86_400,
        "version": 1,
        "keys": [public_jwk(BACKEND.public, BACKEND.kid)],
    } | changes
    present = {name: value for name, value in claims.items() if name != without}
    return jose.sign(json.dumps(present).encode(), root, typ)


def verified(compact: str | bytes, roots: KeySet = ROOTS) -> KeyManifest:
    return verify_key_manifest(compact, roots=roots, product=PRODUCT)


def accepted(
    compact: str, highest: ManifestVersion | None = None, now_ms: int = NOW_MS
) -> KeyManifest:
    return accept_key_manifest(
        compact, roots=ROOTS, product=PRODUCT, now_ms=now_ms, highest=highest
    )


def test_a_genuine_manifest_is_read() -> None:
    found = verified(manifest(7, keys=KeySet([BACKEND.public_key, NEXT.public_key]), days=30))
    assert (found.version, found.product) == (7, PRODUCT)
    assert {key.kid for key in found.keys} == {BACKEND.kid, NEXT.kid}
    assert (found.issued_at, found.ends_at) == (NOW_S * 1000, NOW_S * 1000 + 30 * DAY_MS)
    assert found.root == ROOT.thumbprint
    assert found.remembered == ManifestVersion(7, found.digest, ROOT.thumbprint)
    # A reader without a product in mind, such as support, accepts any.
    other = manifest(product="acme")
    assert verify_key_manifest(other, roots=ROOTS, product=None).product == "acme"


def test_a_reader_ignores_what_it_does_not_know() -> None:
    keys = [public_jwk(BACKEND.public, BACKEND.kid), {"kty": "RSA", "n": "AQ"}]
    found = verified(with_claims(keys=keys, note={"a": [1]}, nbf=NOW_S))
    assert found.keys == KEYS


@pytest.mark.parametrize(
    ("compact", "code"),
    [
        (manifest(root=STRANGER), "unknown_key"),
        # A signing key must not name signing keys: the backend holds it.
        (manifest(root=BACKEND, keys=KeySet([NEXT.public_key])), "unknown_key"),
        (with_claims(typ=LICENSE_TYP), "wrong_type"),
        (with_claims(root=SigningKey(b"x" * 32, ROOT.kid)), "bad_signature"),
        (with_claims(note="x" * 16_384), "too_large"),
        ("not.a.manifest", "malformed"),
        *[
            (with_claims(without=name), "malformed")
            for name in ("iss", "aud", "iat", "exp", "version", "keys")
        ],
        (with_claims(version=0), "malformed"),
        (with_claims(version=-1), "malformed"),
        (with_claims(version=MAX_VERSION + 1), "malformed"),
        (with_claims(version=True), "malformed"),
        (with_claims(version=1.5), "malformed"),
        (with_claims(version="2"), "malformed"),
        (with_claims(aud=[PRODUCT]), "malformed"),
        (with_claims(exp=NOW_S), "invalid_lifetime"),
        (with_claims(iat=-1), "invalid_lifetime"),
        (with_claims(nbf=NOW_S + 1), "invalid_lifetime"),
        (with_claims(exp=NOW_S + MAX_DAYS * 86_400 + 1), "invalid_lifetime"),
        (with_claims(iat=253_402_300_799, exp=253_402_300_800), "invalid_lifetime"),
        (with_claims(aud="acme"), "wrong_product"),
        (with_claims(keys=[]), "malformed"),
        (with_claims(keys=[{"kty": "RSA"}]), "malformed"),
        (with_claims(keys=["k"]), "malformed"),
        (with_claims(keys=[public_jwk(BACKEND.public, "a")] * 2), "malformed"),
        (with_claims(keys=[public_jwk(BACKEND.public) | {"d": "AA"}]), "malformed"),
        (with_claims(keys=[public_jwk(bytes(32), "zero")]), "malformed"),
        (with_claims(keys=[public_jwk(ROOT.public, "renamed")]), "root_signs"),
    ],
)
def test_an_invalid_manifest_is_refused(compact: str, code: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        verified(compact)
    assert refused.value.code == code


def test_a_manifest_may_begin_and_end_at_any_instant() -> None:
    assert verified(with_claims(iat=0, exp=1)).issued_at == 0
    last_s = 253_402_300_799
    assert verified(with_claims(iat=last_s - 1, exp=last_s)).ends_at == last_s * 1000


def test_a_duplicate_claim_is_refused() -> None:
    payload = jose.verify(with_claims(), ROOTS, KEYS_TYP)
    twice = payload[:-1] + b',"version":9}'
    with pytest.raises(InvalidDocument) as refused:
        verified(jose.sign(twice, ROOT, KEYS_TYP))
    assert refused.value.code == "malformed"


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidDocument):
        verified(data)


def test_an_altered_manifest_is_refused() -> None:
    head, body, signature = manifest().split(".")
    _, other_body, other_signature = manifest(2).split(".")
    for forged in (f"{head}.{other_body}.{signature}", f"{head}.{body}.{other_signature}"):
        with pytest.raises(InvalidDocument):
            verified(forged)


def test_a_root_key_among_all_of_several_may_sign_and_none_may_be_named() -> None:
    roots = KeySet([ROOT.public_key, SECOND_ROOT.public_key])
    assert verified(manifest(root=SECOND_ROOT), roots).root == SECOND_ROOT.thumbprint
    named = manifest(root=ROOT, keys=KeySet([SECOND_ROOT.public_key]))
    with pytest.raises(InvalidDocument) as refused:
        verified(named, roots)
    assert refused.value.code == "root_signs"
    check_separate(KEYS, roots)


def test_a_manifest_of_the_future_is_not_accepted() -> None:
    # The signer's clock may be a little ahead.
    early = NOW_MS - 5 * MINUTE_MS
    assert accepted(manifest(), now_ms=early).version == 1
    with pytest.raises(InvalidDocument) as refused:
        accepted(manifest(), now_ms=early - 1)
    assert refused.value.code == "not_yet_valid"


def test_a_manifest_of_another_product_is_not_accepted() -> None:
    with pytest.raises(InvalidDocument) as refused:
        accepted(manifest(product="acme"))
    assert refused.value.code == "wrong_product"


def test_a_manifest_that_has_ended_is_accepted_and_reported() -> None:
    found = accepted(manifest(days=1), now_ms=NOW_MS + 900 * DAY_MS)
    assert found.is_stale(NOW_MS + DAY_MS)
    assert not found.is_stale(NOW_MS + DAY_MS - 1)


def test_versions_never_go_back() -> None:
    third = accepted(manifest(3))
    # The same document again changes nothing, and a higher version may skip some.
    assert accepted(manifest(3), third.remembered) == third
    assert accepted(manifest(9), third.remembered).version == 9
    with pytest.raises(InvalidDocument) as lower:
        accepted(manifest(2), third.remembered)
    assert lower.value.code == "superseded"
    with pytest.raises(InvalidDocument) as other:
        accepted(manifest(3, days=364), third.remembered)
    assert other.value.code == "version_conflict"


def test_versions_of_a_root_key_that_was_replaced_do_not_count() -> None:
    """The way back after a stolen root key has raised the version as far as it goes."""
    raised = accepted(manifest(MAX_VERSION)).remembered
    assert not raised.counts(KeySet([SECOND_ROOT.public_key]))
    renewed = accept_key_manifest(
        manifest(1, root=SECOND_ROOT),
        roots=KeySet([SECOND_ROOT.public_key]),
        product=PRODUCT,
        now_ms=NOW_MS,
        highest=raised,
    )
    assert renewed.version == 1


def in_force(
    found: KeyManifest | None, highest: ManifestVersion | None, roots: KeySet | None = ROOTS
) -> KeySet:
    return keys_in_force(KEYS, roots=roots, manifest=found, highest=highest)


def test_a_manifest_replaces_the_pinned_keys() -> None:
    found = accepted(manifest(2, keys=KeySet([NEXT.public_key])))
    assert in_force(None, None) == KEYS
    assert in_force(found, None) == found.keys
    assert in_force(found, found.remembered) == found.keys
    # Without root keys in the profile nothing replaces its keys.
    assert in_force(found, found.remembered, roots=None) == KEYS
    # After an update with another root key the profile counts again.
    assert in_force(None, found.remembered, KeySet([SECOND_ROOT.public_key])) == KEYS


def test_an_accepted_manifest_can_not_be_taken_away() -> None:
    old, new = accepted(manifest(1)), accepted(manifest(2))
    for found, code in ((None, "keys_missing"), (old, "superseded")):
        with pytest.raises(InvalidDocument) as refused:
            in_force(found, new.remembered)
        assert refused.value.code == code
    other = accepted(manifest(2, days=1))
    with pytest.raises(InvalidDocument) as conflict:
        in_force(other, new.remembered)
    assert conflict.value.code == "version_conflict"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"version": 0}, "malformed"),
        ({"version": 2**70}, "malformed"),
        ({"days": 0}, "invalid_lifetime"),
        ({"days": MAX_DAYS + 1}, "invalid_lifetime"),
        ({"days": 2**70}, "invalid_lifetime"),
        ({"issued_s": -1}, "invalid_lifetime"),
        ({"keys": KeySet([])}, "malformed"),
        ({"keys": KeySet([ROOT.public_key])}, "root_signs"),
        ({"keys": KeySet(SigningKey(bytes([n]) * 32).public_key for n in range(120))}, "too_large"),
    ],
)
def test_no_manifest_is_signed_that_no_reader_would_accept(
    changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        manifest(**{"version": 1} | changes)
    assert refused.value.code == code
    assert refused.value.sentence.endswith(".")


def test_a_manifest_survives_msgspec() -> None:
    """What a device remembers is stored in files."""
    remembered = accepted(manifest(4)).remembered
    stored = msgspec.json.encode(remembered)
    assert msgspec.json.decode(stored, type=ManifestVersion) == remembered


def test_equal_key_sets_are_equal_in_any_order() -> None:
    one, two = BACKEND.public_key, NEXT.public_key
    assert KeySet([one, two]) == KeySet([two, one])
    assert hash(KeySet([one, two])) == hash(KeySet([two, one]))
    assert KeySet([one]) != KeySet([two])
    assert KeySet([one]) != [one]
    assert thumbprint(one.raw) == one.kid
