"""The billing API `crow`: organisations, builders, modules, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from keystead.wire import crow as wire
from keystead_stub.auth.callers import GATEWAY_KEY
from keystead_stub.in_process import BillingStub
from keystead_stub.settings import NOTIFICATIONS
from support.billing_device import BillingDevice
from support.webhook_signer import WebhookSigner, completed

API = "crow"
ROOT = f"/{API}"
Wanted = dict[str, Any]
AUTH_SECRET = "auth-" + "s" * 40


class Organisation:
    """A caller signed in for an organisation, behind the gateway."""

    def __init__(self, stub: BillingStub, http: httpx.Client, name: str) -> None:
        self.stub, self.http, self.id = stub, http, name
        self.headers = stub.session(API, organization_id=name)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        own = self.headers | headers
        return self.http.request(method, ROOT + path, json=body, headers=own)

    def draft(self, **fields: Any) -> Wanted:
        answer = self.ask("POST", wire.BUILDERS, fields)
        assert answer.status_code == 201, answer.text
        body: Wanted = answer.json()
        return body

    def checkout(self, builder: Wanted, as_organisation: str = "", **fields: Any) -> httpx.Response:
        body = {"billingBuilderId": builder["id"], **fields}
        header = {wire.ORGANIZATION: as_organisation or self.id}
        return self.ask("POST", wire.CHECKOUT, body, **header)

    def buy(self, **fields: Any) -> Wanted:
        builder = self.draft(**({"modules": {"web": True, "cctv": True}} | fields))
        answer = self.checkout(builder)
        assert answer.status_code == 200, answer.text
        self.stub.pay(answer.json()["sessionId"], email="crow@example.com")
        return builder

    def subscription(self) -> httpx.Response:
        return self.ask("GET", f"{wire.SUBSCRIPTIONS}/{self.id}")


@pytest.fixture
def acme(billing_stub: BillingStub, http: httpx.Client) -> Organisation:
    return Organisation(billing_stub, http, "acme")


@pytest.fixture
def globex(billing_stub: BillingStub, http: httpx.Client) -> Organisation:
    return Organisation(billing_stub, http, "globex")


def test_a_new_draft_has_the_defaults(acme: Organisation, billing_stub: BillingStub) -> None:
    draft = acme.draft()
    assert abs(draft.pop("createdAt") - billing_stub.clock.now_ms()) < 60_000
    assert draft.pop("id")
    assert draft == {
        "organizationId": "acme",
        "modules": {"web": False, "cctv": False, "social": False},
        "payAsYouGo": False,
        "billingPeriod": "monthly",
        "stripeCustomerId": None,
        "stripeSubscriptionId": None,
        "status": "draft",
        "onboardingId": None,
    }


def test_single_fields_of_a_draft_can_be_changed(acme: Organisation) -> None:
    builder = acme.draft(onboardingId="onb_1")
    path = f"{wire.BUILDERS}/{builder['id']}"
    modules = {"web": True, "cctv": False, "social": True}
    assert acme.ask("PATCH", path, {"modules": {"web": True, "social": True}}).status_code == 200
    changed = acme.ask("PATCH", path, {"billingPeriod": "annual", "onboardingId": None}).json()
    assert changed == builder | {
        "modules": modules,
        "billingPeriod": "annual",
        "onboardingId": None,
    }
    assert acme.ask("GET", path).json() == changed


@pytest.mark.parametrize(
    "fields",
    [
        {"billingPeriod": "weekly"},
        {"modules": {"radar": True}},
        {"modules": {"web": "yes"}},
        {"modules": None},
        {"payAsYouGo": 1},
        {"payAsYouGo": True, "billingPeriod": "annual"},
        {"onboardingId": ""},
        [],
    ],
)
def test_invalid_drafts_are_refused(acme: Organisation, fields: Any) -> None:
    answer = acme.ask("POST", wire.BUILDERS, fields)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert "radar" not in answer.text


def test_another_organisations_objects_are_not_found(
    acme: Organisation, globex: Organisation
) -> None:
    builder = acme.draft(modules={"web": True})
    path = f"{wire.BUILDERS}/{builder['id']}"
    nowhere = globex.ask("GET", f"{wire.BUILDERS}/bb_nowhere")
    for answer in (
        globex.ask("GET", path),
        globex.ask("PATCH", path, {"payAsYouGo": True}),
        globex.checkout(builder),
        globex.checkout(builder, as_organisation="acme"),
        acme.checkout(builder, as_organisation="globex"),
        acme.ask("POST", wire.CHECKOUT, {"billingBuilderId": builder["id"]}),
    ):
        same = {**answer.json(), "requestId": ""} == {**nowhere.json(), "requestId": ""}
        assert (answer.status_code, same) == (404, True)
    assert globex.ask("POST", wire.BUILDERS, {"organizationId": "acme"}).status_code == 404
    acme.buy()
    assert globex.ask("GET", f"{wire.SUBSCRIPTIONS}/acme").status_code == 404
    assert acme.ask("GET", path).json() == builder


def test_a_paid_builder_is_active_and_can_no_longer_change(acme: Organisation) -> None:
    builder = acme.buy()
    path = f"{wire.BUILDERS}/{builder['id']}"
    active = acme.ask("GET", path).json()
    assert active["status"] == "active"
    assert active["stripeCustomerId"].startswith("cus_")
    assert active["stripeSubscriptionId"].startswith("sub_")
    answer = acme.ask("PATCH", path, {"payAsYouGo": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert acme.checkout(builder).status_code == 409
    assert acme.ask("GET", path).json() == active


def test_the_listed_price_is_charged(acme: Organisation, billing_stub: BillingStub) -> None:
    plans = {plan["plan"]: plan for plan in acme.ask("GET", wire.PLANS).json()["plans"]}
    assert set(plans) == {"pro", "enterprise"}
    kinds = {(p["billingPeriod"], p["payAsYouGo"]) for p in plans["pro"]["prices"]}
    assert kinds == {("monthly", False), ("annual", False), ("monthly", True)}
    annual = next(p for p in plans["enterprise"]["prices"] if p["billingPeriod"] == "annual")
    builder = acme.draft(modules={"web": True, "social": True}, billingPeriod="annual")
    session = acme.checkout(builder, plan="enterprise").json()["sessionId"]
    billing_stub.pay(session)
    (invoice,) = acme.ask("GET", wire.INVOICES).json()["invoices"]
    assert invoice["amountPaid"] == 2 * annual["amount"]


def test_a_builder_without_modules_cannot_be_bought(acme: Organisation) -> None:
    assert acme.checkout(acme.draft()).status_code == 400
    builder = acme.draft(modules={"web": True})
    assert acme.checkout(builder, plan="free").status_code == 400


def test_the_subscription_follows_the_purchase(
    acme: Organisation, billing_stub: BillingStub
) -> None:
    assert acme.subscription().status_code == 404
    acme.buy(payAsYouGo=True)
    body = acme.subscription().json()
    assert body["modules"] == {"web": True, "cctv": True, "social": False}
    assert (body["payAsYouGo"], body["billingPeriod"], body["status"]) == (
        True,
        "monthly",
        "active",
    )
    now_ms = billing_stub.clock.now_ms()
    assert body["currentPeriodStart"] <= now_ms < body["currentPeriodEnd"]
    customer_id = body["stripeCustomerId"]
    billing_stub.customer(customer_id, "fail_next_payment")
    billing_stub.clock.advance(days=32)
    assert acme.subscription().json()["status"] == "past_due"
    billing_stub.customer(customer_id, "cancel", at_period_end=False)
    assert acme.subscription().json()["status"] == "cancelled"


def test_an_organisation_has_at_most_one_subscription(acme: Organisation) -> None:
    fields = {"modules": {"web": True}, "billingPeriod": "annual"}
    first = acme.ask("POST", wire.SUBSCRIPTIONS, fields)
    assert first.status_code == 201
    again = acme.ask("POST", wire.SUBSCRIPTIONS, fields)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert acme.subscription().json() == first.json()


def test_the_gateway_key_is_checked_before_the_session(
    acme: Organisation, http: httpx.Client
) -> None:
    """Without the key an answer doesn't reveal whether a session is valid."""
    session = acme.headers["Authorization"]
    key = acme.headers[GATEWAY_KEY]
    answers = [
        http.get(ROOT + wire.PLANS, headers=headers)
        for headers in (
            {},
            {"Authorization": session},
            {"Authorization": session, GATEWAY_KEY: key + "x"},
            {"Authorization": "Bearer nonsense", GATEWAY_KEY: key + "x"},
            {"Authorization": "Bearer nonsense", GATEWAY_KEY: key},
            {GATEWAY_KEY: key},
        )
    ]
    assert {answer.status_code for answer in answers} == {401}
    bodies = {(a.json()["code"], a.json()["detail"]) for a in answers}
    assert len(bodies) == 1


def test_a_device_of_the_organisation_has_its_modules(
    acme: Organisation, device: BillingDevice
) -> None:
    builder = acme.draft(modules={"web": True, "social": True})
    session = acme.checkout(builder, **device.identity()).json()["sessionId"]
    acme.stub.pay(session)
    body = device.status(checkoutSessionId=session)
    entitlement = body["entitlement"]
    assert (entitlement["key"], entitlement["seats"]) == ("pro", 1)
    assert entitlement["modules"] == {"web": True, "social": True}


def notes(stub: BillingStub) -> list[dict[str, Any]]:
    return list(stub.ask("GET", NOTIFICATIONS)["notifications"])


def test_each_payment_is_notified_once(acme: Organisation, billing_stub: BillingStub) -> None:
    acme.buy()
    (note,) = notes(billing_stub)
    assert (note["type"], note["organizationId"]) == ("payment.confirmed", "acme")
    assert note["amountPaid"] == 3000
    billing_stub.clock.advance(days=32)
    assert len(notes(billing_stub)) == 2


def test_a_notification_is_retried_while_the_service_is_down(
    acme: Organisation, billing_stub: BillingStub
) -> None:
    billing_stub.faults.set(status=503, path=NOTIFICATIONS)
    acme.buy()
    assert notes_after_faults(billing_stub) == []
    billing_stub.clock.advance(minutes=5)
    assert len(notes(billing_stub)) == 1


def notes_after_faults(stub: BillingStub) -> list[dict[str, Any]]:
    stub.faults.clear()
    return notes(stub)


@pytest.fixture
def configured(tmp_path: Path, billing_stub: BillingStub) -> Iterator[Organisation]:
    """Run a stub with every documented variable of `crow` set; the other one is notified."""
    environ = {
        "NOTIFICATION_SERVICE_URL": billing_stub.url + NOTIFICATIONS,
        "ENVIRONMENT": "dev",
        "AUTH_SERVICE_URL": "https://auth-api.example",
        "AUTH_CLIENT_URL": "https://auth.example/billing",
        "STRIPE_PRICE_ID_PRO": "price_1Pro",
        "STRIPE_PRICE_ID_ENTERPRISE": "price_1Enterprise",
        "BETTER_AUTH_SECRET": AUTH_SECRET,
        "INTERNAL_GATEWAY_KEY": "gateway-" + "k" * 24,
    }
    with (
        BillingStub.running(tmp_path, environ, api=API) as stub,
        httpx.Client(base_url=stub.url, trust_env=False, timeout=60) as http,
    ):
        yield Organisation(stub, http, "acme")


def at_stripe(acme: Organisation, session_id: str) -> Wanted:
    headers = {"Authorization": "Bearer sk_test_anything"}
    path = f"/stripe/v1/checkout/sessions/{session_id}"
    found: Wanted = acme.http.get(path, headers=headers).raise_for_status().json()
    return found


def test_the_browser_returns_to_the_auth_client(configured: Organisation) -> None:
    builder = configured.draft(modules={"web": True})
    made = configured.checkout(builder).json()
    session = at_stripe(configured, made["sessionId"])
    base = "https://auth.example/billing?checkout="
    assert session["success_url"] == f"{base}success&session_id={session['id']}"
    assert session["cancel_url"] == base + "cancelled"
    waiting = configured.checkout(builder, returnUrl="http://127.0.0.1:5000/back").json()
    # The page that knows the waiting program is the stub's.
    own = at_stripe(configured, waiting["sessionId"])["success_url"]
    assert own.startswith(configured.stub.url + "/checkout/success")
    configured.stub.pay(made["sessionId"])
    for fields, page in (
        ({}, "https://auth.example/billing"),
        ({"returnUrl": "https://auth.example/team"}, "https://auth.example/team"),
    ):
        portal = configured.ask("POST", wire.PORTAL, fields)
        assert portal.status_code == 200, portal.text
        assert f'href="{page}"' in configured.http.get(portal.json()["url"]).text


def test_confirmations_go_to_the_notification_service_and_name_the_environment(
    configured: Organisation, acme: Organisation
) -> None:
    configured.buy()
    assert notes(configured.stub) == []
    (note,) = notes(acme.stub)
    assert (note["environment"], note["organizationId"]) == ("dev", "acme")
    acme.buy()
    own, _ = notes(acme.stub)
    assert "environment" not in own


def test_sessions_are_those_of_the_auth_service(configured: Organisation) -> None:
    own = configured.headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(own, AUTH_SECRET, algorithms=["HS256"])
    assert claims["iss"] == "https://auth-api.example"
    plans = ROOT + wire.PLANS
    for change, status in (
        ({}, 200),
        ({"iss": None}, 200),
        ({"iss": "https://evil.example"}, 401),
    ):
        changed = {name: value for name, value in (claims | change).items() if value is not None}
        session = jwt.encode(changed, AUTH_SECRET, algorithm="HS256")
        headers = configured.headers | {"Authorization": f"Bearer {session}"}
        assert configured.http.get(plans, headers=headers).status_code == status, change


def test_the_configured_prices_are_sold(configured: Organisation) -> None:
    plans = configured.ask("GET", wire.PLANS).json()["plans"]
    monthly = {
        plan["plan"]: price["priceId"]
        for plan in plans
        for price in plan["prices"]
        if (price["billingPeriod"], price["payAsYouGo"]) == ("monthly", False)
    }
    assert monthly == {"pro": "price_1Pro", "enterprise": "price_1Enterprise"}


def test_an_organisation_that_buys_again_has_its_new_subscription(
    acme: Organisation, billing_stub: BillingStub
) -> None:
    acme.buy()
    first = acme.subscription().json()
    billing_stub.customer(first["stripeCustomerId"], "cancel", at_period_end=False)
    billing_stub.clock.advance(days=40)
    acme.buy(modules={"social": True}, billingPeriod="annual")
    again = acme.subscription().json()
    assert again["id"] == first["id"]
    assert again["stripeSubscriptionId"] != first["stripeSubscriptionId"]
    assert (again["status"], again["billingPeriod"]) == ("active", "annual")
    assert again["modules"] == {"web": False, "cctv": False, "social": True}
    assert again["currentPeriodStart"] > first["currentPeriodEnd"]


@pytest.mark.parametrize("ids", ["12", "21"])
@pytest.mark.parametrize("first", [0, 1])
def test_of_two_purchases_in_one_second_the_one_that_was_started_later_counts(
    acme: Organisation, billing_stub: BillingStub, ids: str, first: int
) -> None:
    """The ids of Stripe's events are random, and the order of arrival is chance."""
    signer = WebhookSigner(billing_stub, acme.http, API, wire.WEBHOOK)
    at_s, said = signer.now_s, []
    for number, name in enumerate(("web", "social")):
        draft = acme.draft(modules={name: True})
        metadata = {"organizationId": acme.id, "billingBuilderId": draft["id"]}
        body = {
            "id": f"cs_{ids[number]}",
            "created": at_s - 9 + number,
            "subscription": f"sub_{number}",
        }
        said.append((f"evt_{ids[number]}", completed(**metadata) | body))
    for event_id, document in (said[first], said[1 - first]):
        signer.tell("checkout.session.completed", document, id=event_id, created=at_s)
    found = acme.subscription().json()
    assert (found["stripeSubscriptionId"], found["modules"]["social"]) == ("sub_1", True)


def test_what_was_agreed_on_without_stripe_runs_by_periods_of_its_own(
    acme: Organisation, billing_stub: BillingStub
) -> None:
    first = acme.ask("POST", wire.SUBSCRIPTIONS, {"modules": {"web": True}}).json()
    assert (first["stripeCustomerId"], first["stripeSubscriptionId"]) == (None, None)
    assert first["currentPeriodStart"] == first["createdAt"]
    billing_stub.clock.advance(days=31)
    now = acme.subscription().json()
    assert now["currentPeriodStart"] == first["currentPeriodEnd"]
    assert now["updatedAt"] > first["updatedAt"]
    assert acme.subscription().json() == now


def test_payments_are_notified_whatever_the_order_of_events(
    acme: Organisation, billing_stub: BillingStub
) -> None:
    billing_stub.faults.set(hold_webhooks=True)
    acme.buy()
    billing_stub.faults.set(shuffle_webhooks=True, duplicate_webhooks=True)
    billing_stub.clock.advance(seconds=1)
    assert [note["organizationId"] for note in notes(billing_stub)] == ["acme"]
    assert acme.subscription().json()["status"] == "active"
