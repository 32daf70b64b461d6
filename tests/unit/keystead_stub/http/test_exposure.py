"""Who may use the controls, the console and simulated Stripe, where others can reach the stub."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from keystead.encoding import b64u_encode
from keystead.keys import SigningKey
from keystead.wire import nyra
from keystead_stub.billing_apis.common.license_routes import RESTORES_PER_MINUTE
from support.outside import ELSEWHERE, HERE, Reachable, reachable

TOKEN = "a-token-for-the-controls-0123456789"
BEARER = {"authorization": f"Bearer {TOKEN}"}
PUBLIC = "https://billing.example"
CONTROLS = (
    ("GET", "/_stub/clock"),
    ("POST", "/_stub/reset"),
    ("GET", "/_stub/outbox"),
    ("PUT", "/_stub/faults"),
    ("GET", "/_stub/checkout-switch"),
    ("POST", "/_stub/tokens"),
    ("POST", "/_stub/notifications"),
    ("GET", "/_stub/"),
    ("POST", "/_stub/console"),
    ("GET", "/_stub/operating"),
    ("GET", "/_stub/operating.json"),
    ("GET", "/_stub/profile"),
    ("GET", "/_stub/sign-in"),
    ("GET", "/stripe/v1/customers"),
    ("POST", "/stripe/v1/customers"),
    ("DELETE", "/stripe/v1/customers/cus_1"),
)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reachable]:
    """Return a stub without a public address."""
    with reachable(tmp_path_factory.mktemp("local")) as stub:
        yield stub


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reachable]:
    """Return a stub behind a proxy, without a control token."""
    folder = tmp_path_factory.mktemp("public")
    with reachable(folder, KEYSTEAD_STUB_PUBLIC_URL=PUBLIC) as stub:
        yield stub


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reachable]:
    """Return a stub with a control token."""
    folder = tmp_path_factory.mktemp("guarded")
    with reachable(
        folder, KEYSTEAD_STUB_PUBLIC_URL=PUBLIC, KEYSTEAD_STUB_CONTROL_TOKEN=TOKEN
    ) as stub:
        yield stub


#: What the guards say; a refusal for another reason comes from what they guard.
REFUSALS = ("The control token is required.", "Only this machine can use the controls.", "Sign in")


def is_let_in(answer: httpx.Response) -> bool:
    return not any(sentence in answer.text for sentence in REFUSALS)


def test_controls_ask_for_the_token_wherever_the_caller_is(guarded: Reachable) -> None:
    wrong = {"authorization": f"Bearer {TOKEN}x"}
    for method, path in CONTROLS:
        for peer in (HERE, ELSEWHERE, "::1"):
            refused = guarded.ask(method, path, peer=peer)
            assert refused.status_code == 401, (path, peer, refused.text)
            assert TOKEN not in refused.text
            assert guarded.ask(method, path, peer=peer, headers=wrong).status_code == 401
        allowed = guarded.ask(method, path, peer=ELSEWHERE, host="x.example", headers=BEARER)
        assert is_let_in(allowed), (path, allowed.text)


def test_without_a_token_controls_are_for_this_machine_alone(public: Reachable) -> None:
    for method, path in CONTROLS:
        assert public.ask(method, path, peer=ELSEWHERE).status_code == 403
        assert public.ask(method, path, host="billing.example").status_code == 403
        assert is_let_in(public.ask(method, path)), path


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via"],
)
@pytest.mark.parametrize("value", ["127.0.0.1", "localhost", "", "for=127.0.0.1"])
def test_a_forwarded_request_is_not_this_machine_s(
    local: Reachable, public: Reachable, header: str, value: str
) -> None:
    for stub in (local, public):
        answer = stub.ask("GET", "/_stub/clock", headers={header: value})
        assert answer.status_code == 403, answer.text


def test_a_trusted_proxy_does_not_make_its_clients_local(tmp_path: Path) -> None:
    with reachable(
        tmp_path, KEYSTEAD_STUB_PUBLIC_URL=PUBLIC, KEYSTEAD_STUB_TRUSTED_PROXIES="127.0.0.1"
    ) as stub:
        for forwarded in ("127.0.0.1", f"127.0.0.1, {ELSEWHERE}", ELSEWHERE):
            headers = {"x-forwarded-for": forwarded}
            assert stub.ask("GET", "/_stub/clock", headers=headers).status_code == 403


def test_a_rehearsal_behind_a_proxy_of_this_machine_keeps_its_controls(tmp_path: Path) -> None:
    with reachable(tmp_path, KEYSTEAD_STUB_PUBLIC_URL="https://127.0.0.1:8443/billing") as stub:
        mine = {"x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https"}
        others = {"x-forwarded-for": f"127.0.0.1, {ELSEWHERE}"}
        path, host = "/billing/_stub/clock", "127.0.0.1:8443"
        assert stub.ask("GET", path, host=host, headers=mine).status_code == 200
        assert stub.ask("GET", path, host=host, headers=others).status_code == 403
        assert stub.ask("GET", path, peer=ELSEWHERE, host=host, headers=mine).status_code == 403


@pytest.mark.parametrize("host", ["billing.example", "127.0.0.1.billing.example", "", "x:y", "["])
def test_another_host_name_is_not_this_machine(local: Reachable, host: str) -> None:
    assert local.ask("GET", "/_stub/clock", host=host).status_code in {400, 403}


def basic(user: str, password: str = "") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        BEARER,
        {"authorization": basic(TOKEN)},
        {"authorization": basic("sk_test_mine", TOKEN)},
        {"authorization": "Bearer sk_test_mine", "keystead-control-token": TOKEN},
    ],
)
def test_stripe_s_api_takes_the_token_as_a_key_or_beside_one(
    guarded: Reachable, headers: dict[str, str]
) -> None:
    answer = guarded.ask("GET", "/stripe/v1/customers", headers=headers)
    assert answer.json().get("object") == "list", answer.text


@pytest.mark.parametrize(
    "authorization",
    ["Bearer sk_test_mine", basic("sk_test_mine"), "Basic !", "Basic /w==", f"Digest {TOKEN}", ""],
)
def test_stripe_s_api_refuses_others_as_stripe_does(guarded: Reachable, authorization: str) -> None:
    refused = guarded.ask("GET", "/stripe/v1/customers", headers={"authorization": authorization})
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_token")


def test_a_browser_signs_in_to_the_console_once(guarded: Reachable) -> None:
    asked = guarded.ask("GET", "/_stub/customers/cus_1?x=1", host="billing.example")
    assert asked.status_code == 401
    assert 'name="back" value="/_stub/customers/cus_1?x=1"' in asked.text
    form = {"control_token": TOKEN, "back": "/_stub/operating"}
    entered = guarded.ask("POST", "/_stub/control-token", host="billing.example", data=form)
    assert (entered.status_code, entered.headers["location"]) == (303, "/_stub/operating")
    given = entered.headers["set-cookie"]
    assert {"HttpOnly", "Secure", "SameSite=strict"} <= set(given.split("; "))
    assert TOKEN not in given
    cookie = {"cookie": given.partition(";")[0]}
    assert guarded.ask("GET", "/_stub/", host="billing.example", headers=cookie).status_code == 200
    # A page of another site can make the browser send a form, but not with its own origin.
    for origin, status in (("https://evil.example", 403), (PUBLIC, 200)):
        sent = guarded.ask("GET", "/_stub/clock", headers={**cookie, "origin": origin})
        assert sent.status_code == status


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/_stub/\r\nX: y", ""])
def test_the_sign_in_form_leads_back_to_the_console_alone(guarded: Reachable, back: str) -> None:
    form = {"control_token": TOKEN, "back": back}
    entered = guarded.ask("POST", "/_stub/control-token", data=form)
    assert entered.headers["location"] == "/_stub/"


@pytest.mark.parametrize("token", ["", TOKEN[:-1], TOKEN.upper(), "ü" * 20])
def test_a_wrong_token_gets_no_cookie(guarded: Reachable, token: str) -> None:
    refused = guarded.ask("POST", "/_stub/control-token", data={"control_token": token})
    assert refused.status_code == 403
    assert "set-cookie" not in refused.headers
    assert "This is not the control token." in refused.text
    forged = {"cookie": f"keystead_control={'0' * 64}"}
    assert guarded.ask("GET", "/_stub/", headers=forged).status_code == 401


def test_other_sites_cannot_send_the_sign_in_form(guarded: Reachable) -> None:
    answer = guarded.ask(
        "POST",
        "/_stub/control-token",
        data={"control_token": TOKEN},
        headers={"origin": "https://evil.example"},
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:8787", "billing.example:443"])
def test_the_address_of_every_link_is_the_public_one_whatever_the_host_says(
    public: Reachable, host: str
) -> None:
    key = SigningKey(bytes(range(32)))
    answer = public.ask(
        "POST",
        nyra.CHECKOUT,
        peer=ELSEWHERE,
        host=host,
        headers={"x-forwarded-host": "evil.example", "x-forwarded-proto": "http"},
        json={"deviceId": key.thumbprint, "devicePublicKey": b64u_encode(key.public)},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["url"].startswith(f"{PUBLIC}/_stub/checkout/")
    assert "evil" not in answer.text
    page = public.ask("GET", answer.json()["url"].removeprefix(PUBLIC), peer=ELSEWHERE, host=host)
    assert page.status_code == 200
    assert "evil" not in page.text


def test_limits_count_the_client_behind_a_trusted_proxy(tmp_path: Path) -> None:
    with reachable(
        tmp_path, KEYSTEAD_STUB_PUBLIC_URL=PUBLIC, KEYSTEAD_STUB_TRUSTED_PROXIES="127.0.0.0/8"
    ) as stub:

        def restore(client: str, peer: str = HERE) -> int:
            headers = {"x-forwarded-for": f"198.51.100.{len(client)}, {client}"}
            body = {"email": "a@example.com", "deviceId": "d", "devicePublicKey": "k"}
            path = "/api/license/restore"
            return stub.ask("POST", path, peer=peer, headers=headers, json=body).status_code

        # So many, and then no more from there, whatever stands before in the header.
        assert 429 not in {restore("192.0.2.1") for _ in range(RESTORES_PER_MINUTE)}
        assert restore("192.0.2.1") == 429
        assert restore("192.0.2.2") != 429
        # From a peer that nobody trusts the header means nothing.
        clients = [f"192.0.2.{number + 100}" for number in range(RESTORES_PER_MINUTE)]
        assert 429 not in {restore(client, peer=ELSEWHERE) for client in clients}
        assert restore("192.0.2.99", peer=ELSEWHERE) == 429
