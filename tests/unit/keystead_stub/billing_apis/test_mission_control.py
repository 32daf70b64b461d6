"""The billing API `mission-control`: tenants, plans, seats, over real HTTP."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from keystead.wire import mission_control as wire
from keystead.wire import nyra
from keystead_stub.billing.catalogue import default_catalogue
from keystead_stub.billing_apis.mission_control.tenant_standing import change_of, ranking
from keystead_stub.in_process import BillingStub
from keystead_stub.stripe_types.webhook_signature import sign
from support.billing_device import BillingDevice

NewDevice = Callable[..., BillingDevice]
API = "mission-control"
ROOT = f"/{API}"


class Tenant:
    """A caller signed in for a tenant."""

    def __init__(self, stub: BillingStub, http: httpx.Client, tenant: str) -> None:
        self.stub, self.http, self.id = stub, http, tenant
        self.headers = stub.session(API, tenant_id=tenant)

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return self.http.post(ROOT + path, json=body, headers=self.headers)

    def get(self, path: str) -> httpx.Response:
        return self.http.get(ROOT + path, headers=self.headers)

    def buy(self, **fields: Any) -> dict[str, Any]:
        answer = self.post(wire.CHECKOUT, {"plan": "pro", **fields})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        self.stub.pay(body["sessionId"], email=f"{self.id}@example.com")
        return body

    def status(self) -> dict[str, Any]:
        body: dict[str, Any] = self.get(wire.STATUS).json()
        return body

    @property
    def customer_id(self) -> str:
        return str(self.stub.ask("GET", f"/_stub/state?tenantId={self.id}")["customer"]["id"])


@pytest.fixture
def acme(billing_stub: BillingStub, http: httpx.Client) -> Tenant:
    return Tenant(billing_stub, http, "acme")


@pytest.fixture
def globex(billing_stub: BillingStub, http: httpx.Client) -> Tenant:
    return Tenant(billing_stub, http, "globex")


def test_each_plan_name_maps_to_pro_or_team() -> None:
    assert wire.PLAN_OF_NAME == {
        "strategos": "pro",
        "archon": "team",
        "pro": "pro",
        "team": "team",
    }


@pytest.mark.parametrize(("name", "plan"), wire.PLAN_OF_NAME.items())
def test_each_name_of_a_plan_buys_that_plan(acme: Tenant, name: str, plan: str) -> None:
    acme.buy(plan=name)
    status = acme.status()
    assert (status["plan"], status["status"]) == (plan, "active")


@pytest.mark.parametrize("name", ["enterprise", "free", "PRO", "", "prod_pro"])
def test_unknown_plan_names_are_refused(acme: Tenant, name: str) -> None:
    assert acme.post(wire.CHECKOUT, {"plan": name}).status_code == 400


def test_a_tenant_that_never_paid_is_on_the_free_plan(acme: Tenant) -> None:
    assert acme.status() == {
        "plan": "free",
        "status": "active",
        "seats": 1,
        "currentPeriodEnd": None,
        "placeholder": True,
    }


@pytest.mark.parametrize(("wanted", "bought"), [(None, 3), (1, 3), (3, 3), (7, 7), (1000, 200)])
def test_team_seats_are_clamped_to_the_range_sold(
    acme: Tenant, wanted: int | None, bought: int
) -> None:
    acme.buy(plan="team", seats=wanted)
    assert acme.status()["seats"] == bought


def test_a_webhook_with_too_few_team_seats_is_normalized(
    acme: Tenant, billing_stub: BillingStub
) -> None:
    now_s = int(time.time())
    for position, (quantity, seats) in enumerate(((5, 5), (1, 3))):
        period = {"current_period_start": now_s, "current_period_end": now_s + 30 * 86_400}
        item = {"price": {"id": "price_team_monthly"}, "quantity": quantity, **period}
        subscription = {
            "id": "sub_small",
            "object": "subscription",
            "status": "active",
            "customer": "cus_small",
            "created": now_s,
            "items": {"data": [item]},
            "metadata": {"tenantId": acme.id},
        }
        event = {
            "id": f"evt_small_{position}",
            "object": "event",
            "type": "customer.subscription.updated",
            "created": now_s + position,
            "data": {"object": subscription},
        }
        body = json.dumps(event).encode()
        header = sign(body, [billing_stub.settings.webhook_secrets[0]], at_s=int(time.time()))
        path = ROOT + wire.WEBHOOK
        answer = acme.http.post(path, content=body, headers={"Stripe-Signature": header})
        assert answer.status_code == 200, answer.text
        assert (acme.status()["plan"], acme.status()["seats"]) == ("team", seats)


def test_plans_are_ranked() -> None:
    ranked = ranking(default_catalogue())
    assert ranked == ("free", "pro", "team")
    changes = {
        (current, wanted): change_of(ranked, current, wanted)
        for current in ranked
        for wanted in ranked
    }
    assert [pair for pair, change in changes.items() if change == "upgrade"] == [
        ("free", "pro"),
        ("free", "team"),
        ("pro", "team"),
    ]
    assert [pair for pair, change in changes.items() if change == "none"] == [
        (plan, plan) for plan in ranked
    ]
    # From a plan that is no longer sold, every one leads on.
    assert change_of(ranked, "classic", "pro") == "upgrade"


@pytest.mark.parametrize(("name", "change"), [("archon", "upgrade"), ("pro", "none")])
def test_a_refused_checkout_says_what_the_change_of_plan_would_be(
    acme: Tenant, name: str, change: str
) -> None:
    acme.buy(plan="pro")
    refused = acme.post(wire.CHECKOUT, {"plan": name})
    assert (refused.status_code, refused.json()["code"]) == (409, "already_entitled")
    assert (refused.json()["plan"], refused.json()["change"]) == ("pro", change)


def test_pro_has_one_seat_whatever_is_requested(acme: Tenant) -> None:
    acme.buy(plan="pro", seats=9)
    assert acme.status()["seats"] == 1


def test_a_yearly_plan_can_be_bought(acme: Tenant, billing_stub: BillingStub) -> None:
    acme.buy(plan="team", billingPeriod="yearly")
    ends_ms = acme.status()["currentPeriodEnd"]
    assert ends_ms - billing_stub.clock.now_ms() > 360 * 86_400_000


def test_a_tenant_sees_only_its_own_status(acme: Tenant, globex: Tenant) -> None:
    acme.buy(plan="team")
    assert globex.status()["plan"] == "free"
    assert globex.get(wire.AUDIT).json() == {"entries": []}
    assert globex.post(wire.PORTAL, {}).status_code == 409
    assert globex.get(wire.INVOICES).status_code == 409


def test_a_tenant_named_in_the_request_is_ignored(acme: Tenant, globex: Tenant) -> None:
    body = {"plan": "pro", "tenantId": "globex", "metadata": {"tenantId": "globex"}}
    answer = acme.post(wire.CHECKOUT + "?tenantId=globex", body)
    acme.stub.pay(answer.json()["sessionId"])
    assert (acme.status()["plan"], globex.status()["plan"]) == ("pro", "free")


def test_status_follows_failed_payment_cancellation_and_a_new_purchase(
    acme: Tenant, billing_stub: BillingStub
) -> None:
    acme.buy()
    customer_id = acme.customer_id
    billing_stub.customer(customer_id, "fail_next_payment")
    billing_stub.clock.advance(days=32)
    assert (acme.status()["plan"], acme.status()["status"]) == ("pro", "past_due")
    billing_stub.clock.advance(days=4)  # The grace is over, the money is still owed.
    assert (acme.status()["plan"], acme.status()["status"]) == ("free", "past_due")
    billing_stub.customer(customer_id, "cancel", at_period_end=False)
    status = acme.status()
    assert (status["plan"], status["status"]) == ("free", "canceled")
    acme.buy(plan="team")
    assert acme.status()["plan"] == "team"
    assert acme.customer_id == customer_id


def test_each_billing_event_is_audited_once(acme: Tenant, billing_stub: BillingStub) -> None:
    acme.buy()
    entries = acme.get(wire.AUDIT).json()["entries"]
    kinds = {entry["type"] for entry in entries}
    assert {"checkout.session.completed", "customer.subscription.created", "invoice.paid"} <= kinds
    paid = next(entry for entry in entries if entry["type"] == "invoice.paid")
    billing_stub.ask("POST", f"/_stub/events/{paid['eventId']}/redeliver")
    assert acme.get(wire.AUDIT).json()["entries"] == entries


@pytest.fixture
def unsigned(tmp_path: Path) -> Iterator[BillingStub]:
    environ = {"STRIPE_WEBHOOK_SECRET": "whsec_placeholder"}
    with BillingStub.running(tmp_path, environ, api=API) as stub:
        yield stub


EVENT = json.dumps(
    {
        "id": "evt_1",
        "object": "event",
        "type": "customer.updated",
        "created": 1_700_000_000,
        "data": {"object": {"id": "cus_1", "object": "customer", "metadata": {"tenantId": "acme"}}},
    }
)


def test_placeholder_mode_makes_no_external_calls_and_marks_its_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        called.append(str(address[0]) if isinstance(address, tuple) else str(address))
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    environ = {"STRIPE_SECRET_KEY": "sk_test_placeholder"}
    with (
        BillingStub.running(tmp_path, environ) as stub,
        httpx.Client(base_url=stub.url, trust_env=False, timeout=60) as http,
    ):
        tenant = Tenant(stub, http, "acme")
        bought = tenant.buy()
        portal = tenant.post(wire.PORTAL, {}).json()
        marked = (bought["placeholder"], portal["placeholder"], tenant.status()["placeholder"])
        assert marked == (True, True, True)
        assert urlsplit(bought["url"]).hostname == urlsplit(portal["url"]).hostname == "127.0.0.1"
    assert set(called) == {"127.0.0.1"}


def test_a_webhook_finds_its_tenant_by_metadata_and_then_by_the_subscription(
    billing_stub: BillingStub, http: httpx.Client
) -> None:
    tenant = Tenant(billing_stub, http, "initech")
    now_s = int(time.time())
    period = {"current_period_start": now_s, "current_period_end": now_s + 30 * 86_400}
    subscription = {
        "id": "sub_initech",
        "object": "subscription",
        "status": "active",
        "created": now_s,
        "items": {"data": [{"price": {"id": "price_nyra_pro_monthly"}, "quantity": 1, **period}]},
    }
    named = {"customer": "cus_initech", "metadata": {"tenantId": tenant.id}}
    invoice = {
        "id": "in_initech",
        "object": "invoice",
        "parent": {"subscription_details": {"subscription": subscription["id"]}},
    }
    steps = (
        ("customer.subscription.created", subscription | named, ("pro", "active")),
        ("customer.subscription.updated", subscription | {"status": "past_due"}, None),
        ("invoice.payment_failed", invoice, ("pro", "past_due")),
        ("customer.subscription.deleted", subscription | {"status": "canceled"}, None),
    )
    for position, (kind, document, standing) in enumerate(steps):
        event = {
            "id": f"evt_{position}",
            "object": "event",
            "type": kind,
            "created": now_s + position,
            "data": {"object": document},
        }
        body = json.dumps(event).encode()
        header = sign(body, [billing_stub.settings.webhook_secrets[0]], at_s=int(time.time()))
        answer = http.post(ROOT + wire.WEBHOOK, content=body, headers={"Stripe-Signature": header})
        assert (answer.status_code, answer.json()["duplicate"]) == (200, False)
        if standing is not None:
            status = tenant.status()
            assert (status["plan"], status["status"]) == standing
    assert (tenant.status()["plan"], tenant.status()["status"]) == ("free", "canceled")
    entries = tenant.get(wire.AUDIT).json()["entries"]
    assert {entry["type"] for entry in entries} == {kind for kind, _, _ in steps}


def test_unsigned_events_need_a_placeholder_webhook_secret(
    http: httpx.Client, unsigned: BillingStub
) -> None:
    signed = http.post(ROOT + wire.WEBHOOK, content=EVENT)
    assert (signed.status_code, signed.json()["code"]) == (400, "bad_signature")
    with httpx.Client(base_url=unsigned.url, trust_env=False, timeout=60) as there:
        taken = there.post(wire.WEBHOOK, content=EVENT)
        assert (taken.status_code, taken.json()["received"]) == (200, True)
        native = there.post("/nyra" + nyra.WEBHOOK, content=EVENT)
        assert native.status_code == 400
        audit = there.get(wire.AUDIT, headers=unsigned.session(API, tenant_id="acme")).json()
        assert [entry["eventId"] for entry in audit["entries"]] == ["evt_1"]
