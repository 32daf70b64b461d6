"""The Stripe-Signature header: valid signatures are accepted, all others refused."""

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from keystead_stub.stripe_types.webhook_signature import BadSignature, sign, verify

BODY = b'{"id": "evt_1"}'
NOW_S = 1_800_000_000


def _code(header: str | None, *, body: bytes = BODY, now_s: int = NOW_S) -> str:
    with pytest.raises(BadSignature) as refused:
        verify(body, header, ["whsec_a"], now_s=now_s)
    return refused.value.code


def test_the_official_sdk_accepts_our_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: NOW_S)
    header = sign(BODY, ["whsec_a"], at_s=NOW_S)
    assert stripe.WebhookSignature.verify_header(BODY.decode(), header, "whsec_a", 300)


def test_a_signature_of_our_own_is_accepted() -> None:
    verify(BODY, sign(BODY, ["whsec_a"], at_s=NOW_S), ["whsec_a"], now_s=NOW_S)


def test_either_secret_is_accepted_during_a_rotation() -> None:
    both = sign(BODY, ["whsec_old", "whsec_new"], at_s=NOW_S)
    assert both.count("v1=") == 2
    verify(BODY, both, ["whsec_new"], now_s=NOW_S)
    verify(BODY, sign(BODY, ["whsec_old"], at_s=NOW_S), ["whsec_new", "whsec_old"], now_s=NOW_S)


@pytest.mark.parametrize("skew_s", [-300, 300])
def test_five_minutes_of_clock_skew_are_tolerated(skew_s: int) -> None:
    verify(BODY, sign(BODY, ["whsec_a"], at_s=NOW_S + skew_s), ["whsec_a"], now_s=NOW_S)


@pytest.mark.parametrize("skew_s", [-301, 301])
def test_more_clock_skew_is_stale(skew_s: int) -> None:
    assert _code(sign(BODY, ["whsec_a"], at_s=NOW_S + skew_s)) == "signature_stale"


@pytest.mark.parametrize("header", [None, ""])
def test_an_absent_header_is_missing(header: str | None) -> None:
    assert _code(header) == "signature_missing"


@pytest.mark.parametrize(
    "header",
    [
        "t=1",
        "v1=00",
        "t=,v1=00",
        "t=-1,v1=00",
        "t=1,t=2,v1=00",
        "t=\uff11,v1=00",
        "t=9999999999999,v1=00",
        "nonsense",
        "t=1," + "v1=00," * 1000,
    ],
)
def test_an_invalid_header_is_malformed(header: str) -> None:
    assert _code(header) == "signature_malformed"


@pytest.mark.parametrize("header", [f"t={NOW_S},v1=00", f"t={NOW_S},v1=é", f"t={NOW_S},v0=00,v1="])
def test_a_wrong_signature_is_a_mismatch(header: str) -> None:
    assert _code(header) == "signature_mismatch"


def test_a_changed_timestamp_is_a_mismatch() -> None:
    signature = sign(BODY, ["whsec_a"], at_s=NOW_S).partition(",")[2]
    assert _code(f"t={NOW_S + 1},{signature}") == "signature_mismatch"


def test_without_a_secret_every_signature_is_refused() -> None:
    with pytest.raises(BadSignature):
        verify(BODY, sign(BODY, [""], at_s=NOW_S), [], now_s=NOW_S)


@given(st.binary(), st.binary(max_size=64))
def test_a_changed_body_is_refused(body: bytes, other: bytes) -> None:
    header = sign(body, ["whsec_a"], at_s=NOW_S)
    verify(body, header, ["whsec_a"], now_s=NOW_S)
    if other != body:
        assert _code(header, body=other) == "signature_mismatch"


@given(st.text())
def test_any_header_is_verified_or_refused(header: str) -> None:
    assert _code(header).startswith("signature_")
