"""Malformed and malicious requests: every route answers a problem document without side effects."""

from __future__ import annotations

import json
import secrets
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from keystead.problems import MEDIA_TYPE, PROBLEM_TYPES
from keystead.proof import make_proof
from keystead.wire import nyra as wire
from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice

POSTS = [wire.CHECKOUT, wire.PORTAL, wire.RESTORE, wire.WEBHOOK, wire.DEACTIVATE]
GETS = ["/health", wire.LICENSE_STATUS, wire.DEVICES, wire.KEYS, wire.PLANS, wire.INVOICES]

BODIES = [
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b"\xff\xfe\x00",
    b"[" * 60_000,
    b'{"deviceId": {"$gt": ""}}',
    b'{"email": "\'; DROP TABLE billing_customers; --"}',
    b'{"a": ' + b"9" * 5000 + b"}",
]
QUERIES = [
    "",
    "deviceId=",
    "deviceId=%00",
    "deviceId=%ff%fe",
    "deviceId=../../etc/passwd",
    "deviceId=" + "A" * 44,
    "deviceId=" + "A" * 9000,
    "deviceId=AAAA&deviceId=BBBB",
    f"deviceId={'A' * 43}&nonce=short",
    f"deviceId={'A' * 43}&nonce=" + "n" * 65,
    f"deviceId={'A' * 43}&nonce=%27%20OR%201=1--xxxxxx",
    f"deviceId={'A' * 43}&checkoutSessionId=" + "c" * 201,
    "%",
    "&&&===",
]


def assert_problem(answer: httpx.Response) -> None:
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    body = answer.json()
    assert body["status"] == answer.status_code == PROBLEM_TYPES[body["code"]].status
    assert body["requestId"] == answer.headers["x-request-id"]
    for leak in ("Traceback", "msgspec", "litestar", "sqlite", "SELECT", 'File "'):
        assert leak not in answer.text


def test_invalid_bodies_are_refused(http: httpx.Client) -> None:
    for path in POSTS:
        for body in BODIES:
            headers = {"Content-Type": "application/json"}
            assert_problem(http.post(path, content=body, headers=headers))


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"],
)
def test_bodies_are_json(device: BillingDevice, media_type: str) -> None:
    for path in (wire.CHECKOUT, wire.RESTORE):
        body = json.dumps({**device.identity(), "email": "a@example.com"}).encode()
        answer = device.http.post(path, content=body, headers={"Content-Type": media_type})
        assert_problem(answer)
        assert answer.status_code == 415


def test_invalid_queries_are_refused(http: httpx.Client) -> None:
    for query in QUERIES:
        assert_problem(http.get(f"{wire.LICENSE_STATUS}?{query}"))


@pytest.mark.parametrize("path", ["/nope", "/api", "/api/billing/%2e%2e/x", "/%00", "/nyra"])
def test_unknown_routes_are_not_found(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert_problem(answer)
    assert answer.json()["code"] == "not_found"


def test_an_escaped_backslash_before_u0000_is_no_nul(device: BillingDevice) -> None:
    for name, status in ((r"C:\u0000", 200), ("C:\\" + "\0", 400), ("\0", 400)):
        body = {**device.identity(), "deviceName": name}
        answer = device.http.post(wire.CHECKOUT, json=body)
        assert answer.status_code == status


def test_other_methods_are_not_allowed(http: httpx.Client) -> None:
    for method, paths in (("PUT", [*GETS, *POSTS]), ("GET", POSTS), ("POST", GETS)):
        for path in paths:
            answer = http.request(method, path)
            assert_problem(answer)
            assert answer.status_code == 405
            assert method not in answer.headers["allow"].split(", ")


def test_bodies_over_the_size_limit_are_refused(http: httpx.Client) -> None:
    body = b'{"email": "' + b"x" * 70_000 + b'"}'
    for path in (wire.CHECKOUT, wire.RESTORE):
        answer = http.post(path, content=body, headers={"Content-Type": "application/json"})
        assert_problem(answer)
        assert answer.json()["code"] == "too_large"
    endless = (b" " * 10_000 for _ in range(300))
    answer = http.post(wire.WEBHOOK, content=endless)
    assert answer.status_code in {400, 413}


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/billing/checkout HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{",
        b"GET /health HTTP/1.1\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_malformed_http_does_not_harm_the_stub(
    billing_stub: BillingStub, http: httpx.Client, raw: bytes
) -> None:
    place = urlsplit(billing_stub.url)
    with socket.create_connection((place.hostname, place.port), timeout=60) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(65536)
    assert http.get("/health").status_code == 200


def test_a_proof_is_for_our_own_address_whatever_the_host_header_says(
    device: BillingDevice,
) -> None:
    """A proof that was made for another server doesn't count here, even by that server's name."""
    device.activate()
    ours = device.stub.url
    for host, origin, status in (
        ("evil.example", ours, 200),
        ("[", ours, 200),
        ("127.0.0.1:99999", ours, 200),
        ("evil.example", "http://evil.example", 401),
        ("localhost", "http://localhost", 401),
        (urlsplit(ours).netloc, "http://evil.example", 401),
    ):
        proof = make_proof(
            device.key,
            method="GET",
            url=origin + wire.DEVICES,
            iat=int(time.time()),
            jti=secrets.token_urlsafe(16),
            token=device.token,
        )
        headers = {"Authorization": f"DPoP {device.token}", "DPoP": proof, "Host": host}
        answer = device.http.get(wire.DEVICES, headers=headers)
        assert answer.status_code == status, (host, origin)


def test_no_answer_contains_a_secret(device: BillingDevice, billing_stub: BillingStub) -> None:
    session = device.start_checkout()
    billing_stub.pay(session, email="ada@example.com")
    device.status(checkoutSessionId=session)
    settings = billing_stub.settings
    hidden = [
        *settings.signing_secrets,
        settings.license_api_token,
        *settings.webhook_secrets,
    ]
    answers = [device.http.get(path).text for path in [*GETS, "/_stub/", "/schema/openapi.json"]]
    answers += [device.ask().text, json.dumps(billing_stub.state(device.id))]
    assert not [secret for secret in hidden for text in answers if secret in text]


def test_cors_allows_only_the_configured_origin(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("cors")
    allowed = "https://app.nyra.example"
    with (
        BillingStub.running(folder, {"ALLOWED_ORIGIN": allowed}) as stub,
        httpx.Client(base_url=stub.url, trust_env=False, timeout=60) as http,
    ):
        good = http.get(wire.PLANS, headers={"Origin": allowed})
        assert good.headers["access-control-allow-origin"] == allowed
        for origin in (f"{allowed}.evil.example", "https://evil.example", "null", "*"):
            answer = http.get(wire.PLANS, headers={"Origin": origin})
            assert "access-control-allow-origin" not in answer.headers
            asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            preflight = http.options(wire.CHECKOUT, headers=asked)
            assert "access-control-allow-origin" not in preflight.headers
        asked = {"Origin": allowed, "Access-Control-Request-Method": "POST"}
        assert (
            http.options(wire.CHECKOUT, headers=asked).headers["access-control-allow-origin"]
            == allowed
        )


def test_secrets_are_read_from_the_environment(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("own")
    token = secrets.token_urlsafe(32)
    environ = {"NYRA_LICENSE_API_TOKEN": token}
    with BillingStub.running(folder, environ) as stub:
        headers = {"Authorization": f"Bearer {token}"}
        query = {"deviceId": "A" * 43}
        url = stub.url + wire.LICENSE_STATUS
        answer = httpx.get(url, params=query, headers=headers, trust_env=False, timeout=60)
        assert answer.status_code == 404
        assert "NYRA_LICENSE_API_TOKEN" not in stub.settings.generated
