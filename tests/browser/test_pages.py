"""The stub's pages in a real browser: what a person types and reads."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice

pytestmark = pytest.mark.long


def open_checkout(page: Page, stub: BillingStub, device: BillingDevice) -> str:
    session = device.start_checkout()
    page.goto(f"{stub.url}/_stub/checkout/{session}")
    return session


def type_card(page: Page, number: str) -> None:
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry").fill("12 / 34")
    page.get_by_label("Security code").fill("123")


def pay(page: Page, number: str, email: str = "ada@example.com") -> None:
    page.get_by_label("Email").fill(email)
    type_card(page, number)
    page.get_by_role("button", name="Pay").click()


def open_portal(page: Page, device: BillingDevice) -> None:
    answer = device.call("POST", "/api/billing/portal", token=device.token, json={})
    page.goto(answer.json()["url"])


def test_a_person_pays_and_the_device_is_active(
    page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    session = open_checkout(page, billing_stub, device)
    expect(page.get_by_role("heading", name="Subscribe to Pro")).to_be_visible()
    pay(page, "4242 4242 4242 4242")
    expect(page.get_by_role("link", name=re.compile("Back to"))).to_have_attribute(
        "href", "keystead://activated"
    )
    assert device.status(checkoutSessionId=session)["status"] == "active"


def test_a_declined_card_is_said_at_the_card_and_another_one_pays(
    page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    session = open_checkout(page, billing_stub, device)
    pay(page, "4000 0000 0000 0002")
    expect(page.get_by_role("alert")).to_contain_text("declined")
    expect(page.get_by_label("Email")).to_have_value("ada@example.com")
    assert device.status(checkoutSessionId=session)["status"] == "checkout_open"
    pay(page, "4242424242424242")
    expect(page.get_by_role("link", name=re.compile("Back to"))).to_be_visible()
    assert device.status(checkoutSessionId=session)["status"] == "active"


@pytest.mark.parametrize("answer", ["Complete", "Fail"])
def test_a_card_that_asks_for_authentication(
    page: Page, billing_stub: BillingStub, device: BillingDevice, answer: str
) -> None:
    session = open_checkout(page, billing_stub, device)
    pay(page, "4000 0025 0000 3155")
    page.get_by_role("button", name=f"{answer} authentication").click()
    if answer == "Complete":
        expect(page.get_by_role("link", name=re.compile("Back to"))).to_be_visible()
        assert device.status(checkoutSessionId=session)["status"] == "active"
    else:
        expect(page.get_by_role("alert")).to_be_visible()
        assert device.status(checkoutSessionId=session)["status"] == "checkout_open"


def test_what_is_not_a_card_is_said_before_anything_is_charged(
    page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    session = open_checkout(page, billing_stub, device)
    pay(page, "1234")
    expect(page.get_by_label("Card number")).to_have_attribute("aria-invalid", "true")
    assert device.status(checkoutSessionId=session)["status"] == "checkout_open"


def test_in_the_portal_a_subscription_is_canceled_and_kept(
    page: Page, device: BillingDevice
) -> None:
    device.activate()
    open_portal(page, device)
    page.get_by_role("link", name="Cancel subscription").click()
    expect(page.get_by_role("heading", name="Cancel your subscription?")).to_be_visible()
    assert device.status()["entitlement"]["cancelAtPeriodEnd"] is False
    page.get_by_role("button", name="Cancel subscription").click()
    expect(page.get_by_role("status")).to_contain_text("is cancelled")
    expect(page.get_by_text("Ends on")).to_be_visible()
    body = device.status()
    assert body["entitlement"]["cancelAtPeriodEnd"] is True
    assert body["offlineGrace"]["endsAt"] == body["entitlement"]["currentPeriodEnd"]
    page.get_by_role("link", name="Keep my subscription").click()
    page.get_by_role("button", name="Keep subscription").click()
    expect(page.get_by_text("Renews on")).to_be_visible()
    assert device.status()["entitlement"]["cancelAtPeriodEnd"] is False


def test_in_the_portal_a_failed_payment_is_made_good_with_another_card(
    page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    session = device.start_checkout()
    billing_stub.pay(session, card="4000000000000341", email="ada@example.com")
    device.status(checkoutSessionId=session)
    billing_stub.clock.advance(days=32)
    assert device.status()["status"] == "past_due"
    open_portal(page, device)
    page.get_by_text("Use another card").click()
    type_card(page, "4242 4242 4242 4242")
    page.get_by_role("button", name="Save card").click()
    if page.get_by_role("button", name="Pay now").count():
        page.get_by_role("button", name="Pay now").click()
    expect(page.get_by_text("past_due")).to_have_count(0)
    assert device.status()["status"] == "active"


def test_in_the_portal_seats_change_and_a_device_is_let_go(
    page: Page, device: BillingDevice
) -> None:
    device.activate()
    open_portal(page, device)
    page.get_by_label("How many seats").fill("4")
    page.get_by_role("button", name="Change seats").click()
    expect(page.get_by_text("4 seats")).to_be_visible()
    assert device.status()["entitlement"]["seats"] == 4
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("None in use")).to_be_visible()
    assert device.status()["status"] == "device_removed"


def test_the_link_in_the_mail_brings_a_new_device_in(
    page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    device.activate(email="ada@example.com")
    second = BillingDevice(billing_stub, device.http, "New laptop")
    activation = second.restore("ada@example.com")
    page.goto(billing_stub.outbox()[0]["link"])
    page.get_by_role("button").first.click()
    assert second.status(activationId=activation)["status"] == "active"


def test_the_console_shows_the_events_and_travels_a_month(
    page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    device.activate()
    page.goto(f"{billing_stub.url}/_stub/")
    expect(page.get_by_text("checkout.session.completed").first).to_be_visible()
    before = billing_stub.clock.now_ms()
    page.get_by_role("button", name=re.compile(r"\+\s?1 month", re.IGNORECASE)).click()
    expect(page.get_by_text("invoice.paid").nth(1)).to_be_visible()
    assert billing_stub.clock.now_ms() - before > 27 * 86_400_000


def test_the_pages_carry_a_payment_pages_headers(
    page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    session = device.start_checkout()
    answer = page.goto(f"{billing_stub.url}/_stub/checkout/{session}")
    assert answer is not None
    headers = answer.headers
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
