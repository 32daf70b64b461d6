"""Webhook deliveries: forged, late, repeated, shuffled, and about unknown objects."""

from __future__ import annotations

import json
import time
from itertools import product
from typing import Any

import httpx
import pytest

from keystead.instants import HOUR_MS
from keystead.wire import nyra as wire
from keystead_stub.in_process import BillingStub
from keystead_stub.stripe_types.webhook_signature import sign
from support.billing_device import BillingDevice


def event(event_type: str = "customer.updated", **changes: Any) -> dict[str, Any]:
    return {
        "id": "evt_made_up",
        "object": "event",
        "type": event_type,
        "created": int(time.time()),
        "data": {"object": {"object": "customer", "id": "cus_1", "email": "a@example.com"}},
        **changes,
    }


def deliver(
    stub: BillingStub,
    http: httpx.Client,
    body: bytes,
    *,
    secret: str | None = None,
    at_s: int | None = None,
) -> httpx.Response:
    secrets = [secret or stub.settings.webhook_secrets[0]]
    header = sign(body, secrets, at_s=int(time.time()) if at_s is None else at_s)
    headers = {"Stripe-Signature": header, "Content-Type": "application/json"}
    return http.post(wire.WEBHOOK, content=body, headers=headers)


def test_a_forged_event_changes_nothing(device: BillingDevice, billing_stub: BillingStub) -> None:
    device.activate()
    customer = device.customer_id
    deleted = {"object": "customer", "id": customer, "deleted": True}
    body = json.dumps(event("customer.deleted", data={"object": deleted})).encode()
    refused = deliver(billing_stub, device.http, body, secret="whsec_wrong")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_signature")
    unsigned = device.http.post(wire.WEBHOOK, content=body)
    assert unsigned.status_code == 400
    assert device.status()["active"] is True


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{" * 5000,
        b"[" * 100_000,
        json.dumps(event(created=True)).encode(),
        json.dumps(event(created=10**20)).encode(),
        json.dumps(event(id="")).encode(),
        json.dumps(event(data={"object": []})).encode(),
        b'{"id":"evt","type":"x","created":1e400,"data":{"object":{}}}',
    ],
)
def test_a_signed_body_that_is_not_an_event_is_refused(
    billing_stub: BillingStub, http: httpx.Client, body: bytes
) -> None:
    answer = deliver(billing_stub, http, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


HANDLED = [
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice.payment_failed",
    "charge.refunded",
    "customer.deleted",
    "entitlements.active_entitlement_summary.updated",
]


STRANGE: list[dict[str, Any]] = [
    {},
    {"id": "x_1", "customer": "cus_1"},
    {"id": 7, "customer": "cus_1", "items": 3, "lines": {"data": [None, {"period": 1}]}},
    {"id": "x_1", "customer": "cus_1", "status": "active", "items": {"data": [{"price": 1}]}},
    {"id": "x_1", "customer": "cus_1", "entitlements": {"data": [{"lookup_key": 1}, 2]}},
    {"object": "customer", "id": "cus_1", "email": ["x"], "metadata": {"seats": "9" * 400}},
    {"id": "x_1", "customer": "cus_1", "metadata": {"seats": "-1"}, "created": "soon"},
]


def test_a_malformed_object_of_a_known_type_changes_nothing(
    billing_stub: BillingStub, http: httpx.Client
) -> None:
    for number, (kind, strange) in enumerate(product(HANDLED, STRANGE)):
        body = event(kind, id=f"evt_{number}", data={"object": strange})
        answer = deliver(billing_stub, http, json.dumps(body).encode())
        assert (answer.status_code, answer.json()["duplicate"]) == (200, False), (kind, strange)
    assert http.get("/health").json()["ok"] is True


def test_a_dispute_of_an_unknown_charge_is_refused_so_that_stripe_retries(
    billing_stub: BillingStub, http: httpx.Client
) -> None:
    dispute = {"object": "dispute", "id": "dp_1", "charge": "ch_unknown"}
    body = json.dumps(event("charge.dispute.created", data={"object": dispute})).encode()
    for _ in range(2):
        answer = deliver(billing_stub, http, body)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def guest(name: str, **fields: Any) -> dict[str, Any]:
    """Return a charge of 9 € of a guest, who is no customer."""
    return {
        "object": "charge",
        "id": f"ch_{name}",
        "payment_intent": f"pi_{name}",
        "customer": None,
        "amount": 900,
        "refunded": False,
        **fields,
    }


def returned(name: str) -> list[tuple[str, dict[str, Any]]]:
    """Return what happens to the money of a charge: a dispute, and refunds that fail."""
    of_charge = {"charge": f"ch_{name}", "payment_intent": f"pi_{name}", "amount": 900}
    refund = {"object": "refund", "id": f"re_{name}", "status": "failed", **of_charge}
    return [
        ("charge.dispute.created", {"object": "dispute", "id": f"dp_{name}", **of_charge}),
        ("refund.failed", refund),
        ("charge.refund.updated", refund),
        ("refund.updated", refund | {"charge": None}),
    ]


def tell(stub: BillingStub, http: httpx.Client, kind: str, document: Any, **fields: Any) -> int:
    body = event(kind, data={"object": document}, **fields)
    return deliver(stub, http, json.dumps(body).encode()).status_code


def test_later_events_of_a_guests_payment_are_accepted(
    billing_stub: BillingStub, http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for number, (kind, document) in enumerate(returned("guest")):
        name = f"evt_{number}"
        assert tell(billing_stub, http, kind, document, id=name) == 503
    assert tell(billing_stub, http, "charge.succeeded", guest("guest"), id="evt_paid") == 200
    for number, (kind, document) in enumerate(returned("guest")):
        name = f"evt_{number}"
        assert tell(billing_stub, http, kind, document, id=name) == 200
        assert tell(billing_stub, http, kind, document, id=name) == 200
    logged = [one for one in caplog.records if "without a customer" in one.message]
    assert [getattr(one, "eventId", "") for one in logged].count("evt_0") == 1
    # Of another charge nothing is known.
    kind, document = returned("other")[0]
    assert tell(billing_stub, http, kind, document, id="evt_other") == 503


def test_a_payment_whose_customer_becomes_known_later_keeps_what_became_of_it(
    billing_stub: BillingStub, http: httpx.Client
) -> None:
    bought = {
        "object": "checkout.session",
        "id": "cs_late",
        "mode": "payment",
        "customer": "cus_late",
        "payment_intent": "pi_late",
        "amount_total": 900,
        "payment_status": "paid",
        "metadata": {"key": "toolbox"},
    }
    lost = returned("late")[0][1] | {"status": "lost"}
    assert tell(billing_stub, http, "charge.succeeded", guest("late"), id="evt_a") == 200
    assert tell(billing_stub, http, "charge.dispute.created", lost, id="evt_b") == 200
    assert tell(billing_stub, http, "checkout.session.completed", bought, id="evt_c") == 200
    body = http.get("/_stub/state", params={"customerId": "cus_late"}).json()
    assert body["customer"]["status"] == "canceled"
    assert {one["id"] for one in body["events"]} == {"evt_a", "evt_b", "evt_c"}
    # From now on the payment is the customer's.
    won, later = lost | {"status": "won"}, int(time.time()) + 1
    kind = "charge.dispute.closed"
    assert tell(billing_stub, http, kind, won, id="evt_d", created=later) == 200
    body = http.get("/_stub/state", params={"customerId": "cus_late"}).json()
    assert body["customer"]["status"] == "active"


@pytest.mark.parametrize("kind", ["charge.updated", "payment_intent.succeeded"])
def test_a_payment_that_is_given_a_customer_is_theirs_with_all_that_came_before(
    billing_stub: BillingStub, http: httpx.Client, kind: str
) -> None:
    name = kind.replace(".", "_")
    assert tell(billing_stub, http, "charge.succeeded", guest(name), id="evt_a") == 200
    assert tell(billing_stub, http, *returned(name)[0], id="evt_b") == 200
    owned = guest(name, customer="cus_owner")
    if kind.startswith("payment_intent"):
        intent = {"object": "payment_intent", "id": f"pi_{name}"}
        owned = owned | intent | {"latest_charge": f"ch_{name}"}
    assert tell(billing_stub, http, kind, owned, id="evt_c") == 200
    body = http.get("/_stub/state", params={"customerId": "cus_owner"}).json()
    assert {one["id"] for one in body["events"]} == {"evt_a", "evt_b", "evt_c"}


def test_an_event_over_the_size_limit_is_refused(
    billing_stub: BillingStub, http: httpx.Client
) -> None:
    answer = deliver(billing_stub, http, b" " * (1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "faults",
    [
        {"shuffle_webhooks": True, "duplicate_webhooks": True},
        {"hold_webhooks": True},
        {"path": wire.WEBHOOK, "status": 500},
        {"path": wire.WEBHOOK, "drop_connection": True},
    ],
)
def test_the_state_is_right_after_two_days_of_failed_deliveries(
    device: BillingDevice, billing_stub: BillingStub, faults: dict[str, Any]
) -> None:
    session = device.start_checkout()
    billing_stub.pay(session)
    period_end = device.status(checkoutSessionId=session)["entitlement"]["currentPeriodEnd"]
    billing_stub.clock.advance_to(period_end - HOUR_MS)
    billing_stub.faults.set(**faults)
    billing_stub.customer(device.customer_id, "cancel", at_period_end=True)
    billing_stub.customer(device.customer_id, "resume")
    billing_stub.clock.advance(days=2)
    billing_stub.faults.clear()
    billing_stub.clock.advance(days=2)
    body = device.status()
    subscription = billing_stub.state(device.id)["subscription"]
    assert body["status"] == subscription["status"] == "active"
    assert body["entitlement"]["currentPeriodEnd"] == subscription["currentPeriodEnd"]
    assert body["entitlement"]["cancelAtPeriodEnd"] is False


def test_an_event_with_a_wrong_signature_is_delivered_once_the_signature_is_right(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    billing_stub.faults.set(wrong_signature=True)
    billing_stub.customer(device.customer_id, "refund")
    assert device.status()["active"] is True
    billing_stub.faults.clear()
    billing_stub.clock.advance(hours=1)
    assert device.status()["active"] is False


def test_an_event_can_be_resent_to_the_webhook(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    # Advancing the clock waits for all webhooks: until then a delivery may be under way.
    billing_stub.clock.advance(seconds=1)
    (newest, *_) = billing_stub.ask("GET", "/_stub/events?limit=1")["events"]
    again = billing_stub.ask("POST", f"/_stub/events/{newest['id']}/redeliver")
    assert [one["status"] for one in again["deliveries"]] == [200, 200]
    assert device.status()["active"] is True


def test_an_event_is_shown_as_failed_after_its_last_delivery_attempt(
    device: BillingDevice, billing_stub: BillingStub, http: httpx.Client
) -> None:
    device.activate()
    billing_stub.faults.set(path=wire.WEBHOOK, status=500)
    billing_stub.customer(device.customer_id, "cancel")
    (newest, *_) = billing_stub.ask("GET", "/_stub/events?limit=1")["events"]
    assert newest["status"] == "pending"
    billing_stub.clock.advance(days=4)
    (event,) = (one for one in billing_stub.state(device.id)["events"] if one["id"] == newest["id"])
    assert (event["status"], event["pendingWebhooks"]) == ("failed", 0)
    page = http.get(f"/_stub/events/{newest['id']}").text
    assert '<span class="tag bad">Failed</span>' in page


def test_a_summary_that_was_cut_off_is_completed_from_the_list(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    """Stripe sends ten entitlements at most; the features beyond them are paid for, too."""
    device.activate()
    summary = {
        "object": "entitlements.active_entitlement_summary",
        "customer": device.customer_id,
        "entitlements": {"object": "list", "data": [{"lookup_key": "export"}], "has_more": True},
    }
    kind = "entitlements.active_entitlement_summary.updated"
    at_s = int(time.time()) + 5
    body = json.dumps(event(kind, created=at_s, data={"object": summary})).encode()
    assert deliver(billing_stub, device.http, body).status_code == 200
    assert device.status()["entitlement"]["features"] == ["export", "sync"]
    unknown = summary | {"customer": "cus_unknown"}
    lost = json.dumps(event(kind, id="evt_lost", data={"object": unknown})).encode()
    assert deliver(billing_stub, device.http, lost).status_code == 200


def test_lines_that_are_a_number_do_not_stop_a_delivery(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    parent = {"subscription_details": {"subscription": "sub_x"}}
    invoice = {"id": "in_x", "customer": device.customer_id, "lines": {"data": 5}, "parent": parent}
    body = json.dumps(event("invoice.paid", data={"object": invoice})).encode()
    assert deliver(billing_stub, device.http, body).status_code == 200
    assert device.status()["active"] is True
