"""`dashclicks`: payouts, balance transactions, the overview and follow-up jobs, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import stripe

from keystead.instants import DAY_MS, SECOND_MS, from_iso, iso
from keystead.wire.dashclicks import money as wire
from keystead.wire.dashclicks import people, selling
from keystead_stub.in_process import BillingStub
from keystead_stub.settings import NOTIFICATIONS
from support import stripe_sdk
from support.merchant import Merchant

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

PLATFORM = "sk_test_platform"
#: What a month costs; Stripe's fee on it is 1.5 % and 25, so 43.
PAID, FEE = 1200, 43


class Seller(Merchant):
    """A merchant whose customers buy on the hosted pages of the merchant's Stripe account."""

    def __init__(
        self, stub: BillingStub, http: httpx.Client, name: str, sdk: stripe.StripeClient
    ) -> None:
        super().__init__(stub, http, name)
        account = self.ask("GET", people.ACCOUNT).json()["stripeAccountId"]
        self.api, self._acting = sdk.v1, {"stripe_account": account}
        price = {"amount": PAID, "currency": "eur", "interval": "month"}
        made = self.made(selling.PRODUCTS, {"name": "Monthly", "price": price})
        self.product, self.monthly = made["id"], made["prices"][0]["id"]

    def sell(self, price_id: str = "", *, card: str | None = None) -> str:
        """Sell a subscription, by default the monthly one, and return the customer's id."""
        params: Any = {
            "mode": "subscription",
            "line_items": [{"price": price_id or self.monthly, "quantity": 1}],
            **stripe_sdk.PAGES,
        }
        session = self.api.checkout.sessions.create(params, self.options)
        how = {"card": card} if card else {}
        self.stub.pay(session.id, email="ada@example.com", **how)
        customer = self.api.checkout.sessions.retrieve(session.id, None, self.options).customer
        assert isinstance(customer, str)
        return customer

    def transactions(self) -> list[stripe.BalanceTransaction]:
        listed = self.api.balance_transactions.list({"limit": 100}, self.options)
        return list(listed.auto_paging_iter())

    def payouts(self) -> list[dict[str, Any]]:
        return self.listed(wire.PAYOUTS)

    def figures(self, start: str, end: str, **query: str) -> dict[str, Any]:
        answer = self.ask("GET", wire.OVERVIEW, startDate=start, endDate=end, **query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def today(self, days: int = 0) -> str:
        return iso(self.stub.clock.now_ms() + days * DAY_MS)[:10]

    @property
    def options(self) -> Any:
        return dict(self._acting)


@pytest.fixture
def sdk(billing_stub: BillingStub) -> Iterator[stripe.StripeClient]:
    with stripe_sdk.client(billing_stub, PLATFORM) as made:
        yield made


@pytest.fixture
def acme(billing_stub: BillingStub, http: httpx.Client, sdk: stripe.StripeClient) -> Seller:
    """Start at noon, so that the day does not change while a test runs."""
    tomorrow = iso(billing_stub.clock.now_ms() + DAY_MS)[:10]
    billing_stub.clock.advance_to(from_iso(f"{tomorrow}T12:00:00Z"))
    return Seller(billing_stub, http, "acme", sdk)


@pytest.fixture
def globex(billing_stub: BillingStub, http: httpx.Client, sdk: stripe.StripeClient) -> Seller:
    return Seller(billing_stub, http, "globex", sdk)


def notes(stub: BillingStub) -> list[dict[str, Any]]:
    """Return the notifications in their order, without those of payments that are complete."""
    received = reversed(stub.ask("GET", NOTIFICATIONS)["notifications"])
    return [one for one in received if one.get("about") != "payment_completed"]


# The mirror


def mirrored(seller: Seller, kind: str) -> dict[str, dict[str, Any]]:
    answer = seller.stub.ask("GET", f"/_stub/mirror?accountId={seller.id}&kind={kind}")
    return {record["id"]: record for record in answer["records"]}


def test_events_in_any_order_produce_the_records_of_stripe(acme: Seller, globex: Seller) -> None:
    acme.stub.faults.set(hold_webhooks=True)
    first, second = acme.sell(), acme.sell()
    acme.stub.customer(first, "refund", amount=300)
    acme.stub.customer(second, "dispute")
    product = acme.made(
        selling.PRODUCTS, {"name": "Lamp", "price": {"amount": 5, "currency": "eur"}}
    )
    acme.ask("PATCH", f"{selling.PRODUCTS}/{product['id']}", {"name": "Torch"})
    acme.ask("DELETE", f"{people.CUSTOMERS}/{second}")
    assert mirrored(acme, "customer") == {}
    acme.stub.faults.set(shuffle_webhooks=True, duplicate_webhooks=True)
    # An event that arrives before one it builds on is refused and retried, which in an unlucky
    # order happens several times: the first four waits add up to less than eight hours.
    acme.stub.clock.advance(hours=8)
    api = acme.api
    for kind, listed in (
        ("charge", api.charges.list({}, acme.options)),
        ("dispute", api.disputes.list({}, acme.options)),
        ("refund", api.refunds.list({}, acme.options)),
    ):
        held = {one.id: one.to_dict() for one in listed.data}
        assert {name: one["document"] for name, one in mirrored(acme, kind).items()} == held
        assert len(held) == (2 if kind == "charge" else 1)
    assert mirrored(acme, "product")[product["id"]]["document"]["name"] == "Torch"
    assert set(mirrored(acme, "subscription")) == {
        one.id for one in api.subscriptions.list({"status": "all"}, acme.options).data
    }
    customers = mirrored(acme, "customer")
    assert {name: one["deleted"] for name, one in customers.items()} == {
        first: False,
        second: True,
    }
    assert mirrored(globex, "customer") == {}


def test_a_repeated_event_changes_nothing(acme: Seller) -> None:
    acme.sell()
    before = mirrored(acme, "charge")
    for event in acme.stub.ask("GET", "/_stub/events?limit=1000")["events"]:
        acme.stub.ask("POST", f"/_stub/events/{event['id']}/redeliver")
    assert mirrored(acme, "charge") == before
    assert len(notes(acme.stub)) == 2


# Payouts


def test_the_transactions_of_a_payout_sum_to_its_amount(acme: Seller) -> None:
    customers = [acme.sell(), acme.sell(), acme.sell()]
    acme.stub.customer(customers[0], "refund", amount=500)
    assert acme.payouts() == []
    acme.stub.clock.advance(days=4)
    (payout,) = acme.payouts()
    assert (payout["amount"], payout["currency"]) == (3 * (PAID - FEE) - 500, "eur")
    assert (payout["status"], payout["failureCode"]) == ("paid", None)
    assert payout["createdAt"] < payout["arrivalAt"] <= acme.stub.clock.now_ms()
    path = f"{wire.PAYOUTS}/{payout['id']}"
    assert acme.ask("GET", path).json() == payout
    inside = acme.listed(f"{path}/transactions")
    assert sum(one["net"] for one in inside) == payout["amount"]
    assert sorted(one["type"] for one in inside) == ["charge", "charge", "charge", "refund"]
    assert {one["customerId"] for one in inside} == set(customers)
    back = next(one for one in inside if one["type"] == "refund")
    paid = next(one for one in inside if one["sourceId"] == back["chargeId"])
    assert (back["amount"], back["fee"], back["net"]) == (-500, 0, -500)
    assert (paid["amount"], paid["fee"], paid["net"]) == (PAID, FEE, PAID - FEE)
    assert (paid["customerId"], paid["status"]) == (customers[0], "available")


def test_each_page_of_a_payouts_transactions_is_full(acme: Seller) -> None:
    for _ in range(3):
        acme.sell()
    acme.stub.clock.advance(days=4)
    (payout,) = acme.payouts()
    path = f"{wire.PAYOUTS}/{payout['id']}/transactions"
    assert [len(page) for page in acme.pages(path, limit=1)] == [1, 1, 1]
    assert [len(page) for page in acme.pages(path, limit=2)] == [2, 1]
    assert sum(one["net"] for one in acme.listed(path, limit=2)) == payout["amount"]


def test_payouts_are_paginated_newest_first(acme: Seller) -> None:
    acme.sell()
    acme.stub.clock.advance(days=100)
    pages = acme.pages(wire.PAYOUTS, limit=2)
    assert [len(page) for page in pages] == [2, 2]
    found = [payout for page in pages for payout in page]
    assert [one["createdAt"] for one in found] == sorted(
        (one["createdAt"] for one in found), reverse=True
    )


def test_a_failed_payout_is_paid_out_again(acme: Seller) -> None:
    acme.sell()
    account = acme.options["stripe_account"]
    acme.stub.ask("POST", f"/_stub/money/fail-next-payout?account={account}")
    acme.stub.clock.advance(days=5)
    paid, failed = acme.payouts()
    assert (failed["status"], failed["failureCode"]) == ("failed", "account_closed")
    assert (paid["status"], paid["amount"]) == ("paid", failed["amount"])
    (back,) = acme.listed(f"{wire.PAYOUTS}/{paid['id']}/transactions")
    assert (back["type"], back["sourceId"]) == ("payout_failure", failed["id"])
    assert (back["net"], back["chargeId"], back["customerId"]) == (PAID - FEE, None, None)
    figures = acme.figures(acme.today(-6), acme.today())
    assert (figures["netVolume"], figures["other"]) == (PAID - FEE, 0)


def test_another_merchants_payouts_are_not_found(acme: Seller, globex: Seller) -> None:
    acme.sell()
    acme.stub.clock.advance(days=4)
    (payout,) = acme.payouts()
    assert globex.payouts() == []
    for path in (f"{wire.PAYOUTS}/{payout['id']}", f"{wire.PAYOUTS}/{payout['id']}/transactions"):
        answer = globex.ask("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert globex.listed(wire.TRANSACTIONS) == []
    assert globex.ask("GET", wire.SUMMARY).json() == {"byType": [], "total": []}
    figures = globex.figures(globex.today(-7), globex.today())
    assert (figures["totals"], figures["newCustomers"]) == ([], 0)


# Balance transactions


def test_transactions_can_be_filtered_by_day_and_type(acme: Seller) -> None:
    first = acme.today()
    customer = acme.sell()
    acme.stub.clock.advance(days=2)
    acme.stub.customer(customer, "refund", amount=100)
    everything = acme.listed(wire.TRANSACTIONS)
    booked = [one["createdAt"] for one in everything]
    assert booked == sorted(booked, reverse=True)
    assert {one["type"] for one in everything} == {"charge", "payout", "refund"}
    (charge,) = acme.listed(wire.TRANSACTIONS, **{"from": first, "to": first})
    assert (charge["type"], charge["amount"]) == ("charge", PAID)
    (back,) = acme.listed(wire.TRANSACTIONS, type="refund")
    assert (back["amount"], back["chargeId"]) == (-100, charge["sourceId"])


def test_the_summary_adds_up_the_transactions(acme: Seller) -> None:
    first = acme.sell()
    acme.sell()
    acme.stub.customer(first, "dispute")
    acme.stub.clock.advance(days=40)
    summary = acme.ask("GET", wire.SUMMARY).json()
    booked = acme.transactions()
    for line in summary["byType"]:
        own = [one for one in booked if one.type == line["type"]]
        assert line["count"] == len(own)
        assert line["gross"] == sum(one.amount for one in own)
        assert line["fee"] == sum(one.fee for one in own)
        assert line["net"] == sum(one.net for one in own)
    assert {line["type"] for line in summary["byType"]} == {one.type for one in booked}
    (total,) = summary["total"]
    assert (total["count"], total["net"]) == (len(booked), sum(one.net for one in booked))


@pytest.mark.long
@pytest.mark.nightly
def test_all_pages_of_transactions_are_copied_and_later_only_new_ones(acme: Seller) -> None:
    customer = acme.sell()
    charge = acme.api.charges.list({"customer": customer}, acme.options).data[0].id
    # Webhooks are held, so that the transactions have to be read from Stripe.
    acme.stub.faults.set(hold_webhooks=True)
    for _ in range(100):
        acme.api.refunds.create({"charge": charge, "amount": 1}, acme.options)
    acme.stub.faults.clear()
    for days in (1, 365):
        acme.stub.clock.advance(days=days)
        booked = acme.transactions()
        (total,) = acme.ask("GET", wire.SUMMARY).json()["total"]
        assert (total["count"], total["net"]) == (len(booked), sum(one.net for one in booked))
        assert total["count"] > 100
    figures = acme.figures(acme.today(-365), acme.today())
    assert figures["successfulPayments"] == 12
    assert (figures["growth"]["grossVolume"], figures["mrr"]) == (11.0, PAID)


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-01-01"},
        {"to": "2026-01-01"},
        {"from": "2026-01-02", "to": "2026-01-01"},
        {"from": "yesterday", "to": "2026-01-01"},
    ],
)
def test_invalid_ranges_are_refused(acme: Seller, query: dict[str, str]) -> None:
    for path in (wire.TRANSACTIONS, wire.SUMMARY):
        answer = acme.ask("GET", path, **query)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


# The overview


def test_the_overview_shows_the_figures_of_the_range(acme: Seller) -> None:
    first, second = acme.sell(), acme.sell()
    acme.stub.customer(first, "refund", amount=300)
    acme.stub.customer(second, "dispute")
    figures = acme.figures(acme.today(), acme.today())
    # The disputed 12.00 are withdrawn with a fee of 20.00.
    fees = 2 * FEE + 2000
    assert (figures["currency"], figures["grossVolume"]) == ("eur", 2 * PAID)
    assert figures["refunds"] == {"count": 1, "amount": 300}
    assert figures["disputes"] == {"count": 1, "amount": PAID, "returned": 0}
    assert (figures["fees"], figures["netVolume"]) == (fees, 2 * PAID - 300 - PAID - fees)
    assert (figures["successfulPayments"], figures["newCustomers"]) == (2, 2)
    assert figures["mrr"] == 2 * PAID
    assert figures["netVolume"] == sum(one.net for one in acme.transactions())
    assert figures["growth"]["grossVolume"] is None
    (total,) = figures["totals"]
    assert {name: figures[name] for name in total if name != "growth"} == {
        name: value for name, value in total.items() if name != "growth"
    }


def test_the_overview_has_every_day_of_the_range(acme: Seller) -> None:
    acme.stub.clock.advance(days=1)
    acme.sell()
    acme.stub.clock.advance(days=1)
    figures = acme.figures(acme.today(-2), acme.today())
    assert [day["date"] for day in figures["days"]] == [acme.today(n) for n in (-2, -1, 0)]
    assert [day["newCustomers"] for day in figures["days"]] == [0, 1, 0]
    before, on, after = (day["totals"] for day in figures["days"])
    assert before == []
    assert [(one["grossVolume"], one["mrr"]) for one in on] == [(PAID, PAID)]
    assert [(one["grossVolume"], one["mrr"]) for one in after] == [(0, PAID)]


def test_growth_is_relative_to_the_previous_range(acme: Seller) -> None:
    acme.sell()
    acme.stub.clock.advance(days=7)
    for _ in range(3):
        acme.sell()
    figures = acme.figures(acme.today(-6), acme.today())
    assert figures["growth"] == {
        "grossVolume": 2.0,
        "netVolume": 2.0,
        "fees": 2.0,
        "refunds": None,
        "disputes": None,
        "successfulPayments": 2.0,
        "mrr": 3.0,
        "newCustomers": 2.0,
    }


def test_days_are_in_the_accounts_time_zone(acme: Seller) -> None:
    start = from_iso(f"{acme.today(1)}T00:00:00Z")
    # Half past eleven in the evening in London is the next morning in Tokyo.
    acme.stub.clock.advance_to(start - 30 * 60 * SECOND_MS)
    acme.sell()
    today, tomorrow = acme.today(), acme.today(1)
    assert acme.figures(today, today)["grossVolume"] == PAID
    assert acme.figures(tomorrow, tomorrow, timeZone="Asia/Tokyo")["grossVolume"] == PAID
    assert acme.ask("GET", wire.SETTINGS).json() == {"timeZone": "UTC"}
    changed = acme.ask("PATCH", wire.SETTINGS, {"timeZone": "Asia/Tokyo"})
    assert (changed.status_code, changed.json()) == (200, {"timeZone": "Asia/Tokyo"})
    assert acme.ask("GET", wire.SETTINGS).json() == {"timeZone": "Asia/Tokyo"}
    figures = acme.figures(today, tomorrow)
    assert figures["timeZone"] == "Asia/Tokyo"
    assert [len(day["totals"]) for day in figures["days"]] == [0, 1]
    assert acme.figures(today, today, timeZone="UTC")["grossVolume"] == PAID
    assert acme.listed(wire.TRANSACTIONS, **{"from": today, "to": today}) == []
    assert len(acme.listed(wire.TRANSACTIONS, **{"from": tomorrow, "to": tomorrow})) == 1


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"startDate": "2026-01-01"},
        {"startDate": "2026-01-02", "endDate": "2026-01-01"},
        {"startDate": "2026-01-01", "endDate": "2027-01-02"},
        {"startDate": "2026-02-30", "endDate": "2026-03-01"},
        {"startDate": "20260101", "endDate": "20260102"},
        {"startDate": "0001-01-01", "endDate": "0001-01-02"},
        {"startDate": "9999-12-31", "endDate": "9999-12-31"},
        {"startDate": "2026-01-01", "endDate": "2026-01-02", "timeZone": "Mars/Olympus"},
        {"startDate": "2026-01-01", "endDate": "2026-01-02", "timeZone": "../../etc/passwd"},
        {"startDate": "2026-01-01", "endDate": "2026-01-02", "timeZone": ""},
    ],
)
def test_invalid_overview_queries_are_refused(acme: Seller, query: dict[str, str]) -> None:
    answer = acme.ask("GET", wire.OVERVIEW, **query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "change", [{}, {"timeZone": "localtime"}, {"timeZone": 1}, {"zone": "UTC"}]
)
def test_invalid_settings_are_refused(acme: Seller, change: Any) -> None:
    answer = acme.ask("PATCH", wire.SETTINGS, change)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert acme.ask("GET", wire.SETTINGS).json() == {"timeZone": "UTC"}


def test_a_range_can_have_366_days(acme: Seller) -> None:
    figures = acme.figures("2028-01-01", "2028-12-31")
    assert len(figures["days"]) == 366


def test_an_unreachable_stripe_is_reported(acme: Seller) -> None:
    acme.stub.faults.set(status=503, path="/stripe/v1/balance_transactions")
    answer = acme.ask("GET", wire.OVERVIEW, startDate=acme.today(), endDate=acme.today())
    assert (answer.status_code, answer.json()["code"]) == (502, "stripe_unavailable")


def test_the_order_of_events_does_not_change_the_overview(acme: Seller) -> None:
    acme.stub.faults.set(hold_webhooks=True)
    customer = acme.sell()
    acme.sell()
    acme.stub.customer(customer, "cancel", at_period_end=False)
    acme.stub.faults.set(shuffle_webhooks=True, duplicate_webhooks=True)
    acme.stub.clock.advance(seconds=1)
    figures = acme.figures(acme.today(-1), acme.today())
    assert (figures["mrr"], figures["newCustomers"]) == (PAID, 2)
    assert figures["netVolume"] == sum(one.net for one in acme.transactions())


# Follow-up jobs


def test_a_purchase_links_the_contact_and_is_fulfilled_once(acme: Seller) -> None:
    customer = acme.sell()
    contact, purchase = sorted(notes(acme.stub), key=lambda note: str(note["type"]))
    assert (contact["type"], contact["accountId"]) == ("contact.link", "acme")
    assert (contact["customerId"], contact["email"]) == (customer, "ada@example.com")
    assert (purchase["type"], purchase["accountId"]) == ("purchase.fulfil", "acme")
    assert (purchase["customerId"], purchase["amount"]) == (customer, PAID)
    acme.stub.clock.advance(days=32)
    assert len(notes(acme.stub)) == 2


def test_a_paid_link_is_fulfilled_once(acme: Seller) -> None:
    customer = acme.made(people.CUSTOMERS, {"email": "bo@example.com"})["id"]
    item = {"description": "Setup", "amount": 700, "currency": "eur", "quantity": 2}
    link = acme.made(selling.PAYMENT_LINKS, {"customerId": customer, "items": [item]})
    assert [note["type"] for note in notes(acme.stub)] == ["contact.link"]
    acme.stub.pay(link["id"])
    _, purchase = notes(acme.stub)
    assert (purchase["type"], purchase["invoiceId"]) == ("purchase.fulfil", link["invoiceId"])
    assert (purchase["customerId"], purchase["amount"]) == (customer, 1400)
    assert acme.figures(acme.today(), acme.today())["grossVolume"] == 1400


def test_a_one_time_purchase_is_fulfilled_once(acme: Seller) -> None:
    lamp = {"name": "Lamp", "price": {"amount": 900, "currency": "eur"}}
    price = acme.made(selling.PRODUCTS, lamp)["prices"][0]["id"]
    session = acme.made(selling.CHARGES, {"priceId": price})["id"]
    acme.stub.pay(session, email="ada@example.com")
    sent_jobs = [note for note in notes(acme.stub) if note["type"] == "purchase.fulfil"]
    assert [(note["sessionId"], note["amount"]) for note in sent_jobs] == [(session, 900)]


def test_a_delayed_payment_is_fulfilled_when_it_succeeds(acme: Seller) -> None:
    acme.sell(card="sepa_debit")
    types = [note["type"] for note in notes(acme.stub)]
    assert types == ["contact.link"]
    acme.stub.clock.advance(days=1)
    types = [note["type"] for note in notes(acme.stub)]
    assert types == ["contact.link", "purchase.fulfil"]


def test_each_dispute_and_failed_payment_opens_a_conversation(acme: Seller) -> None:
    customer = acme.sell()
    acme.stub.customer(customer, "fail_next_payment")
    acme.stub.clock.advance(days=60)
    acme.stub.customer(customer, "dispute")
    opened = [note for note in notes(acme.stub) if note["type"] == "conversation.open"]
    assert [note["about"] for note in opened] == ["payment_failed", "dispute"]
    assert opened[0]["customerId"] == customer
    assert opened[1]["amount"] == PAID


def test_a_job_is_retried_while_its_receiver_is_down(acme: Seller) -> None:
    acme.stub.faults.set(status=503, path=NOTIFICATIONS)
    acme.sell()
    acme.stub.faults.clear()
    assert notes(acme.stub) == []
    acme.stub.clock.advance(minutes=5)
    assert len(notes(acme.stub)) == 2


def test_jobs_name_their_own_merchant(acme: Seller, globex: Seller) -> None:
    acme.sell()
    globex.sell()
    sent_jobs = {(note["accountId"], note["type"]) for note in notes(acme.stub)}
    assert len(sent_jobs) == len(notes(acme.stub)) == 4
    assert {account for account, _ in sent_jobs} == {"acme", "globex"}
