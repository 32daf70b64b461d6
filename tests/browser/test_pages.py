"""The stub's hosted pages in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from keystead import trust
from keystead.keys import KeySet
from keystead_stub.in_process import BillingStub
from support.billing_device import PRODUCT, BillingDevice
from support.hosted_browser import GOOD, pay, type_card
from support.page_urls import portal_url

pytestmark = pytest.mark.long


def open_checkout(page: Page, stub: BillingStub, device: BillingDevice) -> str:
    session = device.start_checkout()
    page.goto(f"{stub.url}/_stub/checkout/{session}")
    return session


def open_portal(page: Page, device: BillingDevice) -> None:
    page.goto(portal_url(device))


@pytest.mark.parametrize("page", [True, False], ids=["script", "no-script"], indirect=True)
def test_a_person_pays_and_the_device_is_active(
    page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    session = open_checkout(page, billing_stub, device)
    expect(page.get_by_role("heading", name="Subscribe to Pro")).to_be_visible()
    pay(page, "4242 4242 4242 4242")
    expect(page.get_by_role("link", name=re.compile("Back to"))).to_have_attribute(
        "href", "keystead-nyra://activated"
    )
    assert device.status(checkoutSessionId=session)["status"] == "active"


def test_a_declined_card_is_reported_at_its_field_and_another_card_pays(
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
def test_a_card_with_3d_secure_is_authenticated_on_the_page(
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


def test_an_invalid_card_number_is_reported_before_a_charge(
    page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    session = open_checkout(page, billing_stub, device)
    pay(page, "1234")
    expect(page.get_by_label("Card number")).to_have_attribute("aria-invalid", "true")
    assert device.status(checkoutSessionId=session)["status"] == "checkout_open"


def test_the_portal_cancels_and_keeps_a_subscription(page: Page, device: BillingDevice) -> None:
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


def test_the_portal_pays_a_failed_invoice_with_another_card(
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


def test_the_portal_changes_seats_and_removes_a_device(page: Page, device: BillingDevice) -> None:
    device.activate()
    open_portal(page, device)
    page.get_by_role("link", name="Change plan or seats").click()
    page.get_by_label("How many seats").fill("4")
    page.get_by_role("button", name="Show the price").click()
    expect(page.get_by_role("heading", name="What it costs")).to_be_visible()
    page.get_by_role("button", name="Confirm and pay €36.00").click()
    expect(page.get_by_text("4 seats")).to_be_visible()
    assert device.status()["entitlement"]["seats"] == 4
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("None in use")).to_be_visible()
    assert device.status()["status"] == "device_removed"


def test_a_refused_form_keeps_its_values_and_shows_each_field_s_error(
    page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    open_checkout(page, billing_stub, device)
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Card number").fill("4242 4242 4242 4241")
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("alert")).to_have_count(3)
    expect(page.get_by_label("Card number")).to_have_value("4242 4242 4242 4241")
    expect(page.get_by_label("Card number")).to_have_accessible_description(
        re.compile("not complete or not valid")
    )
    expect(page.get_by_label("Email")).not_to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize(
    ("flow", "heading"),
    [
        ("payment_method_update", "Use another card"),
        ("subscription_cancel", "Cancel your subscription?"),
        ("subscription_update", "Change your subscription"),
        ("invoices", "Your subscription"),
    ],
)
def test_a_portal_link_opens_its_page(
    page: Page, device: BillingDevice, flow: str, heading: str
) -> None:
    device.activate()
    page.goto(portal_url(device, flow=flow))
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    if flow == "invoices":
        expect(page.get_by_role("heading", name="Invoices")).to_be_in_viewport()
        assert page.url.endswith("#invoices")
    if flow == "subscription_update":
        expect(page.get_by_label("How many seats")).to_be_in_viewport()


def test_a_wrong_card_in_the_portal_is_reported_at_its_field(
    page: Page, device: BillingDevice
) -> None:
    device.activate()
    page.goto(portal_url(device, flow="payment_method_update"))
    type_card(page, "4242 4242 4242 4241")
    page.get_by_role("button", name="Save card").click()
    expect(page.get_by_label("Card number")).to_have_attribute("aria-invalid", "true")
    type_card(page, "5555 5555 5555 4444")
    page.get_by_role("button", name="Save card").click()
    expect(page.get_by_role("status")).to_contain_text("new card is saved")
    expect(page.get_by_text("Mastercard ending in 4444")).to_be_visible()


def test_an_invoice_payment_can_need_authentication(
    page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    device.activate()
    billing_stub.customer(device.customer_id, "fail_next_payment")
    billing_stub.clock.advance(days=32)
    assert device.status()["status"] == "past_due"
    page.goto(billing_stub.state(device.id)["invoices"][0]["hostedUrl"])
    type_card(page, "4000 0025 0000 3155")
    page.get_by_role("button", name="Pay").click()
    page.get_by_role("button", name="Fail authentication").click()
    expect(page.get_by_role("alert")).to_be_visible()
    type_card(page, "4000 0025 0000 3155")
    page.get_by_role("button", name="Pay").click()
    page.get_by_role("button", name="Complete authentication").click()
    expect(page.get_by_role("heading", name="Pay this invoice")).to_have_count(0)
    assert device.status()["status"] == "active"


def test_a_request_file_becomes_a_license_file_or_a_code(
    page: Page, billing_stub: BillingStub, device: BillingDevice, tmp_path: Path
) -> None:
    device.activate()
    island = BillingDevice(billing_stub, device.http, "Island")
    file = tmp_path / "request.txt"
    file.write_text(island.offline_request())
    open_portal(page, device)
    page.get_by_role("link", name="Activate a device without a network").click()
    here = page.url
    page.get_by_role("button", name="Show the activation code").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose the request file")
    page.get_by_label("Request file").set_input_files(file)
    page.get_by_role("button", name="Show the activation code").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    shown = page.get_by_label("License text").input_value()
    page.goto(here)
    page.get_by_label("Request file").set_input_files(file)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the license file").click()
    assert download.value.suggested_filename == "license.jws"
    keys = KeySet.from_jwks(billing_stub.keys.read_text())
    for text in (shown, Path(download.value.path()).read_text()):
        document = trust.verify_license(text.strip(), keys=keys, product=PRODUCT)
        assert (document.device_id, document.active) == (island.id, True)


def test_the_link_in_the_mail_activates_a_new_device(
    page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    device.activate(email="ada@example.com")
    second = BillingDevice(billing_stub, device.http, "New laptop")
    activation = second.restore("ada@example.com")
    page.goto(billing_stub.outbox()[0]["link"])
    page.get_by_role("button").first.click()
    assert second.status(activationId=activation)["status"] == "active"


def test_the_console_shows_events_and_advances_the_clock_by_a_month(
    page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    device.activate()
    page.goto(f"{billing_stub.url}/_stub/")
    expect(page.get_by_text("checkout.session.completed").first).to_be_visible()
    before = billing_stub.clock.now_ms()
    page.get_by_role("button", name=re.compile(r"\+\s?1 month", re.IGNORECASE)).click()
    expect(page.get_by_text("invoice.paid").nth(1)).to_be_visible()
    assert billing_stub.clock.now_ms() - before > 27 * 86_400_000


def test_hosted_pages_have_the_security_headers_of_a_payment_page(
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


def test_a_promotion_code_reduces_the_total_before_payment(
    page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    session = open_checkout(page, billing_stub, device)
    codes = page.locator("aside").get_by_text(re.compile("LAUNCH20|WELCOME5|FREEMONTH|BYGONE"))
    expect(codes).to_have_count(4)
    page.get_by_label("Promotion code").fill("bygone")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_label("Promotion code")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Promotion code").fill("launch20")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("20% off for 3 months, then")).to_be_visible()
    page.get_by_role("button", name="Remove the code").click()
    expect(page.get_by_role("button", name="Pay €12.00")).to_be_visible()
    page.get_by_label("Promotion code").fill("LAUNCH20")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("button", name="Pay €9.60")).to_be_visible()
    pay(page, GOOD)
    expect(page.get_by_role("link", name=re.compile("Back to"))).to_be_visible()
    assert device.status(checkoutSessionId=session)["status"] == "active"
    open_portal(page, device)
    expect(page.get_by_role("cell", name="€9.60")).to_be_visible()
