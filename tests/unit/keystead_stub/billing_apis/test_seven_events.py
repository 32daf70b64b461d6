"""What each event that `stripe-integration` describes does, each of them delivered on its own."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest

from keystead.wire import stripe_integration as wire
from keystead_stub.in_process import BillingStub
from keystead_stub.settings import NOTIFICATIONS
from support.webhook_signer import WebhookSigner, completed, items, subscription

API = "stripe-integration"
Json = dict[str, Any]
#: What Stripe sends of an object, beside what each test is about.
NAMED = {"customer": "cus_hand", "metadata": {"tenantId": "acme"}}


class Tenant:
    """A tenant whom only signed webhooks tell about."""

    def __init__(self, stub: BillingStub, http: httpx.Client) -> None:
        self.signer = WebhookSigner(stub, http, API, wire.WEBHOOK)
        self.stub, self.headers = stub, stub.session(API, tenant_id="acme")

    def get(self, path: str) -> Json:
        answer = self.signer.http.get(f"/{API}{path}", headers=self.headers)
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        return body

    def invoice_after(self, kind: str, **fields: Any) -> Json:
        body = {"id": "in_hand", "object": "invoice", "currency": "eur", "amount_due": 1200}
        self.signer.tell(kind, body | NAMED | fields)
        (invoice,) = self.get(wire.INVOICES)["invoices"]
        return dict(invoice)

    def payment_after(self, kind: str, **fields: Any) -> Json:
        body = {"id": "pi_hand", "object": "payment_intent", "currency": "eur", "amount": 1200}
        self.signer.tell(kind, body | NAMED | fields)
        (payment,) = self.get(wire.PAYMENTS)["payments"]
        return dict(payment)

    def subscribed(self, status: str, price_id: str, kind: str = "updated") -> Json:
        listed = items(self.signer.now_s)
        listed["data"][0]["price"]["id"] = price_id
        body = subscription(status, items=listed, metadata={"tenantId": "acme"})
        self.signer.tell(f"customer.subscription.{kind}", body)
        return self.get(wire.SUBSCRIPTION)


@pytest.fixture
def acme(billing_stub: BillingStub, http: httpx.Client) -> Tenant:
    return Tenant(billing_stub, http)


def test_checkout_session_completed_creates_the_subscription_and_activates_the_tenant(
    acme: Tenant,
) -> None:
    assert acme.get(wire.SUBSCRIPTION)["tenantStatus"] == "inactive"
    acme.signer.tell(
        "checkout.session.completed",
        completed(tenantId="acme", planId="plan-team") | {"payment_status": "paid"},
    )
    now = acme.get(wire.SUBSCRIPTION)
    assert (now["tenantStatus"], now["plan"]) == ("active", "team")
    assert (now["stripeSubscriptionId"], now["stripeCustomerId"]) == ("sub_hand", "cus_hand")


def test_invoice_payment_succeeded_marks_the_invoice_as_paid(acme: Tenant) -> None:
    assert acme.invoice_after("invoice.finalized", status="open")["status"] == "open"
    paid = acme.invoice_after("invoice.payment_succeeded", status="paid", amount_paid=1200)
    assert (paid["status"], paid["amountPaid"]) == ("paid", 1200)
    assert (paid["id"], paid["stripeInvoiceId"]) == ("inv-001", "in_hand")


def test_invoice_payment_failed_marks_the_invoice_as_overdue_and_notifies(acme: Tenant) -> None:
    assert acme.invoice_after("invoice.payment_failed", status="open")["status"] == "overdue"
    acme.stub.clock.advance(seconds=1)
    (note,) = acme.stub.ask("GET", NOTIFICATIONS)["notifications"]
    assert (note["type"], note["tenantId"]) == ("invoice.overdue", "acme")
    assert (note["invoiceId"], note["amountDue"]) == ("in_hand", 1200)


def test_customer_subscription_updated_syncs_the_plan(acme: Tenant) -> None:
    assert acme.subscribed("active", "price_nyra_pro_monthly", "created")["plan"] == "pro"
    assert acme.subscribed("active", "price_team_yearly")["plan"] == "team"


def test_customer_subscription_deleted_cancels_the_subscription(acme: Tenant) -> None:
    acme.subscribed("active", "price_nyra_pro_monthly", "created")
    ended = acme.subscribed("canceled", "price_nyra_pro_monthly", "deleted")
    assert (ended["status"], ended["tenantStatus"]) == ("canceled", "inactive")


def test_payment_intent_succeeded_records_the_payment(acme: Tenant) -> None:
    payment = acme.payment_after("payment_intent.succeeded", latest_charge="ch_hand")
    assert (payment["status"], payment["amount"], payment["failure"]) == ("succeeded", 1200, None)
    assert payment["stripePaymentIntentId"] == "pi_hand"
    assert payment["stripeChargeId"] == "ch_hand"


def test_payment_intent_payment_failed_logs_the_failure(
    acme: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    error = {"code": "card_declined", "decline_code": "insufficient_funds"}
    with caplog.at_level(logging.WARNING):
        payment = acme.payment_after("payment_intent.payment_failed", last_payment_error=error)
    assert (payment["status"], payment["failure"]) == ("failed", "insufficient_funds")
    (record,) = [one for one in caplog.records if one.getMessage() == "payment failed"]
    assert record.__dict__["failureCode"] == "card_declined"
    assert "cus_hand" not in str(record.__dict__)


def test_an_invoice_keeps_the_payment_intent_that_paid_it_in_any_order(acme: Tenant) -> None:
    payment = {"type": "payment_intent", "payment_intent": "pi_hand"}
    paid = {"id": "inpay_hand", "object": "invoice_payment", "invoice": "in_hand"}
    body = paid | NAMED | {"payment": payment, "status": "paid"}
    acme.signer.tell("invoice_payment.paid", body)
    assert acme.get(wire.INVOICES)["invoices"] == []
    invoice = acme.invoice_after("invoice.paid", status="paid")
    assert invoice["stripePaymentIntentId"] == "pi_hand"
    older = acme.invoice_after("invoice.updated", status="paid", payment_intent="pi_named")
    # API versions before 2025-03-31.basil name it on the invoice.
    assert older["stripePaymentIntentId"] == "pi_named"


def test_invoices_count_within_their_tenant(acme: Tenant) -> None:
    for position in range(1, 4):
        body = {"id": f"in_{position}", "object": "invoice", "status": "open", **NAMED}
        acme.signer.tell("invoice.finalized", body)
    ids = [one["id"] for one in acme.get(wire.INVOICES)["invoices"]]
    assert ids == ["inv-003", "inv-002", "inv-001"]
    body = {"id": "in_g", "object": "invoice", "customer": "cus_g"}
    acme.signer.tell("invoice.finalized", body | {"metadata": {"tenantId": "globex"}})
    globex = acme.stub.session(API, tenant_id="globex")
    answer = acme.signer.http.get(f"/{API}{wire.INVOICES}", headers=globex).json()
    assert [one["id"] for one in answer["invoices"]] == ["inv-001"]


def test_an_id_at_stripe_that_looks_like_a_tenants_own_is_another_invoice(acme: Tenant) -> None:
    for stripe_id, status in (("inv-002", "paid"), ("inv-001", "open"), ("inv-002", "void")):
        body = {"id": stripe_id, "object": "invoice", "status": status, **NAMED}
        acme.signer.tell("invoice.updated", body)
    rows = acme.get(wire.INVOICES)["invoices"]
    found = {one["stripeInvoiceId"]: (one["id"], one["status"]) for one in rows}
    assert found == {"inv-002": ("inv-001", "void"), "inv-001": ("inv-002", "open")}
