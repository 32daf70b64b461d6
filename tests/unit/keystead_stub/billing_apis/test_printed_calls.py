"""The calls that the document of `stripe-integration` prints, run as they are printed."""

from __future__ import annotations

import shlex
from string import Template
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from keystead_stub.in_process import BillingStub

API = "stripe-integration"
PRINTED_ORIGIN = "http://localhost:8087"
TENANT = "550e8400"
CHECKOUT = """\
curl -X POST "http://localhost:8087/api/v1/billing/stripe/checkout?tenantId=550e8400&planId=plan-pro" \\
-H "Authorization: Bearer ${TOKEN}"
"""  # noqa: E501 as it is printed
PORTAL = """\
curl -X POST "http://localhost:8087/api/v1/billing/stripe/portal?customerId=cus_abc123" \\
-H "Authorization: Bearer ${TOKEN}"
"""
PAYMENT_INTENT = """\
curl -X POST http://localhost:8087/api/v1/billing/invoices/inv-001/payment-intent \\
-H "Authorization: Bearer ${TOKEN}"
"""
STRIPE = {"Authorization": "Bearer sk_test_anything"}


class Shell:
    """Runs a printed call at the stub: only the printed origin is another one."""

    def __init__(self, stub: BillingStub, http: httpx.Client) -> None:
        self.stub, self.http = stub, http
        session = stub.session(API, tenant_id=TENANT)["Authorization"]
        self._token = session.removeprefix("Bearer ")

    def run(self, printed: str) -> httpx.Response:
        command = Template(printed.replace("\\\n", " ")).substitute(TOKEN=self._token)
        curl, *arguments = shlex.split(command)
        method, header = (arguments[arguments.index(flag) + 1] for flag in ("-X", "-H"))
        (url,) = (one for one in arguments if one.startswith(PRINTED_ORIGIN))
        assert (curl, len(arguments)) == ("curl", 5)
        name, _, value = header.partition(": ")
        headers = {name: value, "Host": urlsplit(url).netloc}
        return self.http.request(
            method, self.stub.url + url.removeprefix(PRINTED_ORIGIN), headers=headers
        )


@pytest.fixture
def billing_stub(stub_of: Any) -> BillingStub:
    """The stub with `stripe-integration` at the root, as the printed paths need it."""
    stub: BillingStub = stub_of(API)
    return stub


@pytest.fixture
def shell(billing_stub: BillingStub, http: httpx.Client) -> Shell:
    return Shell(billing_stub, http)


def test_the_printed_checkout_sells_the_plan_pro(shell: Shell) -> None:
    answer = shell.run(CHECKOUT)
    assert answer.status_code == 200, answer.text
    session = urlsplit(answer.json()["sessionUrl"]).path.rpartition("/")[2]
    assert session.startswith("cs_")
    shell.stub.pay(session)
    state = shell.stub.ask("GET", f"/_stub/state?tenantId={TENANT}")
    assert state["subscription"]["priceId"] == "price_nyra_pro_monthly"


def test_the_printed_portal_call_opens_the_portal(shell: Shell) -> None:
    assert shell.run(PORTAL).status_code == 404
    named = CHECKOUT.replace("planId=plan-pro", "planId=plan-pro&customerId=cus_abc123")
    session = urlsplit(shell.run(named).json()["sessionUrl"]).path.rpartition("/")[2]
    shell.stub.pay(session)
    answer = shell.run(PORTAL)
    assert answer.status_code == 200, answer.text
    assert shell.http.get(answer.json()["portalUrl"]).status_code == 200


def test_the_printed_payment_intent_call_pays_the_tenants_first_invoice(shell: Shell) -> None:
    assert shell.run(PAYMENT_INTENT).status_code == 404

    def post(path: str, **fields: str) -> dict[str, Any]:
        answer = shell.http.post(f"/stripe/v1/{path}", data=fields, headers=STRIPE)
        body: dict[str, Any] = answer.raise_for_status().json()
        return body

    customer = post("customers", **{"metadata[tenantId]": TENANT})["id"]
    post("invoiceitems", customer=customer, amount="4000", currency="eur")
    sent = {"collection_method": "send_invoice", "days_until_due": "14"}
    draft = post("invoices", customer=customer, pending_invoice_items_behavior="include", **sent)
    post(f"invoices/{draft['id']}/finalize")
    shell.stub.clock.advance(seconds=1)
    answer = shell.run(PAYMENT_INTENT)
    assert answer.status_code == 200, answer.text
    intent, secret, _ = answer.json()["clientSecret"].partition("_secret_")
    assert (intent[:3], secret) == ("pi_", "_secret_")
    headers = shell.stub.session(API, tenant_id=TENANT)
    (invoice,) = shell.http.get("/api/v1/billing/invoices", headers=headers).json()["invoices"]
    assert (invoice["id"], invoice["stripeInvoiceId"]) == ("inv-001", draft["id"])
    assert invoice["stripePaymentIntentId"] == intent
    by_stripes_id = PAYMENT_INTENT.replace("inv-001", draft["id"])
    assert shell.run(by_stripes_id).json() == answer.json()


@pytest.mark.parametrize("printed", [CHECKOUT, PORTAL, PAYMENT_INTENT])
def test_the_printed_calls_need_their_token(shell: Shell, printed: str) -> None:
    refused = shell.run(printed.replace("${TOKEN}", "${TOKEN}x"))
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")
