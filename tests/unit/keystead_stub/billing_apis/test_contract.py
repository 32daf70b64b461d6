"""The behavior that all billing APIs share for signed-in callers, over real HTTP.

Tests of one billing API alone are in its own module. The native API's callers are devices.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from keystead.capabilities import CAPABILITIES_BY_API
from keystead.wire import nyra
from keystead.wire.fields import PRODUCT_HEADER
from keystead_stub.billing_apis import REGISTRY
from keystead_stub.in_process import BillingStub
from keystead_stub.stripe_types.webhook_signature import sign
from support.api_account import APIS, WEBHOOKS, Account, Api
from support.billing_device import BillingDevice

NewDevice = Callable[..., BillingDevice]
PROGRAM = "http://127.0.0.1:5000/back"
EVIL = (
    "https://evil.example/",
    "//evil.example/",
    "javascript:alert(1)",
    "http://127.0.0.1@evil.example/",
    "http://user@127.0.0.1/",
    "http://127.0.0.1.evil.example/",
    "http://localhost\\@evil.example/",
    "https://evil.example\\@127.0.0.1/",
    "http://[::1",
)


@pytest.fixture(params=APIS, ids=lambda api: api.name)
def api(request: pytest.FixtureRequest) -> Api:
    found: Api = request.param
    return found


@pytest.fixture
def acme(billing_stub: BillingStub, http: httpx.Client, api: Api) -> Account:
    return Account(billing_stub, http, api)


@pytest.fixture
def globex(billing_stub: BillingStub, http: httpx.Client, api: Api) -> Account:
    return Account(billing_stub, http, api, "globex")


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and code of a problem document."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def session_routes(api: Api) -> set[tuple[str, str]]:
    """Return each route that needs a session, with its parameters filled in."""
    handlers = [
        handler
        for routes in REGISTRY[api.name].all_routes()
        for handler in routes.handlers
        if 401 in (handler.responses or {})
    ]
    return {
        (str(method), re.sub(r"{\w+:str}", "some_id", path))
        for handler in handlers
        for method in handler.http_methods - {"OPTIONS"}
        for path in handler.paths
        # The other routes of licenses are for devices.
        if path == nyra.ACTIVATE or not path.startswith("/api/license/")
    }


def test_every_billing_api_is_covered_by_the_contract_tests() -> None:
    signed_in = {name for name, able in CAPABILITIES_BY_API.items() if able.sign_in}
    assert {api.name for api in APIS} == signed_in
    assert set(WEBHOOKS) == set(REGISTRY)


def test_a_paid_checkout_activates_its_device(acme: Account, device: BillingDevice) -> None:
    answer = acme.checkout(**device.identity(), returnUrl=PROGRAM, email="ada@example.com")
    assert answer.is_success, answer.text
    body = answer.json()
    page = acme.http.get(body[acme.api.url])
    assert (page.status_code, "ada@example.com" in page.text) == (200, True)
    assert body["expiresAt"] > acme.stub.clock.now_ms()
    assert device.status(checkoutSessionId=body["sessionId"])["status"] == "checkout_open"
    acme.stub.pay(body["sessionId"], email="ada@example.com")
    status = device.status(checkoutSessionId=body["sessionId"])
    assert (status["active"], status["entitlement"]["key"]) == (True, acme.api.plan)
    assert status["entitlement"]["features"]


def test_an_account_that_has_paid_is_refused_another_checkout(acme: Account) -> None:
    acme.buy()
    assert refusal(acme.checkout()) == (409, "already_entitled")


def test_a_program_of_another_product_is_refused_before_it_pays(
    acme: Account,
) -> None:
    acme.headers = {**acme.headers, PRODUCT_HEADER: "acme-notes"}
    refused = acme.checkout()
    assert refusal(refused) == (409, "other_product")
    # Whoever set up the program sees both names.
    assert "nyra" in refused.json()["detail"]
    assert "acme-notes" in refused.json()["detail"]
    acme.headers = {**acme.headers, PRODUCT_HEADER: "nyra"}
    assert acme.checkout().is_success


def test_a_device_of_another_product_is_refused_before_it_pays(device: BillingDevice) -> None:
    body = device.identity()
    for product, status in (("acme-notes", 409), ("nyra.shop", 409), ("nyra", 200)):
        headers = {PRODUCT_HEADER: product, "DPoP": device.proof("POST", nyra.CHECKOUT)}
        answer = device.http.post(nyra.CHECKOUT, json=body, headers=headers)
        assert answer.status_code == status
        if status == 409:
            assert answer.json()["code"] == "other_product"
            assert product in answer.json()["detail"]


def test_checkouts_can_be_switched_off(acme: Account) -> None:
    acme.stub.ask("PUT", "/_stub/checkout-switch", {"enabled": False})
    assert refusal(acme.checkout()) == (403, "checkout_disabled")
    acme.stub.ask("PUT", "/_stub/checkout-switch", {"enabled": True})
    assert acme.checkout().is_success


def test_an_invalid_checkout_request_is_refused(acme: Account, device: BillingDevice) -> None:
    own = device.identity()
    invalid: tuple[dict[str, Any], ...] = (
        {"deviceId": own["deviceId"]},
        {"devicePublicKey": own["devicePublicKey"]},
        {**own, "deviceId": "A" * 43},
        {**own, "devicePublicKey": "A" * 43},
        {"deviceId": "short", "devicePublicKey": "short"},
        {**own, "deviceName": "x" * 201},
        {**own, "deviceName": 5},
        {"email": "nobody"},
        {"email": "a@b\nc"},
        {"locale": ""},
        {"returnUrl": "https://evil.example/"},
        {"returnUrl": "http://localhost:5000/"},
    )
    for fields in invalid:
        answer = acme.checkout(**fields)
        assert refusal(answer) == (400, "invalid_request"), fields
        assert "Expected" not in answer.text, fields
    assert refusal(acme.checkout("golden"))[0] == 400


def test_bodies_are_json_objects(acme: Account) -> None:
    path = acme.api.root + acme.api.checkout
    query = {"planId": acme.api.plan}
    for body in (b"[]", b"1", b'"x"', b"{", b"\xff", b'{"email": 5}', b"[" * 100_000):
        headers = acme.headers | {"Content-Type": "application/json"}
        answer = acme.http.post(path, content=body, params=query, headers=headers)
        # The size limit is checked before the content.
        expected = (413, "too_large") if len(body) > 64 * 1024 else (400, "invalid_request")
        assert refusal(answer) == expected, body[:20]
    headers = acme.headers | {"Content-Type": "text/plain"}
    answer = acme.http.post(path, content=b"{}", params=query, headers=headers)
    assert refusal(answer) == (415, "unsupported_media_type")


def test_unknown_fields_are_ignored(acme: Account) -> None:
    assert acme.checkout(somethingNew={"a": 1}).is_success


def test_the_portal_opens_for_an_account_that_has_paid(acme: Account) -> None:
    assert refusal(acme.portal()) == (409, "nothing_bought")
    acme.buy()
    for fields in ({}, {"flow": "invoices"}, {"returnUrl": PROGRAM}, {"returnUrl": "keystead://x"}):
        answer = acme.portal(**fields)
        assert answer.status_code == 200, (fields, answer.text)
        page = acme.http.get(answer.json()[acme.api.portal_url])
        assert page.status_code == 200, fields
        assert f'href="{fields.get("returnUrl", "")}' in page.text, fields
    assert refusal(acme.portal(flow="elsewhere")) == (400, "invalid_request")
    for url in EVIL:
        assert refusal(acme.portal(returnUrl=url)) == (400, "invalid_request"), url


def test_invoices_show_paid_amounts_and_the_payment_method(acme: Account) -> None:
    acme.buy()
    body = acme.invoices().json()
    (invoice,) = body.get("invoices") or body["data"]
    assert (invoice["status"], invoice["amountPaid"] > 0) == ("paid", True)
    assert acme.http.get(invoice["hostedUrl"]).status_code == 200
    assert body["paymentMethod"] == {"brand": "visa", "last4": "4242"}


def test_an_account_sees_only_its_own_billing_data(acme: Account, globex: Account) -> None:
    acme.buy()
    answer = globex.invoices()
    assert answer.status_code == acme.api.nothing_bought
    if answer.is_success:
        body = answer.json()
        assert body.get("invoices", body.get("data")) == []
    assert refusal(globex.portal()) == (409, "nothing_bought")


def test_plans_can_be_listed(acme: Account) -> None:
    answer = acme.ask("GET", acme.api.plans)
    plans = {one["plan"]: one for one in answer.json()["plans"]}
    assert acme.api.plan in plans
    for plan in plans.values():
        assert plan["prices"], plan
        assert all(price["amount"] >= 0 and price["currency"] == "eur" for price in plan["prices"])


def test_every_route_refuses_requests_without_a_valid_session(acme: Account) -> None:
    own = acme.headers["Authorization"]
    others = [Account(acme.stub, acme.http, other) for other in APIS if other != acme.api]
    strangers: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer x.y.z"},
        {"Authorization": own.replace("Bearer", "DPoP")},
        {"Authorization": own[:-2]},
        acme.stub.session("nyra"),
        *(other.headers for other in others),
    ]
    routes = session_routes(acme.api)
    assert {
        ("POST", acme.api.checkout),
        ("POST", acme.api.portal),
        ("GET", acme.api.invoices),
        ("POST", nyra.ACTIVATE),
    } <= routes
    for method, path in sorted(routes):
        for headers in strangers:
            # The gateway's key alone is not enough.
            gateway = {name: value for name, value in acme.headers.items() if value != own}
            answer = acme.ask(method, path, as_caller=gateway | headers)
            assert refusal(answer) == (401, "invalid_token"), (path, headers)
            assert answer.headers["www-authenticate"] == "Bearer"


def test_a_further_device_of_the_account_is_activated(acme: Account, new_device: NewDevice) -> None:
    desk = new_device("Desk")
    assert refusal(acme.ask("POST", nyra.ACTIVATE, desk.identity())) == (409, "nothing_bought")
    acme.buy()
    answer = acme.ask("POST", nyra.ACTIVATE, desk.identity())
    assert answer.status_code == 200, answer.text
    assert desk.status(activationId=answer.json()["activationId"])["active"] is True
    half = acme.ask("POST", nyra.ACTIVATE, {"deviceId": desk.id})
    assert refusal(half) == (400, "invalid_request")


def test_at_the_device_limit_another_device_can_be_removed(
    acme: Account, new_device: NewDevice
) -> None:
    acme.buy()
    full = [new_device(name) for name in ("One", "Two", "Three")]
    for one in full:
        answer = acme.ask("POST", nyra.ACTIVATE, one.identity())
        one.status(activationId=answer.json()["activationId"])
    fourth = new_device("Four")
    refused = acme.ask("POST", nyra.ACTIVATE, fourth.identity())
    assert refusal(refused) == (409, "device_limit")
    right = {"activationId": refused.json()["activationId"]}
    assert len(refused.json()["devices"]) == 3
    removed = fourth.call("DELETE", f"{nyra.DEVICES}/{full[0].id}", params=right)
    assert removed.status_code == 200, removed.text
    assert fourth.status(**right)["active"] is True


@pytest.mark.parametrize(("name", "path"), WEBHOOKS.items(), ids=list(WEBHOOKS))
def test_a_webhook_processes_each_signed_event_once_and_refuses_others(
    billing_stub: BillingStub, http: httpx.Client, name: str, path: str
) -> None:
    customer = {"object": "customer", "id": "cus_1", "email": "a@example.com"}
    event = {
        "id": "evt_made_up",
        "object": "event",
        "type": "customer.updated",
        "created": int(time.time()),
        "data": {"object": customer},
    }
    body, secret = json.dumps(event).encode(), billing_stub.settings.webhook_secrets[0]

    def deliver(signature: str | None) -> httpx.Response:
        headers = {"Stripe-Signature": signature} if signature else {}
        return http.post(f"/{name}{path}", content=body, headers=headers)

    now_s = int(time.time())
    forged = (
        None,
        "t=1,v1=00",
        sign(body, ["whsec_other"], at_s=now_s),
        sign(body + b" ", [secret], at_s=now_s),
        sign(body, [secret], at_s=now_s - 3600),
        sign(body, [secret], at_s=now_s + 3600),
    )
    for signature in forged:
        assert refusal(deliver(signature)) == (400, "bad_signature"), signature
    for duplicate in (False, True):
        answer = deliver(sign(body, [secret], at_s=now_s))
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"received": True, "duplicate": duplicate}


@pytest.mark.parametrize("prefix", ["", *(f"/{name}" for name in REGISTRY)])
def test_health_and_keys_are_served_under_every_prefix(http: httpx.Client, prefix: str) -> None:
    assert http.get(f"{prefix}/health").json()["ok"] is True
    answer = http.get(f"{prefix}{nyra.KEYS}")
    assert answer.json()["detail"] == "This backend has no key manifest."
