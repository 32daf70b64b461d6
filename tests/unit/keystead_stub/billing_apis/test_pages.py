"""The pages with their forms, used without JavaScript."""

from __future__ import annotations

import re
from html import unescape

import httpx
import pytest

from keystead.wire import nyra as wire
from keystead_stub.http.pages.formatting import money
from keystead_stub.http.pages.forms import luhn
from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice
from support.page_urls import all_page_urls
from support.payable_pages import purchase_page

CARD = {"card": "4242 4242 4242 4242", "expiry": "12 / 39", "cvc": "123"}


def form_token(page: httpx.Response) -> str:
    return page.text.partition('name="token" value="')[2].partition('"')[0]


def alerts(page: httpx.Response) -> list[str]:
    return [unescape(text) for text in re.findall(r'role="alert">(.*?)<', page.text)]


class Visitor:
    """A person on one page, who submits its form."""

    def __init__(self, http: httpx.Client, url: str) -> None:
        self.http = http
        self.url = url
        self.page = http.get(url)
        self.token = form_token(self.page)

    def send(self, **fields: str) -> httpx.Response:
        answer = self.http.post(self.url, data={"token": self.token, **fields})
        if answer.status_code == 303:
            self.page = self.http.get(answer.headers["location"])
        return answer


@pytest.fixture
def checkout(device: BillingDevice) -> Visitor:
    answer = device.http.post(wire.CHECKOUT, json={**device.identity(), "seats": 2}).json()
    return Visitor(device.http, answer["url"])


def test_a_one_time_purchase_is_listed_and_paid_on_the_page(
    billing_stub: BillingStub, device: BillingDevice
) -> None:
    purchase = Visitor(device.http, purchase_page(billing_stub, device.http))
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", purchase.page.text))
    for said in ("Your purchase", "Notebook with dots", "2 × €12.50", "Pencil", "Pay €28.00"):
        assert said in words
    assert "Subscribe" not in words
    assert "until you cancel" not in words
    refused = purchase.send(email="ada@example.com", **{**CARD, "card": "4000 0000 0000 0002"})
    assert alerts(refused) == ["Your card was declined."]
    assert purchase.send(email="ada@example.com", **CARD).status_code == 303
    assert device.http.get(purchase.url).status_code == 303


@pytest.fixture
def portal(device: BillingDevice) -> Visitor:
    device.activate()
    answer = device.call("POST", wire.PORTAL, token=device.token, json={})
    return Visitor(device.http, answer.json()["url"])


def test_paying_returns_to_the_program(checkout: Visitor, device: BillingDevice) -> None:
    assert "€24.00" in checkout.page.text
    answer = checkout.send(action="pay", email="ada@example.com", **CARD)
    assert answer.status_code == 303
    assert 'href="keystead-nyra://activated"' in checkout.page.text
    assert "You can close this page" in checkout.page.text
    session = checkout.url.rpartition("/")[2]
    assert device.status(checkoutSessionId=session)["active"] is True
    assert device.http.get(checkout.url).status_code == 303


def test_a_declined_card_can_be_replaced(checkout: Visitor) -> None:
    declined = {**CARD, "card": "4000000000000002"}
    answer = checkout.send(action="pay", email="ada@example.com", **declined)
    assert answer.status_code == 422
    assert alerts(answer) == ["Your card was declined."]
    assert 'value="ada@example.com"' in answer.text
    assert checkout.send(action="pay", email="ada@example.com", **CARD).status_code == 303


def test_a_promotion_code_lowers_the_price_and_shows_on_the_invoice(
    checkout: Visitor, portal: Visitor
) -> None:
    wrong = checkout.send(action="promotion", code="LUNCH20")
    assert wrong.status_code == 422
    assert alerts(wrong) == ["We do not know this code. Check how it is written."]
    assert 'value="LUNCH20"' in wrong.text
    assert alerts(checkout.send(action="promotion", code=" ")) == ["Write the code first."]
    assert alerts(checkout.send(action="promotion", code="bygone")) == [
        "This code is no longer valid."
    ]
    assert checkout.send(action="promotion", code="launch20").status_code == 303
    for text in ("LAUNCH20", "20% off for 3 months", "\N{MINUS SIGN}€4.80", "Pay €19.20"):
        assert text in checkout.page.text
    assert checkout.send(action="no_promotion").status_code == 303
    assert "Pay €24.00" in checkout.page.text
    checkout.send(action="promotion", code="LAUNCH20")
    checkout.send(action="pay", email="bo@example.com", **CARD)
    state = checkout.http.get("/_stub/").text
    (customer,) = re.findall(r'href="/_stub/customers/(\w+)">bo@example.com', state)
    shown = checkout.http.get("/_stub/state", params={"customerId": customer}).json()
    invoice = checkout.http.get(shown["invoices"][0]["hostedUrl"]).text
    for text in ("Subtotal", "LAUNCH20", "\N{MINUS SIGN}€4.80", "€19.20"):
        assert text in invoice


def test_a_promotion_code_used_up_meanwhile_is_reported_at_its_field(
    checkout: Visitor, device: BillingDevice
) -> None:
    offer = {"code": "ONE", "percentOff": 50, "maxRedemptions": 1}
    assert device.http.post("/_stub/promotions", json=offer).json()["status"] == "active"
    checkout.send(action="promotion", code="ONE")
    other = device.start_checkout()
    device.http.post(f"/_stub/checkouts/{other}/complete", json={"code": "ONE"})
    answer = checkout.send(action="pay", email="ada@example.com", **CARD)
    assert (answer.status_code, alerts(answer)) == (422, ["This code is no longer valid."])
    checkout.send(action="no_promotion")
    assert checkout.send(action="pay", email="ada@example.com", **CARD).status_code == 303


def test_a_trial_needs_a_card_or_an_address_only(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    billing_stub.ask("PUT", "/_stub/trial", {"days": 14, "cardNeeded": False})
    answer = device.http.post(wire.CHECKOUT, json=device.identity()).json()
    page = Visitor(device.http, answer["url"])
    assert "Free trial" in page.page.text
    assert 'name="card"' not in page.page.text
    refused = page.send(action="pay", email="")
    assert alerts(refused) == ["Write an email address, for the receipt."]
    assert page.send(action="pay", email="ada@example.com").status_code == 303
    status = device.status(checkoutSessionId=answer["sessionId"])
    assert (status["active"], status["status"]) == (True, "trialing")
    billing_stub.clock.advance(days=15)
    assert device.status()["active"] is False


def test_a_checkout_can_require_3d_secure(checkout: Visitor) -> None:
    card = {**CARD, "card": "4000 0025 0000 3155"}
    question = checkout.send(action="pay", email="ada@example.com", **card)
    assert "Confirm with your bank" in question.text
    kept = {"action": "authenticate", "card": "4000002500003155", "email": "ada@example.com"}
    assert checkout.send(answer="no", **kept).status_code == 422
    assert checkout.send(answer="yes", **kept).status_code == 303


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({}, 4),
        ({**CARD, "email": "nobody"}, 1),
        ({**CARD, "email": "a@b", "card": "4242 4242 4242 4241"}, 1),
        ({**CARD, "email": "a@b", "card": "<script>"}, 1),
        ({**CARD, "email": "a@b", "expiry": "13 / 30"}, 1),
        ({**CARD, "email": "a@b", "expiry": "01 / 20"}, 1),
        ({**CARD, "email": "a@b", "cvc": "12"}, 1),
        ({**CARD, "email": "a@b", "cvc": "١٢٣"}, 0),
    ],
)
def test_invalid_fields_are_each_reported_in_the_form(
    checkout: Visitor, fields: dict[str, str], count: int
) -> None:
    answer = checkout.send(action="pay", **fields)
    assert len(alerts(answer)) == count
    assert "<script>" not in answer.text


def test_an_expired_checkout_cannot_be_paid(checkout: Visitor, billing_stub: BillingStub) -> None:
    session = checkout.url.rpartition("/")[2]
    billing_stub.ask("POST", f"/_stub/checkouts/{session}/expire")
    answer = checkout.send(action="pay", email="ada@example.com", **CARD)
    assert answer.status_code == 410
    assert "Nothing was charged" in answer.text


@pytest.mark.parametrize("path", ["checkout/cs_none", "portal/bps_none", "invoices/in_none"])
def test_an_unknown_page_has_a_readable_message(http: httpx.Client, path: str) -> None:
    answer = http.get(f"/_stub/{path}")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


def test_a_cross_site_form_is_refused(checkout: Visitor, portal: Visitor) -> None:
    for visitor in (checkout, portal):
        answer = visitor.http.post(visitor.url, data={"action": "cancel", **CARD})
        assert answer.status_code == 403
        visitor.token = "0" * 32
        assert visitor.send(action="cancel").status_code == 403


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"token=1", "text/plain"),
        (b"\xff\xff", "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(100)), "application/x-www-form-urlencoded"),
        (b"not multipart", "multipart/form-data; boundary=x"),
        (b"x", "multipart/form-data"),
    ],
)
def test_request_bodies_other_than_forms_are_refused(
    checkout: Visitor, body: bytes, media_type: str
) -> None:
    headers = {"Content-Type": media_type}
    answer = checkout.http.post(checkout.url, content=body, headers=headers)
    assert 400 <= answer.status_code < 500


def test_every_page_has_its_security_headers(
    billing_stub: BillingStub, device: BillingDevice
) -> None:
    for name, url in all_page_urls(billing_stub, device).items():
        page = device.http.get(url)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy, name
        assert "frame-ancestors 'none'" in policy, name
        assert "unsafe" not in policy, name
        assert page.headers["x-frame-options"] == "DENY", name
        assert page.headers["referrer-policy"] == "no-referrer", name
        assert page.headers["x-content-type-options"] == "nosniff", name
        assert page.headers["cross-origin-opener-policy"] == "same-origin", name
        assert page.headers["cache-control"] == "no-store", name
        assert "style=" not in page.text, name
        assert not re.search(r"<script(?! src=\"/_stub/)|\son[a-z]+=", page.text), name


def test_every_form_needs_its_token(billing_stub: BillingStub, device: BillingDevice) -> None:
    for name, url in all_page_urls(billing_stub, device).items():
        page = device.http.get(url)
        forms = re.findall(r"<form(.*?)</form>", page.text, re.DOTALL)
        posted = [form for form in forms if 'method="post"' in form]
        assert all('name="token"' in form for form in posted), name
        for form in posted:
            action = re.findall(r'action="([^"]+)"', form.partition(">")[0]) or [url]
            refused = device.http.post(action[0], data={"action": "cancel", "token": "0" * 32})
            assert refused.status_code == 403, (name, form)


def test_the_portal_cancels_and_resumes(portal: Visitor, device: BillingDevice) -> None:
    portal.send(action="cancel")
    assert "Ends on" in portal.page.text
    assert device.status()["entitlement"]["cancelAtPeriodEnd"] is True
    portal.send(action="resume")
    assert "Renews on" in portal.page.text
    assert device.status()["entitlement"]["cancelAtPeriodEnd"] is False


def test_the_portal_changes_seats_and_card(portal: Visitor, device: BillingDevice) -> None:
    portal.send(action="seats", seats="4")
    assert device.status()["entitlement"]["seats"] == 4
    portal.send(action="card", **{**CARD, "card": "5555 5555 5555 4444"})
    assert "ending in 4444" in portal.page.text
    for wrong in ("0", "-1", "x", "9" * 50, ""):
        assert portal.send(action="seats", seats=wrong).status_code == 422


def test_the_portal_shows_the_price_of_a_change_before_it_is_confirmed(
    portal: Visitor, device: BillingDevice, billing_stub: BillingStub
) -> None:
    shown = portal.http.get(f"{portal.url}/change", params={"seats": "3"})
    for text in ("Unused time on 1 × Pro", "Remaining time on 3 × Pro", "Confirm and pay €24.00"):
        assert text in unescape(shown.text)
    assert device.status()["entitlement"]["seats"] == 1
    date = shown.text.partition('name="date" value="')[2].partition('"')[0]
    assert portal.send(action="seats", seats="3", price="", date=date).status_code == 303
    assert "Your subscription is changed." in portal.page.text
    invoice = billing_stub.state(device.id)["invoices"][0]
    assert (invoice["total"], invoice["amountPaid"]) == (2400, 2400)
    down = portal.http.get(f"{portal.url}/change", params={"seats": "1"})
    assert "is kept for your next invoices" in down.text
    assert "Confirm the change" in down.text


def test_saving_a_card_can_require_3d_secure(
    portal: Visitor, device: BillingDevice, billing_stub: BillingStub
) -> None:
    card = {**CARD, "card": "4000 0025 0000 3155"}
    asked = portal.send(action="card", **card)
    assert asked.status_code == 200
    assert "lets NyrA" in asked.text
    assert "ending in 3155" in asked.text
    kept = {"action": "authenticate", "card": "4000002500003155"}
    refused = portal.send(**kept, answer="no")
    assert refused.status_code == 422
    assert "could not confirm" in alerts(refused)[0]
    assert "ending in 4242" in portal.http.get(portal.url).text
    portal.send(**kept, answer="yes")
    assert "ending in 3155" in portal.page.text
    event_types = [one["type"] for one in billing_stub.state(device.id)["events"]]
    assert {"setup_intent.setup_failed", "setup_intent.succeeded"} <= set(event_types)


def test_discount_and_credit_show_in_the_portal_and_on_the_console(
    portal: Visitor, device: BillingDevice, billing_stub: BillingStub
) -> None:
    billing_stub.customer(device.customer_id, "discount", code="launch20")
    portal.send(action="seats", seats="5")
    portal.send(action="seats", seats="1")
    for text in ("20% off for 3 months", "LAUNCH20", "€48.00, for your next invoices"):
        assert text in portal.page.text
    console = portal.http.get(f"/_stub/customers/{device.customer_id}").text
    assert "LAUNCH20" in console
    assert "\N{MINUS SIGN}€48.00" in console
    billing_stub.customer(device.customer_id, "discount")
    assert "LAUNCH20" not in portal.http.get(portal.url).text


@pytest.mark.parametrize("seats", ["0", "51", "x", "-1"])
def test_an_impossible_change_is_reported_at_its_field(portal: Visitor, seats: str) -> None:
    answer = portal.http.get(f"{portal.url}/change", params={"seats": seats})
    assert (answer.status_code, len(alerts(answer))) == (422, 1)
    assert "What it costs" not in answer.text


def test_confirming_an_outdated_price_is_refused(
    portal: Visitor, billing_stub: BillingStub
) -> None:
    for hours in (1, -1):
        date = str(billing_stub.clock.now_ms() - hours * 3_600_000)
        answer = portal.send(action="seats", seats="3", date=date)
        assert answer.status_code == 422
        assert alerts(answer) == ["The price that you saw is out of date. Look at the new one."]


def test_an_open_invoice_can_be_paid(
    portal: Visitor, device: BillingDevice, billing_stub: BillingStub
) -> None:
    billing_stub.customer(device.customer_id, "fail_next_payment")
    billing_stub.clock.advance(days=32)
    assert device.status()["status"] == "past_due"
    (invoice, *_) = billing_stub.state(device.id)["invoices"]
    page = Visitor(device.http, invoice["hostedUrl"])
    assert "Pay this invoice" in page.page.text
    assert page.send(**{**CARD, "card": "4000000000000002"}).status_code == 422
    assert page.send(**CARD).status_code == 303
    assert "Pay this invoice" not in page.page.text
    assert device.status()["status"] == "active"


def test_the_portal_pays_with_the_card_on_file(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    billing_stub.customer(device.customer_id, "fail_next_payment")
    billing_stub.clock.advance(days=32)
    device.status()
    url = device.call("POST", wire.PORTAL, token=device.token, json={}).json()["url"]
    portal = Visitor(device.http, url)
    invoice = billing_stub.state(device.id)["invoices"][0]["id"]
    assert portal.send(action="pay", invoice=invoice).status_code == 303
    assert device.status()["status"] == "active"


def test_the_portal_cannot_pay_another_customers_invoice(
    portal: Visitor, device: BillingDevice, billing_stub: BillingStub
) -> None:
    (other, *_) = billing_stub.ask("POST", "/_stub/seed", {"customers": 1})["customers"]
    invoices = billing_stub.ask("GET", f"/_stub/state?customerId={other}")["invoices"]
    assert portal.send(action="pay", invoice=invoices[0]["id"]).status_code == 422
    assert portal.send(action="dance").status_code == 400


def test_the_portal_removes_a_device(portal: Visitor, device: BillingDevice) -> None:
    portal.send(action="remove", device=device.id)
    assert "None in use" in portal.page.text
    assert device.status()["status"] == "device_removed"


def test_a_portal_link_expires(portal: Visitor, billing_stub: BillingStub) -> None:
    billing_stub.clock.advance(hours=2)
    assert portal.http.get(portal.url).status_code == 404


@pytest.mark.parametrize("path", ["/checkout/cancelled", "/portal/closed", "/restore/nothing"])
def test_each_small_page_is_served_as_html(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert answer.status_code == (404 if "restore" in path else 200)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_amounts_are_formatted_and_card_numbers_checked() -> None:
    assert [money(1200, "eur"), money(5, "usd"), money(123456, "chf")] == [
        "€12.00",
        "$0.05",
        "CHF 1,234.56",
    ]
    assert luhn("4242424242424242")
    assert not luhn("4242424242424241")


def words_of(page: httpx.Response) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


def test_an_invoice_page_shows_its_status(billing_stub: BillingStub, device: BillingDevice) -> None:
    pages = all_page_urls(billing_stub, device)
    shown = {name: words_of(device.http.get(pages[name])) for name in pages if "bill" in name}
    assert "Taken off by a credit note \N{MINUS SIGN}€182.50" in shown["bill/credited"]
    assert "Credit from earlier invoices" not in shown["bill/credited"]
    assert "Pay €2,400.00" in shown["bill/credited"]
    assert "Overdue" in shown["bill/overdue"]
    assert "Overdue" not in shown["bill"]
    assert "There is nothing to pay." in shown["bill/void"]
    for over in ("bill/void", "bill/paid"):
        assert "Pay this invoice" not in shown[over]
    assert "From Northwind" in shown["merchant/bill"]


def test_the_console_names_the_account_of_each_object(
    billing_stub: BillingStub, device: BillingDevice
) -> None:
    pages = all_page_urls(billing_stub, device)
    console = words_of(device.http.get(pages["console"]))
    assert "cleo@example.com of Northwind" in console
    assert "ada@example.com of" not in console
    assert re.search(r"invoice\.finalized Delivered [^▸]{10,40} of Northwind", console)
    part = console.partition("Connected accounts")[2].partition("Mail that was sent")[0]
    assert re.search(r"Northwind 1 customer acct_\w+ Available €0\.00 On its way €392\.76", part)
    customer = words_of(device.http.get(pages["merchant/customer"]))
    assert "Customer of Northwind" in customer
    assert "Paid €399.00 none" in customer
    assert "in the account of Northwind" in words_of(device.http.get(pages["merchant/event"]))
    assert "Connected already: Northwind." in words_of(device.http.get(pages["sign-in/merchant"]))
