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
