"""`dashclicks`: products, prices and purchases, over real HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from keystead.instants import DAY_MS
from keystead.wire.dashclicks import selling as wire
from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice
from support.hosted_page import submit_form
from support.merchant import API
from support.seller import Seller, error_of, json_of

ROOT = f"/{API}"
PRO_MONTHLY = "price_nyra_pro_monthly"


@pytest.fixture
def acme(billing_stub: BillingStub, http: httpx.Client) -> Seller:
    return Seller(billing_stub, http, "acme")


def test_a_product_is_created_changed_and_found(acme: Seller) -> None:
    made = acme.product("Toolbox", features=["export", "sync"], interval="month")
    assert (made["name"], made["active"], made["features"]) == (
        "Toolbox",
        True,
        ["export", "sync"],
    )
    assert made["key"] == made["id"]
    (price,) = made["prices"]
    assert (price["amount"], price["currency"], price["interval"]) == (4900, "eur", "month")
    path = f"{wire.PRODUCTS}/{made['id']}"
    assert acme.got(path) == made
    changed = acme.changed(path, {"name": "Tool chest", "features": []})
    assert (changed["name"], changed["features"]) == ("Tool chest", [])
    assert acme.changed(path, {}) == changed
    second = acme.made(f"{path}/prices", {"amount": 49000, "currency": "eur", "interval": "year"})
    assert [one["id"] for one in acme.got(f"{path}/prices")["data"]] == [second["id"], price["id"]]
    assert second["id"] in [one["id"] for one in acme.got(wire.PRICES, limit="100")["data"]]


def test_a_product_with_prices_is_archived_instead_of_deleted(acme: Seller) -> None:
    made = acme.product()
    path = f"{wire.PRODUCTS}/{made['id']}"
    assert acme.removed(path) == {"id": made["id"], "deleted": False, "archived": True}
    assert acme.got(path)["active"] is False
    sold = [one["id"] for one in acme.got(wire.PRODUCTS, active="true")["data"]]
    assert made["id"] not in sold


def test_products_are_paginated_newest_first(acme: Seller) -> None:
    made = [acme.product(f"P{number}")["id"] for number in range(4)]
    first = acme.got(wire.PRODUCTS, limit="3")
    assert [one["id"] for one in first["data"]] == made[:0:-1]
    assert (first["hasMore"], first["nextCursor"]) == (True, made[1])
    rest = acme.got(wire.PRODUCTS, cursor=first["nextCursor"])
    assert rest["data"][0]["id"] == made[0]
    assert (rest["hasMore"], rest["nextCursor"]) == (False, None)


@pytest.mark.parametrize(
    "price",
    [
        {"amount": -1, "currency": "eur"},
        {"amount": 100_000_000, "currency": "eur"},
        {"amount": 1.5, "currency": "eur"},
        {"amount": "100", "currency": "eur"},
        {"amount": 100, "currency": "EUR"},
        {"amount": 100, "currency": "xxx"},
        {"amount": 100, "currency": "eur", "interval": "week"},
        {"currency": "eur"},
    ],
)
def test_invalid_prices_are_refused(acme: Seller, price: Any) -> None:
    answer = acme.ask("POST", wire.PRODUCTS, {"name": "P", "price": price})
    assert error_of(answer) == (400, "invalid_request")
    assert "P" not in [one["name"] for one in acme.got(wire.PRODUCTS)["data"]]


@pytest.mark.parametrize("amount", [0, 1, 99_999_999])
def test_the_smallest_and_largest_amounts_are_accepted(acme: Seller, amount: int) -> None:
    assert acme.product(amount=amount)["prices"][0]["amount"] == amount


def test_unknown_products_are_not_found(acme: Seller) -> None:
    for method, path, body in (
        ("GET", "/prod_none", None),
        ("PATCH", "/prod_none", {"name": "X"}),
        ("DELETE", "/prod_none", None),
        ("GET", "/prod_none/prices", None),
        ("POST", "/prod_none/prices", {"amount": 1, "currency": "eur"}),
    ):
        assert error_of(acme.ask(method, wire.PRODUCTS + path, body)) == (404, "not_found")


def test_plans_include_the_catalogues_and_the_merchants_own(acme: Seller) -> None:
    monthly = acme.product("Toolbox", features=["export"], interval="month", amount=500)
    acme.made(
        f"{wire.PRODUCTS}/{monthly['id']}/prices",
        {"amount": 5000, "currency": "eur", "interval": "year"},
    )
    once = acme.product("Poster", amount=2500)
    archived = acme.product("Old")
    acme.removed(f"{wire.PRODUCTS}/{archived['id']}")
    plans = {plan["plan"]: plan for plan in acme.got(wire.PLANS)["plans"]}
    assert next(iter(plans)) == "pro"
    assert archived["id"] not in plans
    assert {price["priceId"] for price in plans["pro"]["prices"]} >= {PRO_MONTHLY}
    own = plans[monthly["id"]]
    assert (own["name"], own["features"]) == ("Toolbox", ["export"])
    assert [(p["billingPeriod"], p["amount"]) for p in own["prices"]] == [
        ("monthly", 500),
        ("yearly", 5000),
    ]
    assert [p["billingPeriod"] for p in plans[once["id"]]["prices"]] == ["once"]


def test_an_accounts_purchase_activates_its_device(acme: Seller, device: BillingDevice) -> None:
    session = acme.buy(device, plan="pro", billingPeriod="yearly", quantity=3)
    status = device.status(checkoutSessionId=session)
    assert (status["active"], status["status"]) == (True, "active")
    entitlement = status["entitlement"]
    assert (entitlement["key"], entitlement["features"]) == ("pro", ["export", "sync"])
    assert entitlement["seats"] == 3
    has = acme.got(wire.SUBSCRIPTION)
    assert (has["active"], has["plan"], has["status"], has["seats"]) == (True, "pro", "active", 3)
    assert has["customerId"].startswith("cus_")
    assert has["currentPeriodEnd"] == entitlement["currentPeriodEnd"]
    billed = acme.got(wire.INVOICES)
    (invoice,) = billed["data"]
    assert (invoice["status"], invoice["amountPaid"]) == ("paid", 36000)
    assert billed["paymentMethod"] == {"brand": "visa", "last4": "4242"}


def test_the_merchants_own_subscription_entitles_to_its_product(
    acme: Seller, device: BillingDevice
) -> None:
    product = acme.product(features=["audit", "export"], interval="month")
    session = acme.buy(device, priceId=product["prices"][0]["id"])
    entitlement = device.status(checkoutSessionId=session)["entitlement"]
    assert (entitlement["key"], entitlement["features"]) == (product["id"], ["audit", "export"])
    assert acme.got(wire.SUBSCRIPTION)["plan"] == product["id"]


def test_a_one_time_purchase_stays_active(
    acme: Seller, billing_stub: BillingStub, device: BillingDevice
) -> None:
    product = acme.product(features=["export"], amount=9900)
    session = acme.buy(device, priceId=product["prices"][0]["id"])
    status = device.status(checkoutSessionId=session)
    assert (status["active"], status["status"]) == (True, "active")
    entitlement = status["entitlement"]
    assert (entitlement["key"], entitlement["currentPeriodEnd"]) == (product["id"], None)
    assert status["offlineGrace"]["endsAt"] <= status["serverTime"] + DAY_MS
    token = status["deviceAccessToken"]
    billing_stub.clock.advance(days=400)
    later = device.ask(token=token).json()
    assert (later["active"], later["status"]) == (True, "active")
    assert later["offlineGrace"]["endsAt"] > later["serverTime"] + DAY_MS - 2000
    has = acme.got(wire.SUBSCRIPTION)
    assert (has["active"], has["plan"], has["subscriptionId"]) == (True, product["id"], None)
    (invoice,) = acme.got(wire.INVOICES)["data"]
    assert (invoice["status"], invoice["amountPaid"]) == ("paid", 9900)


@pytest.mark.parametrize(("happens", "reason"), [("refund", "refunded"), ("dispute", "disputed")])
def test_a_full_refund_ends_a_one_time_purchase(
    acme: Seller, billing_stub: BillingStub, device: BillingDevice, happens: str, reason: str
) -> None:
    product = acme.product(amount=9900)
    session = acme.buy(device, priceId=product["prices"][0]["id"])
    token = device.status(checkoutSessionId=session)["deviceAccessToken"]
    customer = acme.got(wire.SUBSCRIPTION)["customerId"]
    if happens == "refund":
        billing_stub.customer(customer, "refund", amount=100)
        assert device.ask(token=token).json()["active"] is True
    billing_stub.customer(customer, happens)
    after = device.ask(token=token).json()
    assert (after["active"], after["reason"]) == (False, reason)


def test_without_webhooks_the_checkout_session_is_read_from_stripe(
    acme: Seller, billing_stub: BillingStub, device: BillingDevice
) -> None:
    started = acme.made(wire.CHARGES, {"plan": "pro", **device.identity()})
    waiting = device.status(checkoutSessionId=started["id"])
    assert (waiting["active"], waiting["status"]) == (False, "checkout_open")
    billing_stub.faults.set(hold_webhooks=True)
    billing_stub.pay(started["id"], email="ada@example.com")
    status = device.status(checkoutSessionId=started["id"])
    assert (status["active"], status["status"]) == (True, "settling")
    assert status["entitlement"]["key"] == "pro"


def test_a_customers_purchase_does_not_entitle_the_account(
    acme: Seller, billing_stub: BillingStub, device: BillingDevice
) -> None:
    customer = acme.customer()
    monthly = acme.price(interval="month")
    bought = acme.buy(device, priceId=monthly, customerId=customer)
    assert device.status(checkoutSessionId=bought)["active"]
    assert billing_stub.state(device.id)["customer"]["id"] == customer
    assert acme.got(wire.SUBSCRIPTION)["customerId"] is None
    fields = {"priceId": monthly, "customerId": customer}
    assert error_of(acme.ask("POST", wire.CHARGES, fields)) == (409, "already_entitled")
    other = acme.product(interval="month")["prices"][0]["id"]
    assert acme.made(wire.CHARGES, {**fields, "priceId": other})["url"]


def test_an_account_cannot_buy_its_subscription_twice(acme: Seller) -> None:
    own = acme.price(interval="month")
    wanted: list[dict[str, Any]] = [{"plan": "pro"}, {"priceId": own}]
    for fields in wanted:
        acme.buy(**fields)
        assert error_of(acme.ask("POST", wire.CHARGES, fields)) == (409, "already_entitled")
    assert acme.made(wire.CHARGES, {"priceId": acme.price()})["url"]


def test_another_merchants_products_and_charges_are_not_found(
    acme: Seller, billing_stub: BillingStub, http: httpx.Client
) -> None:
    globex = Seller(billing_stub, http, "globex")
    product = acme.product(interval="month")
    customer = acme.customer()
    acme.buy(plan="pro")
    (charge,) = acme.got(wire.CHARGES)["data"]
    price = {"amount": 1, "currency": "eur"}
    for method, path, body in (
        ("GET", f"{wire.PRODUCTS}/{product['id']}", None),
        ("PATCH", f"{wire.PRODUCTS}/{product['id']}", {"name": "Mine"}),
        ("DELETE", f"{wire.PRODUCTS}/{product['id']}", None),
        ("POST", f"{wire.PRODUCTS}/{product['id']}/prices", price),
        ("GET", f"{wire.CHARGES}/{charge['id']}", None),
        ("POST", wire.CHARGES, {"priceId": product["prices"][0]["id"]}),
        ("POST", wire.CHARGES, {"plan": "pro", "customerId": customer}),
        ("POST", wire.PORTAL, {"customerId": customer}),
    ):
        assert error_of(globex.ask(method, path, body)) == (404, "not_found"), path
    assert globex.got(wire.CHARGES)["data"] == []
    assert globex.got(wire.CHARGES, customerId=charge["customerId"])["data"] == []
    assert product["id"] not in [one["plan"] for one in globex.got(wire.PLANS)["plans"]]
    assert globex.got(wire.SUBSCRIPTION)["status"] is None


def test_charges_list_sales_and_the_accounts_own_payments_newest_first(
    acme: Seller, billing_stub: BillingStub
) -> None:
    price, customer = acme.price(), acme.customer()
    wanted: list[dict[str, Any]] = [{"customerId": customer, "priceId": price}, {"plan": "pro"}]
    for fields in wanted * 2:
        if "plan" not in fields or not acme.got(wire.SUBSCRIPTION)["active"]:
            acme.buy(**fields)
        billing_stub.clock.advance(seconds=2)
    listed = [one["amount"] for one in acme.got(wire.CHARGES)["data"]]
    assert listed == [4900, 1200, 4900]
    assert [one["amount"] for one in acme.listed(wire.CHARGES, limit=1)] == listed


def test_charges_list_what_was_paid(acme: Seller) -> None:
    acme.buy(plan="pro")
    (charge,) = acme.got(wire.CHARGES)["data"]
    assert (charge["status"], charge["amount"], charge["refunded"]) == ("succeeded", 1200, False)
    assert acme.got(f"{wire.CHARGES}/{charge['id']}") == charge
    assert acme.got(wire.CHARGES, customerId=charge["customerId"])["data"] == [charge]
    assert error_of(acme.ask("GET", f"{wire.CHARGES}/ch_none")) == (404, "not_found")


def test_the_portal_opens_for_the_account_or_a_customer(acme: Seller, http: httpx.Client) -> None:
    acme.buy(plan="pro")
    own = json_of(acme.ask("POST", wire.PORTAL))
    assert http.get(own["url"]).status_code == 200
    customer = acme.got(wire.SUBSCRIPTION)["customerId"]
    body = {"customerId": customer, "flow": "payment_method_update"}
    assert json_of(acme.ask("POST", wire.PORTAL, body))["url"] != own["url"]
    unknown = acme.ask("POST", wire.PORTAL, {"customerId": "cus_none"})
    assert error_of(unknown) == (404, "not_found")


@pytest.mark.parametrize("held", [False, True])
def test_the_features_follow_a_change_of_plan_in_the_portal(
    acme: Seller, billing_stub: BillingStub, device: BillingDevice, *, held: bool
) -> None:
    basic = acme.product("Basic", features=["export"], interval="month")
    session = acme.buy(device, priceId=basic["prices"][0]["id"])
    token = device.status(checkoutSessionId=session)["deviceAccessToken"]
    billing_stub.faults.set(hold_webhooks=held)
    gold = acme.product("Gold", features=["audit", "export"], amount=9900, interval="month")
    portal = json_of(acme.ask("POST", wire.PORTAL))["url"]
    price = gold["prices"][0]["id"]
    page = submit_form(portal, {"action": "seats", "seats": "1", "price": price})
    assert page.status_code == 200, page.text
    billing_stub.faults.set(hold_webhooks=False, shuffle_webhooks=held)
    billing_stub.clock.advance(seconds=1)
    has = acme.got(wire.SUBSCRIPTION)
    assert (has["plan"], has["features"], has["priceId"]) == (
        gold["id"],
        ["audit", "export"],
        price,
    )
    assert device.ask(token=token).json()["entitlement"]["features"] == ["audit", "export"]
    acme.changed(f"{wire.PRODUCTS}/{gold['id']}", {"features": ["audit"]})
    assert acme.got(wire.SUBSCRIPTION)["features"] == ["audit"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"plan": "team"}, 400),
        ({"plan": "pro", "billingPeriod": "weekly"}, 400),
        ({"plan": "pro", "quantity": 51}, 400),
        ({"priceId": "price_none"}, 404),
        ({"plan": "pro", "customerId": "cus_none"}, 404),
        ({"plan": "pro", "deviceId": "x" * 43}, 400),
        ({"plan": "pro", "returnUrl": "https://evil.example/"}, 400),
    ],
)
def test_a_purchase_of_something_not_on_sale_is_refused(
    acme: Seller, fields: Any, status: int
) -> None:
    assert acme.ask("POST", wire.CHARGES, fields).status_code == status


def test_an_account_that_bought_nothing_has_no_subscription(acme: Seller) -> None:
    has = acme.got(wire.SUBSCRIPTION)
    assert (has["active"], has["plan"], has["status"], has["seats"]) == (False, None, None, 0)
    none = {"data": [], "hasMore": False, "nextCursor": None, "paymentMethod": None}
    assert acme.got(wire.INVOICES) == none


def test_an_archived_product_cannot_be_bought(acme: Seller) -> None:
    product = acme.product(interval="month")
    acme.removed(f"{wire.PRODUCTS}/{product['id']}")
    answer = acme.ask("POST", wire.CHARGES, {"priceId": product["prices"][0]["id"]})
    assert error_of(answer) == (400, "invalid_request")
