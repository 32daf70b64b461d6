"""Webhooks that a developer signs, about objects that exist only in their events."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from keystead.wire import crow, mission_control, stripe_integration
from keystead_stub.in_process import BillingStub
from keystead_stub.settings import NOTIFICATIONS
from support.billing_device import BillingDevice
from support.webhook_signer import WebhookSigner, completed, items, subscription

Json = dict[str, Any]


@pytest.fixture
def integration(billing_stub: BillingStub, http: httpx.Client) -> WebhookSigner:
    return WebhookSigner(billing_stub, http, "stripe-integration", stripe_integration.WEBHOOK)


@pytest.fixture
def mission(billing_stub: BillingStub, http: httpx.Client) -> WebhookSigner:
    return WebhookSigner(billing_stub, http, "mission-control", mission_control.WEBHOOK)


@pytest.fixture
def organisations(billing_stub: BillingStub, http: httpx.Client) -> WebhookSigner:
    return WebhookSigner(billing_stub, http, "crow", crow.WEBHOOK)


@pytest.mark.parametrize(
    ("metadata", "plan"), [({"planId": "team"}, "team"), ({"planId": "pro"}, "pro"), ({}, "pro")]
)
def test_a_completed_checkout_activates_the_tenant_on_the_named_plan(
    integration: WebhookSigner, metadata: dict[str, str], plan: str
) -> None:
    headers = integration.stub.session("stripe-integration", tenant_id="acme")
    integration.bought(tenantId="acme", **metadata)
    path = integration.root + stripe_integration.SUBSCRIPTION
    now = integration.http.get(path, headers=headers).json()
    assert (now["tenantStatus"], now["plan"]) == ("active", plan)
    assert (now["stripeCustomerId"], now["stripeSubscriptionId"]) == ("cus_hand", "sub_hand")


def test_a_checkout_with_an_unknown_plan_or_of_a_merchant_changes_no_plan(
    mission: WebhookSigner,
) -> None:
    headers = mission.stub.session("mission-control", tenant_id="acme")
    status = mission.root + mission_control.STATUS
    mission.bought(tenantId="acme", plan="everything")
    assert mission.http.get(status, headers=headers).json()["plan"] == "free"
    mission.tell(
        "checkout.session.completed",
        completed(tenantId="acme", plan="team") | {"id": "cs_merchant", "subscription": "sub_m"},
        account="acct_merchant",
    )
    assert mission.http.get(status, headers=headers).json()["plan"] == "free"


def test_a_subscription_event_without_items_keeps_the_known_items(mission: WebhookSigner) -> None:
    headers = mission.stub.session("mission-control", tenant_id="acme")

    def status_after(status: str, **more: Any) -> tuple[Any, ...]:
        mission.tell("customer.subscription.updated", subscription(status, **more))
        body = mission.http.get(mission.root + mission_control.STATUS, headers=headers).json()
        return body["plan"], body["status"], body["seats"]

    mission.bought(tenantId="acme", plan="archon")
    assert status_after("active", items=items(mission.now_s, 5)) == ("team", "active", 5)
    assert status_after("trialing") == ("team", "trialing", 5)
    assert status_after("canceled") == ("free", "canceled", 1)


def test_an_event_without_a_customer_is_assigned_by_metadata_or_subscription(
    mission: WebhookSigner,
) -> None:
    headers = mission.stub.session("mission-control", tenant_id="acme")

    def status_after(kind: str, document: Json) -> tuple[Any, ...]:
        del document["customer"]
        mission.tell(kind, document)
        body = mission.http.get(mission.root + mission_control.STATUS, headers=headers).json()
        return body["plan"], body["status"]

    bought = completed(tenantId="acme", plan="team")
    assert status_after("checkout.session.completed", bought) == ("team", "active")
    updated = subscription("active", items=items(mission.now_s))
    late = subscription("past_due")
    assert status_after("customer.subscription.updated", late)[1] == "past_due"
    assert status_after("customer.subscription.updated", updated) == ("team", "active")
    assert status_after("customer.subscription.deleted", subscription("canceled")) == (
        "free",
        "canceled",
    )
    mission.stub.clock.advance(minutes=1)
    fields = {"plan": "pro"}
    path = mission.root + mission_control.CHECKOUT
    session = mission.http.post(path, json=fields, headers=headers)
    assert session.status_code == 200, session.text
    mission.stub.pay(session.json()["sessionId"])
    path = mission.root + mission_control.STATUS
    again = mission.http.get(path, headers=headers).json()
    assert (again["plan"], again["status"]) == ("pro", "active")


def test_an_invoice_is_stored_as_its_event_describes_it(integration: WebhookSigner) -> None:
    headers = integration.stub.session("stripe-integration", tenant_id="acme")
    invoice = {"id": "in_hand", "object": "invoice", "customer": "cus_hand", "currency": "eur"}
    integration.bought(tenantId="acme")
    for kind, status in (
        ("invoice.payment_failed", "overdue"),
        ("invoice.upcoming", "overdue"),
        ("invoice.payment_succeeded", "paid"),
    ):
        integration.tell(kind, invoice)
        path = integration.root + stripe_integration.INVOICES
        (shown,) = integration.http.get(path, headers=headers).json()["invoices"]
        assert shown["status"] == status
    notes: list[Json] = []
    while not notes:  # nothing else wakes the queue; the test's own limit ends it
        notes = integration.stub.ask("GET", NOTIFICATIONS)["notifications"]
    assert [(one["type"], one["invoiceId"]) for one in notes] == [("invoice.overdue", "in_hand")]


def test_a_payment_finds_its_tenant_by_metadata_alone(integration: WebhookSigner) -> None:
    headers = integration.stub.session("stripe-integration", tenant_id="acme")
    integration.bought(tenantId="acme")
    intent = {"id": "pi_hand", "object": "payment_intent", "amount": 500, "currency": "eur"}
    integration.tell("payment_intent.succeeded", intent | {"metadata": {"tenantId": "acme"}})
    path = integration.root + stripe_integration.PAYMENTS
    (payment,) = integration.http.get(path, headers=headers).json()["payments"]
    assert (payment["amount"], payment["stripePaymentIntentId"]) == (500, "pi_hand")


def test_the_state_shows_customer_subscription_and_invoices_from_webhooks(
    integration: WebhookSigner,
) -> None:
    integration.bought(tenantId="acme", planId="team")
    integration.tell("customer.subscription.updated", subscription("past_due"))
    invoice = {"id": "in_hand", "object": "invoice", "customer": "cus_hand", "status": "open"}
    integration.tell("invoice.payment_failed", invoice)
    body = integration.state(tenantId="acme")
    assert body["customer"]["id"] == "cus_hand"
    assert (body["subscription"]["id"], body["subscription"]["status"]) == ("sub_hand", "past_due")
    assert [(one["id"], one["status"]) for one in body["invoices"]] == [("in_hand", "overdue")]
    assert [one["type"] for one in body["events"]] == [
        "invoice.payment_failed",
        "customer.subscription.updated",
        "checkout.session.completed",
    ]


def test_a_signed_event_changes_the_state_of_a_simulated_purchase(
    integration: WebhookSigner, device: BillingDevice
) -> None:
    device.activate()
    before = integration.state(deviceId=device.id)
    integration.tell(
        "customer.subscription.deleted",
        subscription("canceled")
        | {"id": before["subscription"]["id"], "customer": before["customer"]["id"]},
    )
    after = integration.state(deviceId=device.id)
    assert after["subscription"]["status"] == "canceled"
    assert (after["customer"]["email"], after["invoices"]) == (
        before["customer"]["email"],
        before["invoices"],
    )
    assert len(after["events"]) == len(before["events"]) + 1


def test_an_organisations_subscription_follows_webhooks(organisations: WebhookSigner) -> None:
    headers = organisations.stub.session("crow", organization_id="acme")

    def ask(method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        path = organisations.root + path
        return organisations.http.request(method, path, json=body, headers=headers | more)

    agreed = {"stripeCustomerId": "cus_hand", "stripeSubscriptionId": "sub_hand"}
    first = ask("POST", crow.SUBSCRIPTIONS, {"modules": {"web": True}, **agreed})
    assert (first.status_code, first.json()["status"]) == (201, "active")
    for kind, status, shown in (
        ("updated", "active", "active"),
        ("updated", "past_due", "past_due"),
        ("deleted", "canceled", "cancelled"),
    ):
        period = items(organisations.now_s)
        organisations.tell(f"customer.subscription.{kind}", subscription(status, items=period))
        now = ask("GET", f"{crow.SUBSCRIPTIONS}/acme").json()
        assert now["status"] == shown
        assert now["currentPeriodEnd"] == period["data"][0]["current_period_end"] * 1000


def test_a_late_event_of_an_earlier_purchase_changes_only_its_builder(
    organisations: WebhookSigner,
) -> None:
    headers = organisations.stub.session("crow", organization_id="acme")
    path = organisations.root + crow.BUILDERS

    def draft(**modules: bool) -> str:
        answer = organisations.http.post(path, json={"modules": modules}, headers=headers)
        return str(answer.json()["id"])

    def bought(builder: str, name: str, at_s: int) -> None:
        session = completed(organizationId="acme", billingBuilderId=builder)
        named = {"id": f"cs_{name}", "subscription": f"sub_{name}"}
        organisations.tell("checkout.session.completed", session | named, created=at_s)

    first, second = draft(web=True), draft(social=True)
    bought(second, "second", organisations.now_s)
    bought(first, "first", organisations.now_s - 3600)
    for builder, name in ((first, "first"), (second, "second")):
        shown = organisations.http.get(f"{path}/{builder}", headers=headers).json()
        assert (shown["status"], shown["stripeSubscriptionId"]) == ("active", f"sub_{name}")
    path = f"{organisations.root}{crow.SUBSCRIPTIONS}/acme"
    subscribed = organisations.http.get(path, headers=headers).json()
    assert subscribed["stripeSubscriptionId"] == "sub_second"
    assert subscribed["modules"] == {"web": False, "cctv": False, "social": True}


def test_a_subscription_that_turns_out_to_be_anothers_reveals_nothing(
    organisations: WebhookSigner,
) -> None:
    mallory = organisations.stub.session("crow", organization_id="mallory")
    path = organisations.root + crow.SUBSCRIPTIONS
    named = {"stripeCustomerId": "cus_hand", "stripeSubscriptionId": "sub_hand"}
    first = organisations.http.post(path, json=named, headers=mallory).json()
    organisations.bought(organizationId="acme")
    period = items(organisations.now_s + 7 * 86_400)
    organisations.tell("customer.subscription.updated", subscription("past_due", items=period))
    now = organisations.http.get(f"{path}/mallory", headers=mallory).json()
    assert now == first


def test_another_organisations_customer_cannot_be_recorded(organisations: WebhookSigner) -> None:
    acme = organisations.stub.session("crow", organization_id="acme")
    mallory = organisations.stub.session("crow", organization_id="mallory")
    path = organisations.root + crow.SUBSCRIPTIONS
    fields = {"modules": {"web": True}}
    drafted = organisations.http.post(organisations.root + crow.BUILDERS, json=fields, headers=acme)
    draft = drafted.json()
    organisations.bought(organizationId="acme", billingBuilderId=draft["id"])
    organisations.tell("customer.subscription.updated", subscription("active"))
    for named in ({"stripeCustomerId": "cus_hand"}, {"stripeSubscriptionId": "sub_hand"}):
        answer = organisations.http.post(path, json=named, headers=mallory)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert organisations.http.get(f"{path}/acme", headers=acme).status_code == 200


def test_a_tenant_can_use_its_own_customer_id(
    integration: WebhookSigner, device: BillingDevice
) -> None:
    acme = integration.stub.session("stripe-integration", tenant_id="acme")
    globex = integration.stub.session("stripe-integration", tenant_id="globex")
    fields = {"tenantId": "acme", "planId": "pro", "customerId": "customer-7"}
    named = {"deviceId": device.id, "devicePublicKey": device.public}
    path = integration.root + stripe_integration.CHECKOUT
    answer = integration.http.post(path, params=fields | named, headers=acme)
    assert answer.status_code == 200, answer.text
    integration.stub.pay(answer.json()["sessionId"])
    assert device.status(checkoutSessionId=answer.json()["sessionId"])["active"] is True
    path = integration.root + stripe_integration.PORTAL
    for headers, status in ((acme, 200), (globex, 404)):
        portal = integration.http.post(path, params={"customerId": "customer-7"}, headers=headers)
        assert portal.status_code == status
