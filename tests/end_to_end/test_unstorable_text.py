"""Texts that a database or an encoder refuses: never an internal error, on either database."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from random import Random
from typing import Any

import httpx
import pytest

from keystead.wire import dashclicks
from keystead.wire import nyra as wire
from keystead.wire.dashclicks import people, selling
from keystead.wire.sign_in import AUTHORIZE, TOKEN
from keystead_stub.in_process import BillingStub
from keystead_stub.store.engine import IN_MEMORY
from keystead_stub.stripe_types.webhook_signature import sign
from support.billing_device import BillingDevice
from support.postgresql import postgresql

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

LONE_SURROGATES = "a\ud83db\udc00"
NUL = "a\x00b"
# Random, because PostgreSQL compresses the rows of an index before it measures them.
HUGE = "".join(Random(1).choices("".join(map(chr, range(0x100, 0x2000))), k=5000))
TEXTS = {"surrogates": LONE_SURROGATES, "nul": NUL, "huge": HUGE}
REFUSED = {400, 401, 403, 404, 409, 413, 415, 422}


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.nightly)]
)
def stub(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BillingStub]:
    with ExitStack() as stack:
        on_server = request.param == "postgresql"
        database = stack.enter_context(postgresql()) if on_server else IN_MEMORY
        folder = tmp_path_factory.mktemp("stub")
        yield stack.enter_context(BillingStub.running(folder, database=database))


@pytest.fixture
def http(stub: BillingStub) -> Iterator[httpx.Client]:
    stub.ask("POST", "/_stub/reset")
    with httpx.Client(base_url=stub.url, trust_env=False, timeout=240) as client:
        yield client


def deliver(stub: BillingStub, http: httpx.Client, event: Any, path: str = wire.WEBHOOK) -> int:
    body = json.dumps(event).encode()
    header = sign(body, stub.settings.webhook_secrets[:1], at_s=int(time.time()))
    return http.post(path, content=body, headers={"Stripe-Signature": header}).status_code


def event_of(kind: str, document: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "evt_1",
        "type": kind,
        "created": int(time.time()),
        "data": {"object": document},
        **more,
    }


OBJECTS: dict[str, dict[str, Any]] = {
    "customer.updated": {"object": "customer", "id": "cus_1", "email": "@", "name": "@"},
    "checkout.session.completed": {
        "object": "checkout.session",
        "id": "cs_1",
        "customer": "cus_1",
        "subscription": "@",
        "payment_status": "paid",
        "customer_details": {"email": "@"},
        "client_reference_id": "@",
        "metadata": {"@": "@", "priceId": "@", "modules": "@", "tenantId": "@", "deviceId": "@"},
    },
    "customer.subscription.updated": {
        "object": "subscription",
        "id": "sub_1",
        "customer": "cus_1",
        "status": "active",
        "latest_invoice": "@",
        "items": {"data": [{"price": {"id": "@", "nickname": "@"}, "quantity": 10**30}]},
        "metadata": {"@": "@"},
    },
    "invoice.paid": {
        "object": "invoice",
        "id": "in_1",
        "customer": "cus_1",
        "customer_email": "@",
        "amount_paid": 10**30,
        "metadata": {"key": "@", "priceId": "@"},
    },
    "entitlements.active_entitlement_summary.updated": {
        "customer": "cus_1",
        "entitlements": {"data": [{"lookup_key": "@"}]},
    },
    "charge.refunded": {"id": "@", "customer": "cus_1", "refunded": True, "payment_intent": "@"},
    "payment_intent.succeeded": {
        "object": "payment_intent",
        "id": "@",
        "amount_received": 10**30,
        "currency": "@",
        "customer": "@",
        "metadata": {"purpose": "top_up"},
    },
    "product.updated": {"object": "product", "id": "@", "name": "@", "metadata": {"key": "@"}},
}


def filled(value: Any, text: str) -> Any:
    """Return the value with this text in the place of each ``@``."""
    if isinstance(value, dict):
        return {filled(name, text): filled(one, text) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, text) for one in value]
    return text if value == "@" else value


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_text_in_an_event_stops_its_delivery(
    stub: BillingStub, http: httpx.Client, text: str
) -> None:
    """Also in events of a merchant's account, and with the account's own id as such a text."""
    sells = stub.session("dashclicks", account_id="acme")
    account = http.get(f"/dashclicks{dashclicks.BASE}/account", headers=sells).json()
    for number, (kind, document) in enumerate(OBJECTS.items()):
        for merchant in (None, account["stripeAccountId"], text):
            named = {} if merchant is None else {"account": merchant}
            event = event_of(kind, filled(document, text), **named)
            event["id"] = f"evt_{number}_{merchant}"[:60]
            for path in (wire.WEBHOOK, f"/dashclicks{dashclicks.WEBHOOK}"):
                assert deliver(stub, http, event, path) == 200, (kind, merchant, path)
    assert http.get("/_stub/state", params={"customerId": "cus_1"}).status_code == 200
    assert http.get("/health").json()["ok"] is True


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_text_in_an_event_s_own_fields_is_an_internal_error(
    stub: BillingStub, http: httpx.Client, text: str
) -> None:
    """An id that is too long for one of Stripe's is refused; any other is taken, once."""
    customer = {"object": "customer", "id": text, "email": "a@example.com"}
    for event in (
        event_of("customer.updated", customer, id=text),
        event_of(text, customer, id="evt_type"),
        event_of("customer.updated", customer, id="evt_account", account=text),
        event_of("customer.deleted", customer, id="evt_customer"),
    ):
        assert deliver(stub, http, event) in ({200, 400} if text is HUGE else {200})
    assert http.get("/health").json()["ok"] is True


def test_a_person_s_text_is_kept_but_for_what_cannot_be_stored(
    stub: BillingStub, http: httpx.Client
) -> None:
    """Restoring by mail works for an address of which a part was replaced."""
    device = BillingDevice(stub, http)
    device.activate(email="ada@example.com")
    changed = {"object": "customer", "id": device.customer_id, "email": "é😀\x00@example.com"}
    created = stub.clock.now_ms() // 1000 + 1
    event = event_of("customer.updated", changed, created=created)
    assert deliver(stub, http, event) == 200
    other = BillingDevice(stub, http, "Desktop")
    other.restore("é😀\ufffd@example.com")
    assert [mail["to"] for mail in stub.outbox()] == ["é😀\ufffd@example.com"]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_text_in_a_request_is_an_internal_error(
    stub: BillingStub, http: httpx.Client, text: str
) -> None:
    device = BillingDevice(stub, http)
    email = f"{text}@example.com"
    sells = stub.session("dashclicks", account_id="acme")
    crow = stub.session("crow", organization_id="acme")
    bodies: list[tuple[str, dict[str, Any], dict[str, str]]] = [
        (wire.CHECKOUT, {**device.identity(), "deviceName": text}, {}),
        (wire.CHECKOUT, {**device.identity(), "email": email, "locale": text, "plan": text}, {}),
        (wire.RESTORE, {**device.identity(), "deviceName": text, "email": email}, {}),
        (f"/dashclicks{people.CUSTOMERS}", {"email": "a@example.com", "name": text}, sells),
        (
            f"/dashclicks{selling.CHARGES}",
            {"plan": text, "email": email, "metadata": {text: text}},
            sells,
        ),
        ("/crow/api/v1/billing/billing-builders", {"modules": {text: True}}, crow),
        ("/_stub/tokens", {"api": "crow", "subject": text, "organizationId": text}, {}),
    ]
    for path, body, headers in bodies:
        sent = json.dumps(body).encode()
        typed = {**headers, "Content-Type": "application/json"}
        answer = http.post(path, content=sent, headers=typed)
        assert answer.status_code in REFUSED, (path, answer.text)


@pytest.mark.parametrize("escaped", ["%00", "%ED%A0%BD", "%FF", "%C3%A9" * 2000])
def test_no_text_in_an_address_or_form_is_an_internal_error(
    stub: BillingStub, http: httpx.Client, escaped: str
) -> None:
    device = BillingDevice(stub, http)
    key = {"Authorization": "Bearer sk_test_x", "Content-Type": "application/x-www-form-urlencoded"}
    paths = [
        f"{wire.LICENSE_STATUS}?deviceId={device.id}&checkoutSessionId={escaped}",
        f"{wire.LICENSE_STATUS}?deviceId={device.id}&activationId={escaped}",
        f"/_stub/state?customerId={escaped}",
        f"/_stub/checkout/{escaped}",
        f"/restore/{escaped}",
        f"/l/{escaped}",
        f"/checkout/success?session_id={escaped}",
        f"{AUTHORIZE}?state={escaped}",
        f"/stripe/v1/customers/{escaped}",
        f"/stripe/v1/customers?email={escaped}",
        f"/stripe/v1/customers?starting_after={escaped}",
    ]
    for path in paths:
        assert http.get(path, headers=key).status_code < 500, path
    form = f"grant_type=refresh_token&refresh_token={escaped}&code={escaped}".encode()
    assert http.post(TOKEN, content=form, headers=key).status_code in REFUSED
    for path, fields in (
        ("customers", f"email={escaped}&name={escaped}&metadata[{escaped}]={escaped}"),
        ("products", f"name=x&id={escaped}"),
        ("coupons", f"percent_off=5&duration=once&id={escaped}"),
        ("webhook_endpoints", f"url=https://a.example/{escaped}"),
        ("customers", f"metadata[{'9' * 5000}]=x"),
    ):
        answer = http.post(f"/stripe/v1/{path}", content=fields.encode(), headers=key)
        assert answer.status_code < 500, (path, answer.text)
        if answer.status_code >= 400:
            assert "message" in answer.json()["error"]


def test_idempotency_keys_are_limited_as_at_stripe(stub: BillingStub, http: httpx.Client) -> None:
    sells = stub.session("dashclicks", account_id="acme")
    form = {"email": "a@example.com"}
    for key, known in (("k" * 255, 200), ("é" * 200, 200), ("k" * 256, 400), ("k" * 9000, 400)):
        given = httpx.Headers([(b"idempotency-key", key.encode("latin-1"))])
        named = httpx.Headers({"Authorization": "Bearer sk_test_x"})
        named.update(given)
        answer = http.post("/stripe/v1/customers", data=form, headers=named)
        assert answer.status_code == known
        named = httpx.Headers(sells)
        named.update(given)
        charge = http.post(
            f"/dashclicks{selling.CHARGES}",
            json={"plan": "pro", "billingPeriod": "monthly", "email": "a@example.com"},
            headers=named,
        )
        assert charge.status_code < 500
