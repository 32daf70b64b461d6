"""Stories of one customer, told by webhooks over real sockets, and what their device may do."""

from __future__ import annotations

import json
import time
from itertools import count
from random import Random
from typing import Any

import pytest

from keystead.wire import nyra as wire
from keystead_stub.in_process import BillingStub
from keystead_stub.stripe_types.webhook_signature import sign
from support.billing_device import BillingDevice
from support.billing_story import (
    CUSTOMER,
    DAY_S,
    NOW_S,
    BoughtOnce,
    Link,
    Part,
    Subscribed,
    Telling,
    Unrelated,
)

_TIMES = frozenset({"created", "current_period_start", "current_period_end", "start", "end"})
_LATER = NOW_S - DAY_S
ACTIVE = Subscribed("a", "active", NOW_S - 20 * DAY_S)
REFUNDED = Subscribed("a", "active", NOW_S - 20 * DAY_S, fate="refunded")


def moved(value: Any, by_s: int) -> Any:
    """Return a document with all its times moved."""
    if isinstance(value, list):
        return [moved(one, by_s) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: one + by_s
        if name in _TIMES | {"due_date"} and isinstance(one, int)
        else moved(one, by_s)
        for name, one in value.items()
    }


def tell(stub: BillingStub, device: BillingDevice, story: list[Part], link: Link) -> str:
    """Deliver the story in a mixed order, after a checkout of the device by this customer."""
    session = device.start_checkout()
    telling = Telling(link)
    checkout = {
        "id": session,
        "object": "checkout.session",
        "mode": "payment",
        "customer": CUSTOMER,
        "payment_status": "paid",
    }
    documents = [document for part in story for document in part.events(telling)]
    Random(len(documents)).shuffle(documents)
    first = telling.event("checkout.session.completed", NOW_S, checkout)
    waiting = [moved(document, int(time.time()) - NOW_S) for document in [first, *documents]]
    # What is about an object that is not known yet is delivered again, as Stripe does.
    for _ in range(3):
        waiting = [document for document in waiting if not deliver(stub, device, document)]
    assert waiting == []
    return session


def deliver(stub: BillingStub, device: BillingDevice, document: Any) -> bool:
    """Deliver an event, and return whether it was taken."""
    body = json.dumps(document).encode()
    header = sign(body, stub.settings.webhook_secrets[:1], at_s=int(time.time()))
    answer = device.http.post(wire.WEBHOOK, content=body, headers={"Stripe-Signature": header})
    assert answer.status_code in {200, 503}, answer.text
    return answer.status_code == 200


STORIES: dict[str, tuple[list[Part], Link, str | None]] = {
    "an abandoned newer subscription": (
        [ACTIVE, Subscribed("b", "incomplete", _LATER)],
        "event",
        None,
    ),
    "a newer subscription to another product": (
        [ACTIVE, Subscribed("b", "active", _LATER, ours=False)],
        "event",
        None,
    ),
    "a canceled subscription to another product": (
        [ACTIVE, Subscribed("b", "canceled", _LATER, ours=False)],
        "fields",
        None,
    ),
    "only another product": (
        [Subscribed("b", "active", _LATER, ours=False)],
        "event",
        "other_product",
    ),
    "a duplicate that was refunded": (
        [ACTIVE, Subscribed("b", "active", _LATER, fate="refunded")],
        "event",
        None,
    ),
    "an unrelated charge that was refunded": (
        [ACTIVE, Unrelated("b", _LATER, "refunded")],
        "event",
        None,
    ),
    "a refund that ended it": ([REFUNDED], "fields", "refunded"),
    "a dispute that ended it": (
        [Subscribed("a", "active", NOW_S - 20 * DAY_S, fate="disputed")],
        "none",
        "disputed",
    ),
    "a change that was refunded": (
        [Subscribed("a", "active", NOW_S - 20 * DAY_S, change=True)],
        "event",
        None,
    ),
    "an invoice with days to pay": (
        [Subscribed("a", "sent", NOW_S - 20 * DAY_S, months=2)],
        "event",
        None,
    ),
    "an old API version": ([ACTIVE], "fields", None),
    "a single purchase beside an owed subscription": (
        [Subscribed("a", "past_due", NOW_S - 20 * DAY_S), BoughtOnce("b", _LATER)],
        "event",
        None,
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_a_device_is_active_exactly_while_something_of_ours_is_paid(
    name: str, device: BillingDevice, billing_stub: BillingStub
) -> None:
    story, link, reason = STORIES[name]
    session = tell(billing_stub, device, story, link)
    body = device.status(checkoutSessionId=session)
    assert body["active"] is any(part.entitles for part in story)
    assert device.license(body).active is body["active"]
    if not body["active"]:
        assert (body["reason"], device.license(body).reason) == (reason, reason)


def test_a_license_of_an_invoice_with_days_to_pay_lasts_until_it_is_due(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    since = NOW_S - 20 * DAY_S
    session = tell(billing_stub, device, [Subscribed("a", "sent", since, months=2)], "event")
    body = device.status(checkoutSessionId=session)
    left_ms = body["offlineGrace"]["endsAt"] - body["serverTime"]
    # Due thirty days after the period began, twenty of which are past, and the grace of three.
    assert abs(left_ms - 13 * DAY_S * 1000) < 600_000


def test_webhooks_of_another_api_version_are_reported_and_logged(
    device: BillingDevice, billing_stub: BillingStub, caplog: pytest.LogCaptureFixture
) -> None:
    tell(billing_stub, device, [ACTIVE], "event")
    fine = {"ok": True, "apiVersions": []}
    assert device.http.get("/health").json()["checks"]["webhooks"] == fine
    assert "another API version" not in caplog.text
    (document, *_) = ACTIVE.events(Telling("fields", ids=count(500)))
    assert deliver(billing_stub, device, document)
    report = device.http.get("/health")
    assert report.status_code == 200
    found = {"ok": False, "apiVersions": ["2024-06-20"]}
    assert report.json()["checks"]["webhooks"] == found
    logged = [one for one in caplog.records if one.message == "webhook of another API version"]
    assert {getattr(one, "apiVersion", None) for one in logged} == {"2024-06-20"}
    # An endpoint that was brought up to date is no longer reported.
    billing_stub.clock.advance(days=4)
    assert device.http.get("/health").json()["checks"]["webhooks"] == fine
