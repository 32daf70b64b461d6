"""Proofs of possession (RFC 9449) at every route with a token: attacks, and wrong clocks."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from keystead.keys import SigningKey
from keystead.wire import nyra as wire
from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice

BEARER_ROUTES = [
    ("POST", wire.PORTAL),
    ("GET", wire.INVOICES),
    ("GET", wire.DEVICES),
    ("DELETE", f"{wire.DEVICES}/{'A' * 43}"),
    ("POST", wire.DEACTIVATE),
    ("GET", wire.LICENSE_STATUS),
]


@pytest.fixture
def active(device: BillingDevice) -> BillingDevice:
    device.activate()
    return device


def send(
    device: BillingDevice,
    method: str = "GET",
    path: str = wire.DEVICES,
    *,
    scheme: str = "DPoP",
    token: str | None = None,
    proof: str | None = None,
) -> httpx.Response:
    headers = {"Authorization": f"{scheme} {token or device.token}"}
    if proof is not None:
        headers["DPoP"] = proof
    params = {"deviceId": device.id} if path == wire.LICENSE_STATUS else None
    body: dict[str, str] | None = {} if path == wire.PORTAL else None
    return device.http.request(method, path, headers=headers, params=params, json=body)


def assert_refused(answer: httpx.Response) -> None:
    assert answer.status_code == 401
    assert answer.json()["code"] == "invalid_token"
    assert answer.headers["www-authenticate"].startswith("DPoP ")
    assert answer.headers["dpop-nonce"]


@pytest.mark.parametrize(("method", "path"), BEARER_ROUTES)
def test_a_dpop_bound_token_without_a_proof_is_refused(
    active: BillingDevice, method: str, path: str
) -> None:
    assert_refused(send(active, method, path))
    assert_refused(send(active, method, path, scheme="Bearer", proof=active.proof(method, path)))


@pytest.mark.parametrize(("method", "path"), BEARER_ROUTES)
def test_a_request_without_credentials_is_refused(
    http: httpx.Client, method: str, path: str
) -> None:
    params = {"deviceId": "A" * 43} if path == wire.LICENSE_STATUS else None
    body: dict[str, str] | None = {} if path == wire.PORTAL else None
    assert_refused(http.request(method, path, params=params, json=body))
    assert_refused(http.request(method, path, params=params))


def test_a_replayed_proof_is_refused(active: BillingDevice) -> None:
    proof = active.proof("GET", wire.DEVICES, token=active.token)
    assert send(active, proof=proof).status_code == 200
    assert_refused(send(active, proof=proof))


def test_a_replayed_proof_with_a_nonce_is_refused(
    active: BillingDevice, http: httpx.Client
) -> None:
    nonce = http.get(wire.DEVICES).headers["dpop-nonce"]
    proof = active.proof("GET", wire.DEVICES, token=active.token, nonce=nonce)
    assert send(active, proof=proof).status_code == 200
    assert_refused(send(active, proof=proof))


def test_a_proof_for_another_method_or_url_is_refused(active: BillingDevice) -> None:
    for method, path in (("POST", wire.DEVICES), ("GET", wire.INVOICES)):
        assert_refused(send(active, proof=active.proof(method, path, token=active.token)))


def test_a_proof_for_another_token_is_refused(active: BillingDevice) -> None:
    for token in (None, f"{active.token}x"):
        assert_refused(send(active, proof=active.proof("GET", wire.DEVICES, token=token)))


def test_a_proof_by_another_key_is_refused(active: BillingDevice) -> None:
    thief = SigningKey(secrets.token_bytes(32))
    proof = active.proof("GET", wire.DEVICES, token=active.token, key=thief)
    assert_refused(send(active, proof=proof))


@pytest.mark.parametrize("away_s", [-301, 301, -86_400 * 400, 86_400 * 400])
def test_a_device_with_a_wrong_clock_retries_with_the_servers_nonce(
    active: BillingDevice, away_s: int
) -> None:
    iat = max(0, active.stub.clock.now_ms() // 1000 + away_s)
    refused = send(active, proof=active.proof("GET", wire.DEVICES, token=active.token, iat=iat))
    assert_refused(refused)
    assert "use_dpop_nonce" in refused.headers["www-authenticate"]
    nonce = refused.headers["dpop-nonce"]
    proof = active.proof("GET", wire.DEVICES, token=active.token, iat=iat, nonce=nonce)
    assert send(active, proof=proof).status_code == 200


def test_an_unknown_nonce_is_refused(active: BillingDevice) -> None:
    for nonce in ("", "A" * 24, "ü"):
        proof = active.proof("GET", wire.DEVICES, token=active.token, iat=1, nonce=nonce)
        assert_refused(send(active, proof=proof))


def test_an_expired_token_with_its_proof_is_accepted_where_nothing_is_granted(
    active: BillingDevice, billing_stub: BillingStub
) -> None:
    """Whoever lapsed can pay the open invoice, and let the device go."""
    billing_stub.customer(active.customer_id, "cancel", at_period_end=True)
    billing_stub.clock.advance(days=60)
    assert active.status()["status"] == "canceled"
    assert_refused(
        active.http.get(wire.INVOICES, headers={"Authorization": f"DPoP {active.token}"})
    )
    for method, path in BEARER_ROUTES[:-1]:
        sent: dict[str, Any] = {"json": {}} if path == wire.PORTAL else {}
        answer = active.call(method, path, token=active.token, **sent)
        # The device in the last path does not exist.
        assert answer.status_code in {200, 404}, path


def test_an_expired_token_of_a_removed_device_is_refused(
    active: BillingDevice, billing_stub: BillingStub
) -> None:
    billing_stub.clock.advance(days=60)
    answer = active.call("POST", wire.DEACTIVATE, token=active.token)
    assert answer.status_code == 200
    for path in (wire.INVOICES, wire.DEVICES):
        assert_refused(active.call("GET", path, token=active.token))


@pytest.mark.parametrize(
    "token",
    ["x", "a.b.c", "é", "A" * 20_000, "eyJhbGciOiJub25lIn0.e30.", "{}", "a b"],
)
def test_an_invalid_token_is_refused(active: BillingDevice, token: str) -> None:
    headers = {
        b"Authorization": f"DPoP {token}".encode(),
        b"DPoP": active.proof("GET", wire.DEVICES).encode(),
    }
    assert_refused(active.http.get(wire.DEVICES, headers=headers))


@pytest.mark.parametrize("proof", ["", "x", "a.b.c", "é", "A" * 20_000, "...", "a.b.c.d"])
def test_an_invalid_proof_is_refused(active: BillingDevice, proof: str) -> None:
    headers = {b"Authorization": f"DPoP {active.token}".encode(), b"DPoP": proof.encode()}
    assert_refused(active.http.get(wire.DEVICES, headers=headers))


def test_duplicate_credentials_are_refused(active: BillingDevice) -> None:
    proof = active.proof("GET", wire.DEVICES, token=active.token)
    headers = [
        ("Authorization", f"DPoP {active.token}"),
        ("DPoP", proof),
        ("DPoP", active.proof("GET", wire.DEVICES, token=active.token)),
    ]
    assert active.http.get(wire.DEVICES, headers=headers).status_code == 400


def test_a_license_is_not_accepted_as_a_token(active: BillingDevice) -> None:
    license_ = active.status()["license"]
    proof = active.proof("GET", wire.DEVICES, token=license_)
    assert_refused(send(active, token=license_, proof=proof))


def test_the_first_status_call_needs_the_device_key_of_the_checkout(
    device: BillingDevice, new_device: Callable[..., BillingDevice], billing_stub: BillingStub
) -> None:
    session = device.start_checkout()
    billing_stub.pay(session)
    query = {"deviceId": device.id, "checkoutSessionId": session}
    assert_refused(device.http.get(wire.LICENSE_STATUS, params=query))
    thief = new_device("Thief")
    headers = {"DPoP": thief.proof("GET", wire.LICENSE_STATUS)}
    assert_refused(device.http.get(wire.LICENSE_STATUS, params=query, headers=headers))


def test_a_token_cannot_read_the_status_of_another_device(
    active: BillingDevice, new_device: Callable[..., BillingDevice]
) -> None:
    other = new_device("Other")
    other.activate(email="bo@example.com")
    answer = active.ask(deviceId=other.id)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_device")


def test_the_operators_token_is_accepted_for_the_status_only(
    active: BillingDevice, billing_stub: BillingStub
) -> None:
    token = billing_stub.settings.license_api_token
    assert_refused(send(active, scheme="Bearer", token=token))
    assert_refused(send(active, "GET", wire.LICENSE_STATUS, scheme="Bearer", token=token + "x"))
