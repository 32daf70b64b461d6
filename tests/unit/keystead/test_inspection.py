"""Inspection of signed documents: each kind, each refusal, and no exception for any input."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead import jose
from keystead.documents import KEYS_TYP, LICENSE_TYP, TOKEN_TYP, issue
from keystead.inspection import Inspection, inspect_document
from keystead.instants import DAY_MS, to_ms, to_seconds
from keystead.key_manifest import sign_key_manifest
from keystead.keys import KeySet, SigningKey, public_jwk
from support.documents import (
    BACKEND,
    DEVICE,
    KEYS,
    NOW_MS,
    OTHER_DEVICE,
    STRANGER,
    make_license,
    make_token,
    signed_license,
)

LICENSE = make_license()


ROOT = SigningKey(b"r" * 32)
WITH_ROOT = KeySet([*KEYS, ROOT.public_key])


def manifest(root: SigningKey = ROOT, *, now_ms: int = NOW_MS, days: int = 1) -> str:
    return sign_key_manifest(
        root, keys=KEYS, version=1, product="nyra", issued_s=to_seconds(now_ms), days=days
    )


def look(compact: str | bytes, now_ms: int = NOW_MS, device: str | None = None) -> Inspection:
    return inspect_document(compact, keys=WITH_ROOT, now_ms=now_ms, device=device)


@pytest.mark.parametrize(
    ("compact", "typ"),
    [
        (signed_license(), LICENSE_TYP),
        (issue(make_token(), BACKEND), TOKEN_TYP),
        (manifest(), KEYS_TYP),
    ],
)
def test_each_kind_of_document_is_identified_by_its_type(compact: str, typ: str) -> None:
    found = look(compact)
    signer = ROOT if typ == KEYS_TYP else BACKEND
    assert (found.ok, found.code, found.typ, found.kid) == (True, "ok", typ, signer.kid)
    assert found.claims is not None
    assert (found.activation is not None) == (typ == LICENSE_TYP)


def test_a_manifest_that_has_ended_counts_and_is_reported() -> None:
    found = look(manifest(), now_ms=NOW_MS + DAY_MS)
    assert (found.ok, found.code) == (True, "keys_stale")
    assert found.claims is not None
    assert found.claims["version"] == 1


@pytest.mark.parametrize(
    ("now_ms", "state", "usable"),
    [
        (NOW_MS, "active", True),
        (NOW_MS + 30 * DAY_MS - 1, "active", True),
        (NOW_MS + 30 * DAY_MS, "grace", True),
        (to_ms(LICENSE.exp) - 1, "grace", True),
        (to_ms(LICENSE.exp), "expired", False),
        # A license that was issued later than the time that is asked for is decided at its issue.
        (0, "active", True),
    ],
)
def test_the_inspected_activation_depends_on_the_given_time(
    now_ms: int, state: str, usable: bool
) -> None:
    activation = look(signed_license(), now_ms).activation
    assert activation is not None
    assert (activation.state, activation.usable) == (state, usable)
    assert activation.until == (to_ms(LICENSE.exp) if usable else None)


def test_unknown_claims_are_included_in_the_inspection() -> None:
    claims = msgspec.to_builtins(make_license()) | {"novelty": {"deep": [1, 2]}}
    payload = msgspec.json.encode(claims)
    found = look(jose.sign(payload, BACKEND, LICENSE_TYP))
    assert found.ok
    assert found.claims == msgspec.json.decode(payload)


@pytest.mark.parametrize(
    ("compact", "code", "typ"),
    [
        (signed_license(STRANGER), "unknown_key", LICENSE_TYP),
        (signed_license()[:-6] + "AAAAAA", "bad_signature", LICENSE_TYP),
        (jose.sign(b"{}", BACKEND, LICENSE_TYP), "malformed", LICENSE_TYP),
        (jose.sign(b"{}", BACKEND, "jwt"), "wrong_type", "jwt"),
        (jose.sign(b"{}", BACKEND, LICENSE_TYP, embed_jwk=True), "unsupported_header", LICENSE_TYP),
        (signed_license(boundary_ms=NOW_MS - 1000), "invalid_lifetime", LICENSE_TYP),
        (manifest(now_ms=NOW_MS + DAY_MS), "not_yet_valid", KEYS_TYP),
        (manifest(STRANGER), "unknown_key", KEYS_TYP),
        ("", "malformed", None),
        ("a.b", "malformed", None),
        ("a.b.c", "malformed", None),
        ("ü.b.c", "malformed", None),
        (b"\xff\x00", "malformed", None),
        (b"a" * (jose.MAX_BYTES + 1), "too_large", None),
    ],
)
def test_a_refused_document_has_its_code_and_no_claims(
    compact: str | bytes, code: str, typ: str | None
) -> None:
    found = look(compact)
    assert (found.ok, found.code, found.typ) == (False, code, typ)
    assert found.claims is None
    assert found.activation is None


@pytest.mark.parametrize("compact", [signed_license(), issue(make_token(), BACKEND)])
def test_a_document_of_another_device_is_refused_if_a_device_is_given(compact: str) -> None:
    assert look(compact, device=DEVICE.thumbprint).ok
    refused = look(compact, device=OTHER_DEVICE.thumbprint)
    assert (refused.ok, refused.code, refused.claims) == (False, "wrong_device", None)


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_any_text_can_be_inspected(compact: str | bytes) -> None:
    found = look(compact)
    assert not found.ok
    assert found.claims is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(
    typ=st.sampled_from([LICENSE_TYP, TOKEN_TYP, KEYS_TYP]),
    name=st.sampled_from(
        ["iat", "exp", "aud", "cnf", "deviceId", "entitlement", "offlineGrace", "keys", "status"]
    ),
    value=JSON,
    now_ms=st.integers(0, 253_402_300_799_999),
)
def test_any_signed_claims_can_be_inspected(typ: str, name: str, value: Any, now_ms: int) -> None:
    claims = {
        **msgspec.to_builtins(make_license()),
        "expiresAt": to_ms(LICENSE.exp),
        "version": 1,
        "keys": [public_jwk(BACKEND.public, BACKEND.kid)],
        name: value,
    }
    try:
        payload = msgspec.json.encode(claims)
    except (OverflowError, UnicodeEncodeError):
        return
    found = look(jose.sign(payload, BACKEND, typ), now_ms)
    assert found.ok == (found.code in {"ok", "keys_stale"}) == (found.claims is not None)
    assert msgspec.json.decode(msgspec.json.encode(found))["ok"] == found.ok
