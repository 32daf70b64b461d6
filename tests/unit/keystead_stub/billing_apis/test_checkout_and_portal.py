"""The native API's checkout, portal, plans, invoices and keys."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from keystead.instants import DAY_MS
from keystead.wire import nyra as wire
from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice


def test_a_paid_checkout_belongs_to_the_device_that_started_it(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    session = device.start_checkout(seats=2, billingPeriod="yearly", email="ada@example.com")
    billing_stub.pay(session)
    body = device.status(checkoutSessionId=session)
    assert body["entitlement"]["seats"] == 2
    assert body["entitlement"]["priceId"].endswith("yearly")
    state = billing_stub.state(device.id)
    assert state["customer"]["email"] == "ada@example.com"
    assert state["subscription"]["status"] == "active"
    assert [one["status"] for one in state["invoices"]] == ["paid"]
    assert [one["id"] for one in state["devices"]] == [device.id]


def test_a_declined_card_leaves_the_checkout_open(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    session = device.start_checkout()
    assert billing_stub.pay(session, card="4000000000000002")["status"] == "declined"
    assert device.status(checkoutSessionId=session)["status"] == "checkout_open"
    assert billing_stub.pay(session)["status"] == "paid"
    assert device.status(checkoutSessionId=session)["status"] == "active"


def test_a_paid_device_is_refused_another_checkout(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    answer = device.call("POST", wire.CHECKOUT, json=device.identity())
    assert (answer.status_code, answer.json()["code"]) == (409, "already_entitled")
    assert "portal" in answer.json()["detail"]
    before = device.customer_id
    billing_stub.customer(before, "cancel", at_period_end=False)
    assert device.activate()["active"] is True
    assert device.customer_id == before


def test_an_address_with_an_active_purchase_is_refused_a_second_one(
    device: BillingDevice, new_device: Callable[..., BillingDevice], billing_stub: BillingStub
) -> None:
    device.activate(email="grace@example.com")
    other = new_device("Desktop")
    wish = {**other.identity(), "email": "Grace@Example.com"}
    answer = other.call("POST", wire.CHECKOUT, json=wish)
    assert (answer.status_code, answer.json()["code"]) == (409, "already_entitled")
    assert answer.json()["hint"] == "restore"
    # Without a proof of the device's key nothing is told.
    assert other.http.post(wire.CHECKOUT, json=wish).status_code == 200
    elsewhere = wish | {"email": "someone.else@example.com"}
    assert other.call("POST", wire.CHECKOUT, json=elsewhere).status_code == 200
    billing_stub.customer(device.customer_id, "cancel", at_period_end=False)
    assert other.call("POST", wire.CHECKOUT, json=wish).status_code == 200


def test_an_owed_subscription_leads_to_its_open_invoice(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    period_end = device.activate()["entitlement"]["currentPeriodEnd"]
    billing_stub.customer(device.customer_id, "fail_next_payment")
    billing_stub.clock.advance_to(period_end + 4 * DAY_MS)
    lapsed = device.status()
    assert (lapsed["active"], lapsed["status"]) == (False, "past_due")
    answer = device.call("POST", wire.CHECKOUT, json=device.identity())
    assert (answer.status_code, answer.json()["hint"]) == (409, "open_invoice")
    assert answer.json()["url"].startswith("http")
    # The token that ended with the grace opens what helps.
    invoices = device.call("GET", wire.INVOICES, token=device.token).json()["invoices"]
    assert answer.json()["url"] in {one["hostedUrl"] for one in invoices}


def test_a_debit_under_way_is_not_bought_twice(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    session = device.start_checkout()
    billing_stub.pay(session, card="sepa_debit")
    assert device.status(checkoutSessionId=session)["reason"] == "payment_not_confirmed"
    answer = device.call("POST", wire.CHECKOUT, json=device.identity())
    assert (answer.status_code, answer.json()["code"]) == (409, "already_entitled")


def test_a_stranger_learns_and_changes_nothing_by_a_device_s_id_and_key(
    device: BillingDevice, billing_stub: BillingStub, http: httpx.Client
) -> None:
    """Both stand in every request link, so without a proof it is a device that nobody knows."""
    device.activate()
    customer = device.customer_id
    billing_stub.clock.advance(minutes=1)
    opened = http.post(wire.CHECKOUT, json=device.identity())
    unknown = http.post(wire.CHECKOUT, json=BillingDevice(billing_stub, http).identity())
    assert opened.status_code == unknown.status_code == 200
    assert opened.json().keys() == unknown.json().keys()
    key = {"Authorization": "Bearer sk_test_x"}
    session = opened.json()["sessionId"]
    at_stripe = http.get(f"/stripe/v1/checkout/sessions/{session}", headers=key).json()
    assert (at_stripe["customer"], at_stripe["customer_email"]) == (None, None)
    billing_stub.pay(session, email="stranger@example.com")
    assert device.customer_id == customer
    assert device.status()["active"] is True
    # The device itself may take up what was paid for it.
    assert device.status(checkoutSessionId=session)["active"] is True
    assert device.customer_id != customer


def test_a_device_that_was_restored_for_somebody_else_stays_until_it_agrees(
    device: BillingDevice, billing_stub: BillingStub, http: httpx.Client
) -> None:
    device.activate()
    customer = device.customer_id
    billing_stub.clock.advance(minutes=1)
    other = BillingDevice(billing_stub, http)
    other.activate(email="stranger@example.com")
    activation = device.restore("stranger@example.com")
    device.follow_newest_mail()
    assert device.customer_id == customer
    assert device.status()["active"] is True
    device.status(activationId=activation)
    assert device.customer_id == other.customer_id


def test_a_wrong_proof_opens_no_checkout(
    device: BillingDevice, billing_stub: BillingStub, http: httpx.Client
) -> None:
    device.activate()
    other = BillingDevice(billing_stub, http)
    used = device.proof("POST", wire.CHECKOUT)
    assert (
        http.post(wire.CHECKOUT, json=device.identity(), headers={"DPoP": used}).status_code == 409
    )
    wrong = {
        "used before": used,
        "another device's": other.proof("POST", wire.CHECKOUT),
        "for another method": device.proof("GET", wire.CHECKOUT),
        "for another path": device.proof("POST", wire.PORTAL),
        "with a token": device.proof("POST", wire.CHECKOUT, token=device.token),
        "old": device.proof("POST", wire.CHECKOUT, iat=1_600_000_000),
        "none": "x",
    }
    for why, proof in wrong.items():
        answer = http.post(wire.CHECKOUT, json=device.identity(), headers={"DPoP": proof})
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token"), why
        nonce = answer.headers["dpop-nonce"]
    vouched = device.proof("POST", wire.CHECKOUT, iat=1_600_000_000, nonce=nonce)
    answer = http.post(wire.CHECKOUT, json=device.identity(), headers={"DPoP": vouched})
    assert answer.status_code == 409


def test_checkout_can_be_switched_off(device: BillingDevice, billing_stub: BillingStub) -> None:
    billing_stub.ask("PUT", "/_stub/checkout-switch", {"enabled": False})
    answer = device.http.post(wire.CHECKOUT, json=device.identity())
    assert (answer.status_code, answer.json()["code"]) == (403, "checkout_disabled")
    assert billing_stub.ask("GET", "/_stub/checkout-switch") == {"enabled": False}
    billing_stub.ask("PUT", "/_stub/checkout-switch", {"enabled": True})
    device.start_checkout()


@pytest.fixture
def paid(device: BillingDevice) -> BillingDevice:
    device.activate()
    return device


def test_invalid_checkout_requests_are_refused(device: BillingDevice) -> None:
    for changes in (
        {"deviceId": "A" * 43},
        {"deviceId": "short"},
        {"devicePublicKey": "A" * 43},
        {"devicePublicKey": None},
        {"plan": "golden"},
        {"billingPeriod": "weekly"},
        {"seats": 0},
        {"seats": 51},
        {"seats": "1"},
        {"seats": 10**30},
        {"email": "nobody"},
        {"email": "a@b\nc"},
        {"locale": ""},
        {"deviceName": "x" * 201},
    ):
        answer = device.http.post(wire.CHECKOUT, json={**device.identity(), **changes})
        assert answer.status_code == 400, changes
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "invalid_request"
        assert "Expected" not in answer.text, changes


def test_unknown_fields_are_ignored(device: BillingDevice) -> None:
    device.start_checkout(somethingNew={"a": 1})


def test_the_portal_opens_for_a_device_with_its_token(device: BillingDevice) -> None:
    device.activate()
    answer = device.call(
        "POST", wire.PORTAL, token=device.token, json={"flow": "payment_method_update"}
    )
    assert answer.status_code == 200
    assert device.http.get(answer.json()["url"]).status_code == 200


def test_the_portal_accepts_return_urls_to_the_program(paid: BillingDevice) -> None:
    for url in (
        "keystead-nyra://activated",
        "keystead://activated",
        "http://127.0.0.1:1/x",
        "http://[::1]/",
    ):
        answer = paid.call("POST", wire.PORTAL, token=paid.token, json={"returnUrl": url})
        assert answer.status_code == 200, url
        assert f'href="{url}"' in paid.http.get(answer.json()["url"]).text


def test_other_return_urls_of_the_portal_are_refused(paid: BillingDevice) -> None:
    for url in (
        "https://evil.example/",
        "//evil.example/",
        "javascript:alert(1)",
        "keystead-acme://activated",
        "http://127.0.0.1@evil.example/",
        "http://user@127.0.0.1/",
        "http://127.0.0.1.evil.example/",
        "http://localhost\\@evil.example/",
        "http://[::1",
        "",
    ):
        answer = paid.call("POST", wire.PORTAL, token=paid.token, json={"returnUrl": url})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request"), url


def test_a_customer_sees_only_their_own_invoices(
    device: BillingDevice, new_device: Callable[..., BillingDevice], billing_stub: BillingStub
) -> None:
    device.activate()
    other = new_device("Other")
    other.activate(email="bo@example.com")
    billing_stub.clock.advance(days=32)
    answer = device.call("GET", wire.INVOICES, token=device.token).json()
    assert answer["paymentMethod"] == {"brand": "visa", "last4": "4242"}
    mine = answer["invoices"]
    theirs = other.call("GET", wire.INVOICES, token=other.token).json()["invoices"]
    assert [one["status"] for one in mine] == ["paid", "paid"]
    assert not {one["id"] for one in mine} & {one["id"] for one in theirs}
    assert mine[0]["createdAt"] > mine[1]["createdAt"]


@pytest.mark.parametrize(
    ("action", "amount", "reason"),
    [("refund", None, "refunded"), ("dispute", None, "disputed"), ("refund", 100, None)],
)
def test_only_the_invoice_whose_whole_payment_went_back_says_so(
    device: BillingDevice,
    billing_stub: BillingStub,
    action: str,
    amount: int | None,
    reason: str | None,
) -> None:
    device.activate()
    billing_stub.clock.advance(days=32)
    device.status()
    billing_stub.customer(device.customer_id, action, **({"amount": amount} if amount else {}))
    answer = device.call("GET", wire.INVOICES, token=device.token).json()["invoices"]
    assert [(one["status"], one["reason"]) for one in answer] == [("paid", reason), ("paid", None)]


def test_plans_need_no_credentials(http: httpx.Client) -> None:
    (plan,) = http.get(wire.PLANS).json()["plans"]
    assert plan["plan"] == "pro"
    assert [(p["billingPeriod"], p["amount"]) for p in plan["prices"]] == [
        ("monthly", 1200),
        ("yearly", 12000),
    ]


def test_health_names_missing_values_and_shows_no_secret(
    http: httpx.Client, billing_stub: BillingStub
) -> None:
    answer = http.get("/health")
    body = answer.json()
    assert (answer.status_code, body["ok"], body["service"]) == (200, True, "nyra-billing-api")
    assert body["checks"]["database"] == {"ok": True}
    assert body["stripe"] == {"mode": "simulated"}
    assert body["deployability"]["status"] == "NO_GO_LIVE_MONEY"
    for secret in (
        *billing_stub.settings.signing_secrets,
        billing_stub.settings.license_api_token,
        billing_stub.settings.stripe_webhook_secret,
    ):
        assert secret not in answer.text


def test_a_proof_for_the_prefixed_url_is_accepted(device: BillingDevice) -> None:
    device.activate()
    path = f"/nyra{wire.DEVICES}"
    assert device.call("GET", path, token=device.token).status_code == 200
