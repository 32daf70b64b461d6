"""`dashclicks`: payment links, from the invoice to the activated device, over real HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from keystead.encoding import b64u_decode
from keystead.wire.dashclicks import selling as wire
from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice
from support.seller import Seller, error_of

ITEMS = [
    {"description": "Setting up", "amount": 2500, "currency": "eur", "quantity": 1},
    {"description": "Training, an hour", "amount": 9000, "currency": "eur", "quantity": 3},
]


@pytest.fixture
def acme(billing_stub: BillingStub, http: httpx.Client) -> Seller:
    return Seller(billing_stub, http, "acme")


def link(acme: Seller, device: BillingDevice | None = None, **fields: Any) -> dict[str, Any]:
    asked = {"customerId": acme.customer(), "items": ITEMS, **fields}
    return acme.made(wire.PAYMENT_LINKS, {**asked, **(device.identity() if device else {})})


def test_a_payment_link_is_an_invoice_with_a_hosted_page_and_short_url(
    acme: Seller, http: httpx.Client
) -> None:
    made = link(acme)
    assert (made["status"], made["amount"], made["currency"]) == ("open", 29500, "eur")
    assert made["items"] == ITEMS
    assert made["sessionId"] == made["id"]
    assert made["expiresAt"] > made["createdAt"]
    page = http.get(made["url"])
    assert page.status_code == 200
    assert "Setting up" in page.text
    assert "Training, an hour" in page.text
    assert "3 × €90.00" in page.text
    assert "€295.00" in page.text
    short = http.get(made["shortUrl"])
    assert (short.status_code, short.headers["location"]) == (302, made["url"])
    assert len(made["shortUrl"]) < len(made["url"])
    code = made["shortUrl"].rpartition("/")[2]
    assert len(b64u_decode(code)) * 8 >= 60
    assert acme.got(f"{wire.PAYMENT_LINKS}/{made['id']}") == made


def test_links_are_listed_with_their_invoices_state(acme: Seller) -> None:
    first, second, third = (link(acme)["id"] for _ in range(3))
    acme.stub.pay(second)
    acme.removed(f"{wire.PAYMENT_LINKS}/{third}")
    found = acme.listed(wire.PAYMENT_LINKS, limit=2)
    assert [(one["id"], one["status"], one["amountPaid"]) for one in found] == [
        (third, "void", 0),
        (second, "paid", 29500),
        (first, "open", 0),
    ]


def test_a_device_is_activated_once_its_payment_link_is_paid(
    acme: Seller, billing_stub: BillingStub, device: BillingDevice
) -> None:
    made = link(acme, device)
    waiting = device.status(checkoutSessionId=made["id"])
    assert (waiting["active"], waiting["status"]) == (False, "checkout_open")
    paid = billing_stub.pay(made["id"])
    assert paid["session"]["status"] == "complete"
    status = device.status(checkoutSessionId=made["sessionId"])
    assert (status["active"], status["status"]) == (True, "active")
    entitlement = status["entitlement"]
    assert (entitlement["key"], entitlement["currentPeriodEnd"]) == ("payment-link", None)
    assert acme.got(wire.SUBSCRIPTION)["customerId"] is None


def test_a_link_can_be_for_a_product_of_the_merchant(acme: Seller, device: BillingDevice) -> None:
    product = acme.product(features=["audit"])
    made = link(acme, device, plan=product["id"])
    acme.stub.pay(made["id"])
    entitlement = device.status(checkoutSessionId=made["id"])["entitlement"]
    assert (entitlement["key"], entitlement["features"]) == (product["id"], ["audit"])


def test_a_paid_link_activates_the_device_before_its_webhooks(
    acme: Seller, billing_stub: BillingStub, device: BillingDevice
) -> None:
    made = link(acme, device)
    billing_stub.faults.set(hold_webhooks=True)
    billing_stub.pay(made["id"])
    assert device.status(checkoutSessionId=made["id"])["active"] is True


def test_a_payment_link_is_paid_on_its_hosted_page(
    acme: Seller, http: httpx.Client, device: BillingDevice
) -> None:
    made = link(acme, device)
    invoice = made["invoiceId"]
    acme.at_stripe(f"invoices/{invoice}/pay", payment_method="pm_card_visa")
    assert device.status(checkoutSessionId=made["id"])["active"] is True
    assert acme.got(f"{wire.PAYMENT_LINKS}/{made['id']}")["status"] == "paid"
    # A paid link can still be opened.
    assert http.get(made["shortUrl"]).status_code == 302


def test_refunding_a_paid_link_ends_its_license(acme: Seller, device: BillingDevice) -> None:
    made = link(acme, device)
    acme.stub.pay(made["id"])
    token = device.status(checkoutSessionId=made["id"])["deviceAccessToken"]
    acme.stub.customer(made["customerId"], "refund")
    after = device.ask(token=token).json()
    assert (after["active"], after["reason"]) == (False, "refunded")


def test_a_voided_link_answers_410_gone(
    acme: Seller, http: httpx.Client, device: BillingDevice
) -> None:
    made = link(acme, device)
    path = f"{wire.PAYMENT_LINKS}/{made['id']}"
    assert acme.removed(path)["status"] == "void"
    assert acme.removed(path)["status"] == "void"
    gone = http.get(made["shortUrl"])
    assert (gone.status_code, "taken it back" in gone.text) == (410, True)
    assert device.status(checkoutSessionId=made["id"])["status"] == "checkout_expired"
    paid = link(acme)["id"]
    acme.stub.pay(paid)
    assert error_of(acme.ask("DELETE", f"{wire.PAYMENT_LINKS}/{paid}")) == (409, "conflict")


def test_an_unknown_short_link_is_not_found(http: httpx.Client) -> None:
    answer = http.get("/l/AAAAAAAAAAAA")
    assert (answer.status_code, answer.headers["content-type"][:9]) == (404, "text/html")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"items": []}, 400),
        ({"items": [{**ITEMS[0], "amount": -1}]}, 400),
        ({"items": [{**ITEMS[0], "amount": 0}]}, 400),
        ({"items": [{**ITEMS[0], "quantity": 0}]}, 400),
        ({"items": [{**ITEMS[0], "currency": "xxx"}]}, 400),
        ({"items": [ITEMS[0], {**ITEMS[1], "currency": "usd"}]}, 400),
        ({"items": [{**ITEMS[0], "amount": 99_999_999, "quantity": 2}]}, 400),
        ({"deviceId": "x" * 43}, 400),
        ({"customerId": "cus_none"}, 404),
        ({"plan": "prod_none"}, 404),
    ],
)
def test_invalid_links_are_refused(acme: Seller, fields: Any, status: int) -> None:
    asked = {"customerId": acme.customer(), "items": ITEMS, **fields}
    assert acme.ask("POST", wire.PAYMENT_LINKS, asked).status_code == status
    assert acme.got(wire.PAYMENT_LINKS)["data"] == []


def test_links_are_per_merchant(
    acme: Seller, billing_stub: BillingStub, http: httpx.Client
) -> None:
    globex = Seller(billing_stub, http, "globex")
    path = f"{wire.PAYMENT_LINKS}/{link(acme)['id']}"
    for method in ("GET", "DELETE"):
        assert error_of(globex.ask(method, path)) == (404, "not_found")
    assert globex.got(wire.PAYMENT_LINKS)["data"] == []


def test_the_console_shows_open_links_of_devices(
    acme: Seller, http: httpx.Client, device: BillingDevice
) -> None:
    made = link(acme, device)
    console = http.get("/_stub")
    assert console.status_code == 200
    assert made["url"] in console.text
    acme.stub.pay(made["id"])
    assert made["url"] not in http.get("/_stub").text
