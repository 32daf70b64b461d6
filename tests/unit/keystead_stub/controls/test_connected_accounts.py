"""Controls and hosted pages of connected Stripe accounts."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from keystead_stub.in_process import BillingStub

PAGES = {"success_url": "https://a.example/", "cancel_url": "https://b.example/"}
MONTH = 32


class Merchant:
    """An account that calls Stripe's REST API with its own key."""

    def __init__(self, stub: BillingStub, http: httpx.Client, name: str) -> None:
        made = stub.ask("POST", "/_stub/accounts", {"name": name})
        self.id: str = made["id"]
        self.stub, self._http = stub, http
        self._headers = {"authorization": f"Bearer {made['secretKey']}"}
        price = {"currency": "eur", "unit_amount": "1200", "product_data[name]": "Monthly"}
        self.monthly: str = self.post("prices", **price, **{"recurring[interval]": "month"})["id"]

    def get(self, path: str) -> dict[str, Any]:
        answer = self._http.get(f"/stripe/v1/{path}", headers=self._headers)
        return dict(answer.raise_for_status().json())

    def post(self, path: str, **form: str) -> dict[str, Any]:
        answer = self._http.post(f"/stripe/v1/{path}", headers=self._headers, data=form)
        return dict(answer.raise_for_status().json())

    def checkout(self) -> dict[str, Any]:
        return self.post(
            "checkout/sessions",
            **{"mode": "subscription", "line_items[0][price]": self.monthly, **PAGES},
        )

    def subscriber(self) -> str:
        session = self.checkout()
        paid = self.stub.pay(session["id"], email="ada@example.com")
        return str(paid["session"]["customerId"])


@pytest.fixture
def merchant(billing_stub: BillingStub, http: httpx.Client) -> Merchant:
    return Merchant(billing_stub, http, "Acme")


def test_accounts_are_opened_and_listed(billing_stub: BillingStub, merchant: Merchant) -> None:
    listed = billing_stub.ask("GET", "/_stub/accounts")["accounts"]
    assert [one["name"] for one in listed] == ["Keystead", "Acme"]
    assert listed[1]["id"] == merchant.id == merchant.get("account")["id"]


def test_each_customer_control_finds_the_customers_account(merchant: Merchant) -> None:
    stub, customer_id = merchant.stub, merchant.subscriber()
    stub.customer(customer_id, "refund")
    stub.customer(customer_id, "fail_next_payment")
    stub.clock.advance(days=MONTH)
    (subscription,) = merchant.get("subscriptions?status=all")["data"]
    assert subscription["status"] == "past_due"
    state = stub.customer(customer_id, "update_card", card="pm_card_visa")
    assert state["customer"]["id"] == customer_id
    stub.clock.advance(days=2)
    stub.customer(customer_id, "dispute")
    assert [one["status"] for one in merchant.get("disputes")["data"]] == ["needs_response"]
    stub.customer(customer_id, "close_dispute", won=True)
    stub.customer(customer_id, "cancel")
    assert merchant.get("subscriptions")["data"][0]["cancel_at_period_end"] is True
    state = stub.ask("GET", f"/_stub/state?customerId={customer_id}")
    assert {one["account"] for one in state["events"]} == {merchant.id}
    stub.customer(customer_id, "delete")
    assert merchant.get(f"customers/{customer_id}")["deleted"] is True


def test_events_of_all_accounts_are_listed_and_can_be_resent(merchant: Merchant) -> None:
    stub, customer_id = merchant.stub, merchant.subscriber()
    # Advancing the clock waits for all webhooks: until then their deliveries are incomplete.
    stub.clock.advance(seconds=1)
    all_events = stub.ask("GET", "/_stub/events")["events"]
    assert {one["account"] for one in all_events} == {merchant.id}
    again = stub.ask("POST", f"/_stub/events/{all_events[0]['id']}/redeliver", {})
    assert len(again["deliveries"]) == len(all_events[0]["deliveries"]) + 1
    body = {"type": "invoice.paid", "customerId": customer_id}
    assert stub.ask("POST", "/_stub/trigger", body)["account"] == merchant.id


def test_the_hosted_pages_find_objects_of_connected_accounts(
    merchant: Merchant, http: httpx.Client
) -> None:
    session = merchant.checkout()
    assert http.get(f"/_stub/checkout/{session['id']}").status_code == 200
    customer_id = merchant.subscriber()
    portal = merchant.post("billing_portal/sessions", customer=customer_id)
    invoice = merchant.get("invoices")["data"][0]
    for url in (
        portal["url"],
        f"{portal['url']}/change",
        f"{portal['url']}/change?seats=3",
        invoice["hosted_invoice_url"],
    ):
        assert http.get(url).status_code == 200, url
    for page in ("/_stub", f"/_stub/customers/{customer_id}"):
        shown = http.get(page)
        assert shown.status_code == 200
        assert customer_id in shown.text
    event = merchant.get("events")["data"][0]
    assert http.get(f"/_stub/events/{event['id']}").status_code == 200


def test_each_account_has_its_own_balance_and_payouts(merchant: Merchant) -> None:
    stub, other = merchant.stub, Merchant(merchant.stub, merchant._http, "Zenith")
    merchant.subscriber()
    stub.ask("POST", f"/_stub/money/fail-next-payout?account={merchant.id}", {})
    other.subscriber()
    stub.clock.advance(days=4)
    failed = stub.ask("GET", f"/_stub/money?account={merchant.id}")["payouts"]
    paid = stub.ask("GET", f"/_stub/money?account={other.id}")["payouts"]
    assert [one["status"] for one in failed][-1] == "failed"
    assert [one["status"] for one in paid] == ["paid"]
    assert stub.ask("GET", "/_stub/money")["payouts"] == []
    assert other.get("payouts")["data"] == paid


def test_the_balance_of_an_unknown_account_is_not_found(billing_stub: BillingStub) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        billing_stub.ask("GET", "/_stub/money?account=acct_none")
