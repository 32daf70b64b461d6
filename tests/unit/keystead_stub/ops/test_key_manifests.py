"""What the backend reads in a key manifest, and which ones it reports."""

from __future__ import annotations

import json
from typing import Any

import pytest

from keystead import jose
from keystead.documents import KEYS_TYP, LICENSE_TYP
from keystead.errors import InvalidInput
from keystead.instants import DAY_MS, to_seconds
from keystead.key_manifest import sign_key_manifest
from keystead.keys import KeySet, SigningKey, public_jwk
from keystead_stub.auth.seller_audience import is_own_audience
from keystead_stub.ops.key_manifests import Finding, ReadManifest, Trust, findings, parse
from support.documents import NOW_MS

PRODUCT = "acme"
ROOT, OTHER_ROOT = SigningKey(b"r" * 32), SigningKey(b"o" * 32)
SIGNS, NEXT = SigningKey(b"s" * 32), SigningKey(b"n" * 32)
NAME = "NYRA_KEY_MANIFEST"


def signed(
    *keys: SigningKey,
    product: str = PRODUCT,
    version: int = 1,
    days: int = 365,
    root: SigningKey = ROOT,
    issued_ms: int = NOW_MS,
) -> ReadManifest:
    compact = sign_key_manifest(
        root,
        keys=KeySet([key.public_key for key in keys or (SIGNS,)]),
        version=version,
        product=product,
        issued_s=to_seconds(issued_ms),
        days=days,
    )
    return parse(compact.encode(), "keys.jws")


def reported(*found: ReadManifest | str, **more: Any) -> list[Finding]:
    arguments: dict[str, Any] = {"signing": SIGNS, "product": PRODUCT, "now_ms": NOW_MS} | more
    return findings(found, is_ours=lambda one: is_own_audience(one, PRODUCT), **arguments)


def sentences(*found: ReadManifest | str, **more: Any) -> list[str]:
    return [one.sentence for one in reported(*found, **more)]


def test_a_manifest_is_read_without_the_root_key() -> None:
    manifest = signed(SIGNS, NEXT, version=7, days=30)
    assert (manifest.product, manifest.version, manifest.root) == (PRODUCT, 7, ROOT.kid)
    assert manifest.ends_at - manifest.issued_at == 30 * DAY_MS
    assert {key.kid for key in manifest.keys} == {SIGNS.kid, NEXT.kid}


CLAIMS = {
    "iss": PRODUCT,
    "aud": PRODUCT,
    "iat": 1,
    "exp": 2,
    "version": 1,
    "keys": [public_jwk(SIGNS.public, SIGNS.kid)],
}


def with_claims(typ: str = KEYS_TYP, **changes: Any) -> str:
    return jose.sign(json.dumps(CLAIMS | changes).encode(), ROOT, typ)


def test_claims_of_a_manifest_are_taken_as_they_are() -> None:
    assert parse(f" {with_claims()}\r\n".encode(), "keys.jws").ends_at == 2000


@pytest.mark.parametrize(
    "content",
    [
        "",
        "a.b.c",
        "A" * 20_000,
        with_claims(LICENSE_TYP),
        with_claims(exp=1),
        with_claims(iat=-1),
        with_claims(exp=10**15),
        with_claims(aud=["acme"]),
        with_claims(keys=[]),
        with_claims(keys=[{**public_jwk(SIGNS.public), "d": "x"}]),
        with_claims().rpartition(".")[0],
        ".".join([with_claims().split(".")[0], "!", "AA"]),
    ],
)
def test_what_is_not_a_key_manifest_is_refused_by_its_file_name(content: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(content.encode(), "keys.jws")
    assert refused.value.code == "invalid_manifest"
    assert refused.value.sentence == "keys.jws is not a key manifest."


def test_a_manifest_in_order_is_not_reported() -> None:
    assert sentences() == []
    assert sentences(signed(SIGNS, NEXT)) == []
    trust = Trust(keys=KeySet([NEXT.public_key]), roots=KeySet([ROOT.public_key]))
    assert sentences(signed(SIGNS, NEXT), trust=trust) == []
    assert sentences(signed(NEXT), signing=None) == []


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        (signed(NEXT), "does not name the key that signs"),
        (signed(issued_ms=NOW_MS + DAY_MS), "was issued in the future"),
        (signed(issued_ms=NOW_MS - 365 * DAY_MS), "has ended"),
        (signed(product="other"), "is for another product than acme"),
    ],
)
def test_a_manifest_that_programs_would_refuse_is_reported(
    manifest: ReadManifest, says: str
) -> None:
    (found,) = reported(manifest)
    assert found.urgent
    assert found.sentence.startswith(NAME)
    assert says in found.sentence


def test_a_manifest_that_ends_within_a_month_is_reported_in_time() -> None:
    assert reported(signed(days=31)) == []
    (found,) = reported(signed(days=30))
    assert (found.urgent, "ends in 30 days" in found.sentence) == (False, True)


def test_a_file_that_cannot_be_read_is_reported() -> None:
    assert sentences("There is no file keys.jws") == [f"{NAME}: There is no file keys.jws"]


def test_several_files_are_named_by_their_position() -> None:
    merchant = signed(product="acme.shop")
    assert sentences(signed(), merchant) == []
    assert sentences(signed(), "There is no file b.jws") == [
        f"File 2 of 2 in {NAME}: There is no file b.jws"
    ]
    assert sentences(signed(), signed(version=2)) == [
        f"File 1 of 2 in {NAME} is for the same product as another file",
        f"File 2 of 2 in {NAME} is for the same product as another file",
    ]


def test_a_merchants_manifest_does_not_serve_the_products_programs() -> None:
    missing = f"No file in {NAME} is for the product acme"
    merchant = signed(product="acme.shop")
    assert sentences(merchant) == [missing]
    assert sentences(merchant, signed(product="acme.other")) == [missing]
    # Perhaps this file is the one.
    assert missing not in sentences(merchant, "There is no file keys.jws")


def test_a_profile_shows_what_its_programs_would_refuse() -> None:
    pinned, roots = KeySet([SIGNS.public_key]), KeySet([ROOT.public_key])
    assert sentences(trust=Trust(keys=pinned, roots=None)) == []
    assert sentences(trust=Trust(keys=pinned, roots=roots)) == []
    unknown = "The profile does not name the key that signs, so programs refuse licenses"
    other = KeySet([NEXT.public_key])
    assert sentences(trust=Trust(keys=other, roots=None)) == [unknown]
    assert sentences(trust=Trust(keys=other, roots=roots)) == [unknown]
    assert sentences(trust=Trust(keys=other, roots=roots), signing=None) == []
    without = "The profile names no root keys, so programs take no key manifest"
    assert sentences(signed(), trust=Trust(keys=pinned, roots=None)) == [without]
    assert sentences(signed(), trust=Trust(keys=other, roots=None)) == [without, unknown]
    (found,) = sentences(signed(root=OTHER_ROOT), trust=Trust(keys=pinned, roots=roots))
    assert found == f"{NAME} is refused by programs with this profile (unknown_key)"
