"""DPoP proofs: valid for exactly one request, device, token and time."""

from __future__ import annotations

from typing import Any

import pytest

from keystead import jose
from keystead.errors import InvalidDocument
from keystead.proof import PROOF_TYP, check_proof, make_proof, target
from support.documents import DEVICE

URL = "https://billing.example/api/license/status"
NOW_S = 1_790_000_000
REQUEST: dict[str, Any] = {"method": "GET", "url": URL, "now_s": NOW_S, "token": "token"}


def proof(**changes: Any) -> str:
    arguments: dict[str, Any] = {
        "method": "GET",
        "url": URL + "?deviceId=x&nonce=y",
        "iat": NOW_S,
        "jti": "1",
        "token": "token",
    }
    return make_proof(DEVICE, **(arguments | changes))


def test_a_proof_is_valid_for_its_request_with_any_query() -> None:
    checked = check_proof(proof(), **REQUEST)
    assert checked.thumbprint == DEVICE.thumbprint
    assert checked.jti == "1"


@pytest.mark.parametrize(
    ("made", "asked"),
    [
        ({}, {"method": "POST"}),
        ({}, {"url": "https://billing.example/api/license/devices"}),
        ({}, {"url": "https://other.example/api/license/status"}),
        ({}, {"url": "http://billing.example/api/license/status"}),
        ({}, {"url": "https://billing.example:444/api/license/status"}),
        ({}, {"token": "another"}),
        ({}, {"token": None}),
        ({"token": None}, {}),
        ({"jti": ""}, {}),
        ({"jti": "x" * 200}, {}),
        ({"url": "/api/license/status"}, {}),
        ({"url": "ftp://billing.example/"}, {}),
    ],
)
def test_a_proof_for_another_request_is_refused(
    made: dict[str, Any], asked: dict[str, Any]
) -> None:
    with pytest.raises(InvalidDocument) as refused:
        check_proof(proof(**made), **(REQUEST | asked))
    assert refused.value.code == "invalid_proof"


@pytest.mark.parametrize("off_by", [-301, 301, -(10**9), 10**9])
def test_a_wrong_clock_is_refused_without_a_server_nonce(off_by: int) -> None:
    stale = proof(iat=NOW_S + off_by, nonce="server-nonce")
    with pytest.raises(InvalidDocument) as refused:
        check_proof(stale, **REQUEST)
    assert refused.value.code == "stale_proof"
    with pytest.raises(InvalidDocument):
        check_proof(stale, **REQUEST, accepts_nonce="another-nonce".__eq__)
    checked = check_proof(stale, **REQUEST, accepts_nonce="server-nonce".__eq__)
    assert checked.nonce == "server-nonce"


@pytest.mark.parametrize("off_by", [-300, 0, 300])
def test_a_clock_difference_of_five_minutes_is_accepted(off_by: int) -> None:
    check_proof(proof(iat=NOW_S + off_by), **REQUEST)


@pytest.mark.parametrize(
    "claims", [b"{}", b'{"htm":"GET","htu":1,"iat":1,"jti":"1"}', b'{"htm":"GET"}']
)
def test_a_proof_without_a_required_claim_is_refused(claims: bytes) -> None:
    with pytest.raises(InvalidDocument):
        check_proof(jose.sign(claims, DEVICE, PROOF_TYP, embed_jwk=True), **REQUEST)


def test_a_proof_without_its_key_is_refused() -> None:
    with pytest.raises(InvalidDocument) as refused:
        check_proof(jose.sign(b"{}", DEVICE, PROOF_TYP), **REQUEST)
    assert refused.value.code == "unknown_key"


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("HTTPS://Billing.Example:443", "https://billing.example/"),
        ("http://127.0.0.1:8787/a?b#c", "http://127.0.0.1:8787/a"),
        ("http://[::1]:80/a", "http://[::1]/a"),
    ],
)
def test_urls_are_normalised_before_they_are_compared(url: str, normal: str) -> None:
    assert target(url) == normal


def test_the_target_is_a_normalised_url() -> None:
    assert target("https://Billing.example:443?x#y") == "https://billing.example/"
    assert target("http://billing.example:80/a") == "http://billing.example/a"
    assert target("http://billing.example:443/a") == "http://billing.example:443/a"
    assert target("https://[::1]:8443/a") == "https://[::1]:8443/a"


@pytest.mark.parametrize("url", ["http://[::1", "http://host:port/", "http://host:99999/", "x"])
def test_an_invalid_url_has_no_target(url: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        target(url)
    assert refused.value.code == "invalid_proof"
