"""The billing API `stripe-integration`: tenants, invoices, payment intents, over real HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from keystead.wire import stripe_integration as wire
from keystead_stub.in_process import BillingStub
from keystead_stub.settings import NOTIFICATIONS

API = "stripe-integration"
ROOT = f"/{API}"


class Tenant:
    """A caller signed in for a tenant."""

    def __init__(self, stub: BillingStub, http: httpx.Client, tenant: str) -> None:
        self.stub, self.http, self.id = stub, http, tenant
        self.headers = stub.session(API, tenant_id=tenant)

    def post(self, path: str, body: Any = None, **query: str) -> httpx.Response:
        address = ROOT + path
        return self.http.post(address, params=query, json=body, headers=self.headers)

    def get(self, path: str) -> dict[str, Any]:
        answer = self.http.get(ROOT + path, headers=self.headers)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def checkout(self, body: Any = None, **query: str) -> httpx.Response:
        return self.post(wire.CHECKOUT, body, **({"tenantId": self.id, "planId": "pro"} | query))

    def buy(self, body: Any = None, **query: str) -> str:
        answer = self.checkout(body, **query)
        assert answer.status_code == 200, answer.text
        session = str(answer.json()["sessionId"])
        self.stub.pay(session, email=f"{self.id}@example.com")
        return session

    @property
    def customer_id(self) -> str:
        return str(self.get(wire.SUBSCRIPTION)["stripeCustomerId"])

    def fall_behind(self) -> None:
        """Make the next renewal fail."""
        self.stub.customer(self.customer_id, "fail_next_payment")
        self.stub.clock.advance(days=32)


@pytest.fixture
def acme(billing_stub: BillingStub, http: httpx.Client) -> Tenant:
    return Tenant(billing_stub, http, "acme")


@pytest.fixture
def globex(billing_stub: BillingStub, http: httpx.Client) -> Tenant:
    return Tenant(billing_stub, http, "globex")


def test_a_completed_checkout_activates_the_subscription_and_the_tenant(acme: Tenant) -> None:
    before = acme.get(wire.SUBSCRIPTION)
    assert (before["tenantStatus"], before["plan"], before["status"]) == ("inactive", None, None)
    acme.buy(planId="team", body={"seats": 4})
    now = acme.get(wire.SUBSCRIPTION)
    assert (now["tenantStatus"], now["plan"], now["status"]) == ("active", "team", "active")
    assert now["seats"] == 4
    assert now["stripeCustomerId"].startswith("cus_")
    assert now["stripeSubscriptionId"].startswith("sub_")
    assert now["stripePriceId"] == "price_team_monthly"


def test_a_tenant_is_named_by_its_uuid(billing_stub: BillingStub, http: httpx.Client) -> None:
    tenant = Tenant(billing_stub, http, "550e8400-e29b-41d4-a716-446655440000")
    tenant.buy()
    now = tenant.get(wire.SUBSCRIPTION)
    assert (now["tenantId"], now["tenantStatus"]) == (tenant.id, "active")


@pytest.mark.parametrize("plan", ["free", "PRO", "price_team_monthly", "modules_pro"])
def test_unknown_plans_are_refused(acme: Tenant, plan: str) -> None:
    assert acme.checkout(planId=plan).status_code == 400


def test_a_paid_invoice_and_its_payment_keep_stripes_references(acme: Tenant) -> None:
    acme.buy()
    billed = acme.get(wire.INVOICES)
    (invoice,) = billed["invoices"]
    assert billed["paymentMethod"] == {"brand": "visa", "last4": "4242"}
    (payment,) = acme.get(wire.PAYMENTS)["payments"]
    subscription = acme.get(wire.SUBSCRIPTION)
    assert (invoice["status"], invoice["amountPaid"]) == ("paid", 1200)
    assert invoice["stripeInvoiceId"].startswith("in_")
    assert invoice["stripeSubscriptionId"] == subscription["stripeSubscriptionId"]
    assert (payment["status"], payment["amount"]) == ("succeeded", 1200)
    assert payment["stripePaymentIntentId"].startswith("pi_")
    assert payment["stripeChargeId"].startswith("ch_")
    assert acme.post(wire.PORTAL, customerId=acme.customer_id).status_code == 200


def test_a_failed_payment_marks_the_invoice_overdue_notifies_and_logs(
    acme: Tenant, billing_stub: BillingStub
) -> None:
    acme.buy()
    acme.fall_behind()
    overdue, first = acme.get(wire.INVOICES)["invoices"]
    assert (overdue["status"], first["status"]) == ("overdue", "paid")
    assert acme.get(wire.SUBSCRIPTION)["status"] == "past_due"
    notes = billing_stub.ask("GET", NOTIFICATIONS)["notifications"]
    assert {(note["type"], note["tenantId"]) for note in notes} == {("invoice.overdue", "acme")}
    failed = acme.get(wire.PAYMENTS)["payments"][0]
    assert (failed["status"], failed["failure"] is not None) == ("failed", True)


@pytest.mark.parametrize(("action", "reason"), [("refund", "refunded"), ("dispute", "disputed")])
def test_an_invoice_says_that_its_payment_went_back(
    acme: Tenant, billing_stub: BillingStub, action: str, reason: str
) -> None:
    acme.buy()
    (invoice,) = acme.get(wire.INVOICES)["invoices"]
    assert (invoice["status"], invoice["reason"]) == ("paid", None)
    billing_stub.customer(acme.customer_id, action)
    (invoice,) = acme.get(wire.INVOICES)["invoices"]
    assert (invoice["status"], invoice["reason"]) == ("paid", reason)


def test_an_overdue_invoice_can_be_paid(acme: Tenant) -> None:
    acme.buy()
    acme.fall_behind()
    overdue, paid = acme.get(wire.INVOICES)["invoices"]
    answer = acme.post(f"{wire.INVOICES}/{overdue['id']}/{wire.PAYMENT_INTENT}")
    assert answer.json()["clientSecret"].startswith("pi_")
    assert "_secret_" in answer.json()["clientSecret"]
    (now, _) = acme.get(wire.INVOICES)["invoices"]
    assert answer.json()["clientSecret"].startswith(f"{now['stripePaymentIntentId']}_secret_")
    again = acme.post(f"{wire.INVOICES}/{paid['id']}/{wire.PAYMENT_INTENT}")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


def test_a_change_of_plan_updates_the_tenants_plan(acme: Tenant, billing_stub: BillingStub) -> None:
    acme.buy()
    billing_stub.customer(
        acme.customer_id, "update_subscription", price_id="price_team_monthly", quantity=5
    )
    now = acme.get(wire.SUBSCRIPTION)
    assert (now["plan"], now["seats"]) == ("team", 5)


def test_a_deleted_subscription_is_canceled(acme: Tenant, billing_stub: BillingStub) -> None:
    acme.buy()
    billing_stub.customer(acme.customer_id, "cancel", at_period_end=False)
    now = acme.get(wire.SUBSCRIPTION)
    assert (now["tenantStatus"], now["status"]) == ("inactive", "canceled")


def test_another_tenants_objects_are_not_found(acme: Tenant, globex: Tenant) -> None:
    acme.buy()
    customer_id, (invoice,) = acme.customer_id, acme.get(wire.INVOICES)["invoices"]
    for answer in (
        globex.checkout(tenantId="acme"),
        globex.checkout(customerId=customer_id),
        globex.post(wire.PORTAL, customerId=customer_id),
        globex.post(f"{wire.INVOICES}/{invoice['id']}/{wire.PAYMENT_INTENT}"),
        globex.post(f"{wire.INVOICES}/in_nowhere/{wire.PAYMENT_INTENT}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert globex.get(wire.INVOICES) == {"invoices": [], "paymentMethod": None}
    assert globex.get(wire.PAYMENTS) == {"payments": []}


def test_the_order_of_events_does_not_change_the_records(
    acme: Tenant, billing_stub: BillingStub
) -> None:
    billing_stub.faults.set(hold_webhooks=True)
    acme.buy()
    billing_stub.faults.set(shuffle_webhooks=True, duplicate_webhooks=True)
    billing_stub.clock.advance(seconds=1)
    assert acme.get(wire.SUBSCRIPTION)["tenantStatus"] == "active"
    assert [one["status"] for one in acme.get(wire.INVOICES)["invoices"]] == ["paid"]
    assert len(acme.get(wire.PAYMENTS)["payments"]) == 1
