"""What the document of `dashclicks` says beyond routes: records, variables, parents, bundles."""

from __future__ import annotations

import hmac
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from keystead.encoding import b64u_decode, b64u_encode
from keystead.instants import iso
from keystead.wire.dashclicks import money, people
from keystead.wire.dashclicks import selling as wire
from keystead_stub.controls.account_records import ACCOUNT_RECORDS
from keystead_stub.controls.notifications import ROUTER
from keystead_stub.in_process import BillingStub
from keystead_stub.settings import NOTIFICATIONS
from support.seller import Seller, error_of

SECRET = "provisioning-secret-" + "s" * 20
ITEM = {"description": "Setup", "amount": 5000, "currency": "eur", "quantity": 1}


@pytest.fixture
def acme(billing_stub: BillingStub, http: httpx.Client) -> Seller:
    return Seller(billing_stub, http, "acme")


@pytest.fixture
def configured(tmp_path: Path) -> Iterator[Callable[..., Seller]]:
    """Return a function that starts a stub with these variables and returns a merchant of it."""
    with ExitStack() as stack:

        def start(**variables: str) -> Seller:
            database = f"sqlite:///{tmp_path / 'stub.db'}"
            running = BillingStub.running(tmp_path / "run", variables, database=database)
            stub = stack.enter_context(running)
            client = httpx.Client(base_url=stub.url, trust_env=False, timeout=60)
            return Seller(stub, stack.enter_context(client), "acme")

        yield start


def _day(ms: int) -> str:
    return iso(ms)[:10]


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


def test_the_documents_collections_are_read_by_their_names(
    configured: Callable[..., Seller], tmp_path: Path
) -> None:
    acme = configured()
    customer = acme.customer()
    product = acme.product("Toolbox", interval="month")
    acme.buy(priceId=product["prices"][0]["id"], customerId=customer)
    acme.made(f"{people.CUSTOMERS}/{customer}/{people.NOTES}", {"note": "Called."})
    acme.ask("PUT", f"{people.CUSTOMERS}/{customer}/{people.CONTACT}", {"contactId": "con_1"})
    acme.top_up(700)
    acme.made(wire.USAGE, {"amount": 200, "currency": "eur", "description": "SMS"})
    acme.stub.customer(customer, "refund", amount=100)
    acme.stub.customer(customer, "dispute")
    database = tmp_path / "stub.db"

    def of(name: str) -> list[tuple[Any, ...]]:
        query = f"SELECT account_id, id FROM \"{name}\" WHERE account_id = 'acme'"  # noqa: S608
        return rows(database, query)

    assert len(of("billing.charges")) == 2
    assert ("acme", customer) in of("billing.customers")
    assert ("acme", product["id"]) in of("billing.products")
    for name in ("subscriptions", "disputes", "refunds", "notes"):
        assert len(of(f"billing.{name}")) == 1, name
    assert rows(database, 'SELECT id, plan FROM "_store.products"') == [("prod_pro", "pro")]
    prices = rows(database, 'SELECT product_id, amount, "interval" FROM "_store.prices"')
    assert sorted(prices) == [("prod_pro", 1200, "month"), ("prod_pro", 12000, "year")]
    assert rows(database, "SELECT * FROM onebalance") == [("acme", "eur", 500)]
    logged = rows(database, 'SELECT amount, base_amount FROM "onebalance-usage_logs"')
    assert logged == [(200, 200)]
    assert rows(database, 'SELECT contact_id, customer_id FROM "crm.contacts"') == [
        ("con_1", customer)
    ]
    kinds = {kind for (kind,) in rows(database, "SELECT kind FROM queues")}
    assert {"dashclicks.fulfilment", "dashclicks.conversation", "dashclicks.customer"} <= kinds
    assert rows(database, 'SELECT count(*) FROM "support.conversations"')[0][0] >= 2
    assert rows(database, "SELECT count(*) FROM _accounts") == [(0,)]


# The balance


def test_usage_is_taken_from_the_balance_and_logged(acme: Seller) -> None:
    acme.top_up(1000)
    body = {"amount": 300, "currency": "eur", "description": "Calls"}
    first = acme.made(wire.USAGE, body)
    second = acme.made(wire.USAGE, {**body, "amount": 700})
    assert (first["baseAmount"], first["baseCurrency"], first["rate"]) == (300, "eur", "1")
    assert acme.listed(wire.USAGE, limit=1) == [second, first]
    assert acme.balance() == 0
    assert error_of(acme.ask("POST", wire.USAGE, body)) == (409, "conflict")
    assert error_of(acme.ask("POST", wire.USAGE, {**body, "currency": "usd"}))[0] == 400
    assert error_of(acme.ask("POST", wire.USAGE, {**body, "amount": 0}))[0] == 400


def test_the_ledger_is_in_the_base_currency_with_both_amounts_and_the_rate(
    configured: Callable[..., Seller],
) -> None:
    acme = configured(BASE_CURRENCY="USD", CURRENCY_RATES="eur=1.1, jpy=0.0067, gbp=x")
    acme.top_up(1000, "eur")
    acme.top_up(1000, "jpy")
    entries = acme.got(wire.BALANCE)["entries"]["data"]
    assert [
        (one["amount"], one["currency"], one["originalAmount"], one["originalCurrency"])
        for one in entries
    ] == [(670, "usd", 1000, "jpy"), (1100, "usd", 1000, "eur")]
    assert [one["rate"] for one in entries] == ["0.0067", "1.1"]
    used = acme.made(wire.USAGE, {"amount": 100, "currency": "eur", "description": "SMS"})
    assert (used["amount"], used["baseAmount"], used["baseCurrency"]) == (100, 110, "usd")
    assert acme.balance("usd") == 1660
    # A currency without a rate stays in its own.
    acme.top_up(500, "gbp")
    assert acme.balance("gbp") == 500
    price = acme.price(amount=1000)
    assert acme.made(wire.CHARGES, {"priceId": price, "fromBalance": True})["id"]
    assert acme.balance("usd") == 560


# Contacts and the internal router


def test_a_payment_link_for_a_contact_finds_or_creates_its_customer(acme: Seller) -> None:
    body = {"contactId": "con_7", "email": "con7@example.com", "name": "Con", "items": [ITEM]}
    first = acme.made(wire.PAYMENT_LINKS, body)
    second = acme.made(wire.PAYMENT_LINKS, body)
    assert second["customerId"] == first["customerId"]
    customer = acme.got(f"{people.CUSTOMERS}/{first['customerId']}")
    assert (customer["contactId"], customer["email"]) == ("con_7", "con7@example.com")
    acme.ask("DELETE", f"{people.CUSTOMERS}/{first['customerId']}")
    third = acme.made(wire.PAYMENT_LINKS, body)
    assert third["customerId"] != first["customerId"]
    other = acme.customer("other@example.com")
    taken = {"contactId": "con_7", "customerId": other, "items": [ITEM]}
    assert error_of(acme.ask("POST", wire.PAYMENT_LINKS, taken)) == (409, "conflict")
    linked = {**taken, "contactId": "con_8"}
    assert acme.made(wire.PAYMENT_LINKS, linked)["customerId"] == other
    assert error_of(acme.ask("POST", wire.PAYMENT_LINKS, {"items": [ITEM]}))[0] == 400


def test_each_created_customer_is_reported_once_to_the_internal_router(acme: Seller) -> None:
    customer = acme.customer("new@example.com")
    acme.stub.clock.advance(seconds=1)
    (told,) = acme.stub.ask("GET", ROUTER)["customers"]
    assert (told["accountId"], told["customerId"], told["email"]) == (
        "acme",
        customer,
        "new@example.com",
    )
    notes = acme.stub.ask("GET", NOTIFICATIONS)["notifications"]
    assert "customer.created" not in {one["type"] for one in notes}


# Bundles, and what a completed payment causes


def test_a_bundle_adds_the_setup_fee_and_its_fulfilment_has_a_provisioning_token(
    configured: Callable[..., Seller],
) -> None:
    acme = configured(SETUP_PRODUCT="prod_setup", APP_SECRET=SECRET)
    price = acme.price(amount=4900)
    body: dict[str, Any] = {"priceId": price, "bundle": "phone"}
    refused = acme.ask("POST", wire.CHARGES, body)
    assert error_of(refused) == (400, "invalid_request")
    acme.at_stripe("products", id="prod_setup", name="Setup fee")
    acme.at_stripe("prices", product="prod_setup", currency="eur", unit_amount="1500")
    for wrong in ({"plan": "pro"}, {"priceId": acme.price(interval="month")}):
        answer = acme.ask("POST", wire.CHARGES, {"bundle": "phone", **wrong})
        assert error_of(answer) == (400, "invalid_request")
    session = acme.buy(**body)
    assert acme.listed(wire.CHARGES)[0]["amount"] == 6400
    acme.stub.clock.advance(seconds=1)
    notes = acme.stub.ask("GET", NOTIFICATIONS)["notifications"]
    (job,) = [one for one in notes if one["type"] == "purchase.fulfil"]
    assert job["bundle"] == "phone"
    head, claims, signature = job["provisioningToken"].split(".")
    mac = hmac.new(SECRET.encode(), f"{head}.{claims}".encode(), sha256).digest()
    assert signature == b64u_encode(mac)
    said = json.loads(b64u_decode(claims))
    assert (said["accountId"], said["bundle"], said["sub"]) == ("acme", "phone", session)
    assert said["exp"] - said["iat"] == 86_400


def test_without_a_setup_product_no_bundle_is_sold(acme: Seller) -> None:
    body = {"priceId": acme.price(), "bundle": "listing"}
    assert error_of(acme.ask("POST", wire.CHARGES, body)) == (400, "invalid_request")


def test_a_completed_payment_opens_a_conversation_also_in_the_marketplace(acme: Seller) -> None:
    acme.buy(plan="pro")
    acme.buy(priceId=acme.price(), customerId=acme.customer())
    acme.stub.clock.advance(seconds=1)
    notes = acme.stub.ask("GET", NOTIFICATIONS)["notifications"]
    opened = [one for one in notes if one["type"] == "conversation.open"]
    assert [one["about"] for one in opened] == ["payment_completed"] * 2
    assert {one["accountId"] for one in opened} == {"acme"}
    fulfilled = [one["amount"] for one in notes if one["type"] == "purchase.fulfil"]
    assert sorted(fulfilled) == [1200, 4900]


# Parents


def test_a_parent_acts_for_its_sub_account_and_for_no_other(
    acme: Seller, billing_stub: BillingStub, http: httpx.Client
) -> None:
    agency = Seller(billing_stub, http, "agency")
    product = acme.product("Toolbox")

    def asked(account: str, path: str = wire.PRODUCTS) -> httpx.Response:
        headers = {**agency.headers, "X-Account-Id": account}
        return http.get(f"/dashclicks{path}", headers=headers)

    assert error_of(asked("acme")) == (404, "not_found")
    body = {"parentAccountId": "agency"}
    billing_stub.ask("PATCH", f"{ACCOUNT_RECORDS}/acme", body)
    assert [one["id"] for one in asked("acme").json()["data"]] == [product["id"]]
    assert asked("acme", people.ACCOUNT).json()["parentAccountId"] == "agency"
    assert asked("agency").json()["data"] == []
    assert error_of(asked("globex")) == (404, "not_found")
    # A sub-account owns nobody, its parent included.
    headers = {**acme.headers, "X-Account-Id": "agency"}
    assert http.get(f"/dashclicks{wire.PRODUCTS}", headers=headers).status_code == 404
    refused = http.patch(f"{ACCOUNT_RECORDS}/agency", json={"parentAccountId": "acme"})
    assert error_of(refused) == (400, "invalid_request")


def test_an_account_without_credentials_is_refused_with_the_reason(
    billing_stub: BillingStub, http: httpx.Client
) -> None:
    loner = Seller(billing_stub, http, "loner", stripe_connected=False)
    answer = loner.ask("GET", money.OVERVIEW)
    assert error_of(answer) == (403, "stripe_not_connected")
    assert "no connected Stripe credentials" in answer.json()["detail"]


# The overview


def test_the_overview_has_disputes_payouts_and_products(acme: Seller) -> None:
    product = acme.product("Toolbox", interval="month")
    price = product["prices"][0]["id"]
    sold = [acme.customer(f"c{number}@example.com") for number in range(2)]
    for customer in sold:
        acme.buy(priceId=price, customerId=customer)
    acme.stub.customer(sold[0], "dispute")
    acme.stub.clock.advance(days=10)
    days = {"startDate": "2020-01-01", "endDate": "2020-01-02"}
    empty = acme.got(money.OVERVIEW, **days)
    assert (empty["disputeAnalytics"]["opened"], empty["payouts"]) == (0, [])
    today = acme.stub.clock.now_ms()
    span = {"startDate": _day(today - 11 * 86_400_000), "endDate": _day(today)}
    found = acme.got(money.OVERVIEW, **span)
    disputes = found["disputeAnalytics"]
    assert (disputes["opened"], disputes["disputeRate"]) == (1, 0.5)
    assert sum(one["count"] for one in disputes["reasons"]) == 1
    (payouts,) = found["payouts"]
    assert payouts["count"] >= 1
    assert payouts["amount"] == payouts["paid"] + payouts["inTransit"] + payouts["failed"]
    assert found["products"] == [
        {"productId": product["id"], "name": "Toolbox", "subscriptions": 2}
    ]


def test_a_product_that_is_not_cached_is_fetched_by_the_overview(
    configured: Callable[..., Seller], tmp_path: Path
) -> None:
    acme = configured()
    product = acme.product("Toolbox", interval="month")
    acme.buy(priceId=product["prices"][0]["id"], customerId=acme.customer())
    with closing(sqlite3.connect(tmp_path / "stub.db")) as connection:
        connection.execute("DELETE FROM mirrored_objects WHERE kind = 'product'")
        connection.commit()
    today = _day(acme.stub.clock.now_ms())
    for _ in range(2):
        found = acme.got(money.OVERVIEW, startDate=today, endDate=today)
        assert [one["name"] for one in found["products"]] == ["Toolbox"]
        cached = rows(tmp_path / "stub.db", 'SELECT id FROM "billing.products"')
        assert cached == [(product["id"],)]
