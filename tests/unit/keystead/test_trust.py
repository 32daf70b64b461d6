"""The rules of trust, each with the attack or mistake that it refuses."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from keystead import jose
from keystead.documents import (
    LICENSE_TYP,
    Confirmation,
    DeviceAccessToken,
    License,
    issue,
    read,
)
from keystead.entitlement import OfflineGrace
from keystead.errors import InvalidDocument
from keystead.instants import DAY_MS, MAX_MS, iso, to_seconds
from keystead.trust import (
    Newest,
    accept_license,
    accept_token,
    check_license,
    check_token,
    verify_license,
    verify_token,
)
from support.documents import (
    BACKEND,
    DEVICE,
    KEYS,
    NOW_MS,
    OTHER_DEVICE,
    PRODUCT,
    STRANGER,
    make_license,
    make_token,
    signed_license,
)


def accepted(compact: str, **changes: Any) -> Any:
    arguments: dict[str, Any] = {
        "keys": KEYS,
        "product": PRODUCT,
        "device": DEVICE.thumbprint,
        "newest": None,
    }
    return accept_license(compact, **(arguments | changes))


def refusal(compact: str, **changes: Any) -> str:
    with pytest.raises(InvalidDocument) as refused:
        accepted(compact, **changes)
    return refused.value.code


def claims(**changes: Any) -> dict[str, Any]:
    """Return a valid license's claims with changes; ``...`` removes a claim."""
    members = msgspec.to_builtins(make_license()) | changes
    return {name: value for name, value in members.items() if value is not ...}


def signed(members: dict[str, Any], typ: str = LICENSE_TYP) -> str:
    return jose.sign(json.dumps(members).encode(), BACKEND, typ)


def test_a_valid_license_is_accepted_repeatedly() -> None:
    license = accepted(signed_license())
    assert license == make_license()
    assert accepted(signed_license(), newest=Newest.of(license)) == license


def test_unknown_fields_are_ignored() -> None:
    assert accepted(signed(claims(colour="blue", quota={"files": 3}))).active


# Only these two may be missing; a null that the specification allows is a value.
REQUIRED = sorted(msgspec.to_builtins(make_license()).keys() - {"nbf", "nonce"})


@pytest.mark.parametrize("name", REQUIRED)
def test_a_license_without_a_required_claim_is_refused(name: str) -> None:
    assert refusal(signed(claims(**{name: ...}))) == "malformed"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": None}, "malformed"),
        ({"exp": "1790000000"}, "malformed"),
        ({"exp": 1790000000.5}, "malformed"),
        ({"iat": True}, "malformed"),
        ({"active": 1}, "malformed"),
        ({"active": "true"}, "malformed"),
        ({"exp": make_license().iat}, "invalid_lifetime"),
        ({"exp": -1}, "invalid_lifetime"),
        ({"iat": -1}, "invalid_lifetime"),
        ({"exp": 10**12}, "invalid_lifetime"),
        ({"exp": 2**53}, "malformed"),
        ({"iat": -(2**53)}, "malformed"),
        ({"refreshAfterSeconds": 10**30}, "malformed"),
        ({"nbf": make_license().iat + 1}, "invalid_lifetime"),
        ({"aud": "another"}, "wrong_product"),
        ({"aud": [PRODUCT]}, "malformed"),
        ({"cnf": {"jkt": OTHER_DEVICE.thumbprint}}, "malformed"),
        ({"cnf": {}}, "malformed"),
        ({"entitlement": None}, "malformed"),
        ({"exp": make_license().exp + 1}, "past_grace_boundary"),
    ],
)
def test_an_invalid_claim_is_refused(changes: dict[str, Any], code: str) -> None:
    assert refusal(signed(claims(**changes))) == code


def test_a_license_with_two_different_boundaries_is_refused() -> None:
    ends = NOW_MS + 40 * DAY_MS
    grace = OfflineGrace(seconds=1, ends_at=ends, ends_at_iso=iso(ends + 1))
    assert refusal(signed_license(offline_grace=grace)) == "malformed"


def test_a_license_may_end_before_its_boundary() -> None:
    """``exp`` must not be after ``endsAt``. Our backend makes them equal, which is no rule."""
    assert accepted(signed_license(exp=make_license().exp - 10)).active


def test_an_inactive_license_may_have_no_entitlement() -> None:
    assert not accepted(signed_license(active=False, status="canceled", entitlement=None)).active


def test_a_license_of_another_device_is_refused() -> None:
    assert refusal(signed_license(device=OTHER_DEVICE)) == "wrong_device"


def test_a_license_of_another_product_is_refused() -> None:
    assert refusal(signed_license(aud="other")) == "wrong_product"


def test_a_license_signed_by_an_unpinned_key_is_refused() -> None:
    assert refusal(signed_license(STRANGER)) == "unknown_key"


def test_a_replayed_response_with_another_nonce_is_refused() -> None:
    old = signed_license(nonce="nonce-of-yesterday")
    assert refusal(old, nonce="nonce-of-today-00") == "wrong_nonce"
    assert refusal(signed_license(), nonce="nonce-of-today-00") == "wrong_nonce"
    assert accepted(old, nonce="nonce-of-yesterday").active


def test_a_license_with_an_older_iat_or_jti_is_refused() -> None:
    newest = Newest(to_seconds(NOW_MS), "lic_b")
    assert refusal(signed_license(now_ms=NOW_MS - 1000), newest=newest) == "superseded"
    assert refusal(signed_license(jti="lic_a"), newest=newest) == "superseded"
    assert accepted(signed_license(jti="lic_c"), newest=newest).jti == "lic_c"


def test_an_expired_license_is_genuine() -> None:
    """Trust does not depend on time: `decide` finds that a license has expired."""
    assert verify_license(
        signed_license(now_ms=1000, period_end_ms=2000), keys=KEYS, product=PRODUCT
    )


def test_tokens_and_licenses_are_not_interchangeable() -> None:
    assert refusal(issue(make_token(), BACKEND)) == "wrong_type"
    with pytest.raises(InvalidDocument, match="another type"):
        verify_token(signed_license(), keys=KEYS, product=PRODUCT)


def token_refusal(token: DeviceAccessToken) -> str:
    with pytest.raises(InvalidDocument) as refused:
        accept_token(
            issue(token, BACKEND),
            keys=KEYS,
            product=PRODUCT,
            device=DEVICE.thumbprint,
            license=make_license(),
        )
    return refused.value.code


def test_a_token_that_outlives_the_grace_boundary_is_refused() -> None:
    boundary_ms = make_license().offline_grace.ends_at
    token = make_token(end_ms=boundary_ms)
    assert accept_token(
        issue(token, BACKEND),
        keys=KEYS,
        product=PRODUCT,
        device=DEVICE.thumbprint,
        license=make_license(),
    ) == verify_token(issue(token, BACKEND), keys=KEYS, product=PRODUCT)
    assert token_refusal(make_token(end_ms=boundary_ms + 1000)) == "past_grace_boundary"
    assert token_refusal(make_token(end_ms=boundary_ms + 60_000)) == "past_grace_boundary"


def test_a_token_for_another_product_is_refused() -> None:
    other = msgspec.structs.replace(make_token(), aud="another")
    assert token_refusal(other) == "wrong_product"
    with pytest.raises(InvalidDocument) as refused:
        verify_token(issue(other, BACKEND), keys=KEYS, product=PRODUCT)
    assert refused.value.code == "wrong_product"
    assert check_token(other, product=None) == other


def test_a_token_for_another_device_is_refused() -> None:
    assert token_refusal(make_token(device=OTHER_DEVICE)) == "wrong_device"


def test_a_token_with_two_different_ends_is_refused() -> None:
    token = msgspec.structs.replace(make_token(), expires_at=make_token().expires_at - 1)
    assert token_refusal(token) == "malformed"


def test_a_token_bound_to_another_key_is_refused() -> None:
    stolen = msgspec.structs.replace(make_token(), cnf=Confirmation(jkt=OTHER_DEVICE.thumbprint))
    assert token_refusal(stolen) == "malformed"


def with_boundary(ends_at: int, **changes: Any) -> License:
    grace = OfflineGrace(seconds=0, ends_at=ends_at, ends_at_iso=iso(min(ends_at, MAX_MS)))
    exp = min(ends_at, MAX_MS) // 1000
    return make_license(offline_grace=grace, iat=0, exp=exp, **changes)


def with_period(period_end: int | None) -> License:
    license = make_license()
    paid = license.entitlement
    assert paid is not None
    paid = msgspec.structs.replace(paid, current_period_end=period_end)
    return msgspec.structs.replace(license, entitlement=paid)


@pytest.mark.parametrize("license", [with_boundary(0), with_boundary(MAX_MS)])
def test_a_boundary_may_be_any_instant(license: License) -> None:
    assert check_license(license, product=PRODUCT) == license


@pytest.mark.parametrize("period_end", [None, 0, MAX_MS])
def test_a_period_may_end_at_any_instant(period_end: int | None) -> None:
    license = with_period(period_end)
    assert check_license(license, product=PRODUCT) == license
    inactive = msgspec.structs.replace(license, active=False, entitlement=None)
    assert check_license(inactive, product=PRODUCT) == inactive


@pytest.mark.parametrize(
    "license", [with_boundary(MAX_MS + 1), with_period(-1), with_period(MAX_MS + 1)]
)
def test_an_instant_out_of_range_is_refused(license: License) -> None:
    with pytest.raises(InvalidDocument) as refused:
        check_license(license, product=PRODUCT)
    assert refused.value.code == "malformed"


def test_a_license_is_checked_for_any_product_where_none_is_given() -> None:
    other = make_license(aud="another")
    assert check_license(other, product=None) == other


def test_unset_optional_claims_are_omitted_from_a_document() -> None:
    payload = jose.verify(signed_license(), KEYS, LICENSE_TYP)
    assert not {"nonce", "nbf"} & jose.read_object(payload).keys()
    assert read(type(make_license()), payload) == make_license()
