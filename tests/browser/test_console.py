"""The console in a real browser: its controls and its live updates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from keystead.keys import KeySet
from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice

pytestmark = pytest.mark.long


@pytest.fixture
def live_page(browser: Browser) -> Iterator[Page]:
    """Return a page with JavaScript; a violation of its content security policy fails the test."""
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(60_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    yield page
    context.close()
    assert [one for one in faults if "Failed to load resource" not in one] == []


def test_the_console_updates_without_a_reload(
    live_page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    live_page.goto(f"{billing_stub.url}/_stub/")
    expect(live_page.get_by_role("status")).to_have_text("Live")
    expect(live_page.get_by_text("Nobody has paid yet.")).to_be_visible()
    device.activate(email="ada@example.com")
    expect(live_page.get_by_role("link", name="ada@example.com")).to_be_visible()
    expect(live_page.get_by_text("checkout.session.completed")).to_be_visible()
    billing_stub.faults.set(holdWebhooks=True)
    expect(live_page.get_by_role("switch", name="Hold back")).to_be_checked()
    billing_stub.clock.advance(days=400)
    year = live_page.locator("#live-clock time")
    expect(year).to_have_attribute("datetime", re.compile(r"^20\d\d"))
    expect(live_page.locator("#live-events .tag.warn").first).to_have_text("Pending")


def test_an_update_keeps_open_sections_and_the_focus(
    live_page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    device.activate()
    live_page.goto(f"{billing_stub.url}/_stub/")
    event = live_page.locator("#live-events details", has_text="checkout.session.completed")
    event.locator("summary").focus()
    live_page.keyboard.press("Enter")
    expect(event.get_by_role("table")).to_be_visible()
    billing_stub.ask("POST", "/_stub/seed", {"customers": 1})
    expect(live_page.locator("#live-customers tbody tr")).to_have_count(2)
    expect(live_page.locator("#live-events .event")).to_have_count(30)
    expect(event.first.get_by_role("table")).to_be_hidden()
    kept = live_page.locator("#live-events details[open]")
    expect(kept).to_have_count(1)
    expect(kept.locator("summary")).to_be_focused()


def test_the_console_shows_that_the_stub_does_not_answer(
    live_page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    live_page.goto(f"{billing_stub.url}/_stub/")
    billing_stub.faults.set(status=503, path="/_stub/", times=1)
    expect(live_page.get_by_role("status")).to_contain_text("No answer")
    expect(live_page.get_by_role("status")).to_have_text("Live")


def test_fault_switches_show_their_current_setting(page: Page, billing_stub: BillingStub) -> None:
    page.goto(f"{billing_stub.url}/_stub/")
    down = page.get_by_role("switch", name="Answer 503")
    expect(down).not_to_be_checked()
    down.click()
    expect(down).to_be_checked()
    assert httpx.get(f"{billing_stub.url}/health", trust_env=False, timeout=60).status_code == 503
    page.get_by_role("switch", name="Hold back").click()
    page.get_by_role("switch", name="Captive portal").click()
    expect(down).not_to_be_checked()
    expect(page.get_by_role("switch", checked=True)).to_have_count(2)
    page.get_by_role("button", name="All is well again").click()
    expect(page.get_by_role("switch", checked=True)).to_have_count(0)
    assert httpx.get(f"{billing_stub.url}/health", trust_env=False, timeout=60).status_code == 200


def test_each_delivery_and_retry_of_an_event_is_shown(
    page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    device.activate()
    billing_stub.faults.set(wrongSignature=True)
    billing_stub.customer(device.customer_id, "cancel")
    billing_stub.faults.clear()
    billing_stub.clock.advance(minutes=6)
    page.goto(f"{billing_stub.url}/_stub/")
    event = page.locator("#live-events details", has_text="customer.subscription.updated").first
    expect(event.locator("summary")).to_contain_text("2 attempts")
    event.locator("summary").click()
    rows = event.locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("400")
    expect(rows.nth(0)).to_contain_text(re.compile(r"UTC.*UTC", re.DOTALL))
    expect(rows.nth(1)).to_contain_text("200")
    event.get_by_role("link", name="Show its JSON").click()
    shown = json.loads(page.locator("pre").inner_text())
    assert shown["type"] == "customer.subscription.updated"
    assert shown["data"]["object"]["cancel_at_period_end"] is True
    page.get_by_role("button", name="Deliver again").click()
    expect(page.locator("tbody tr")).to_have_count(3)


def test_a_customer_s_page_shows_its_data_and_triggers_actions(
    page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    device.activate(email="ada@example.com")
    page.goto(f"{billing_stub.url}/_stub/")
    page.get_by_role("link", name="ada@example.com").click()
    expect(page.get_by_role("heading", name="ada@example.com")).to_be_visible()
    expect(page.locator("#live-devices")).to_contain_text("Laptop")
    expect(page.locator("#live-invoices tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Fail the next payment").click()
    page.get_by_role("button", name="To the period end").click()
    page.get_by_role("button", name="+1 day").click()
    expect(page.locator("#live-subscription")).to_contain_text("Past due")
    assert device.status()["status"] == "past_due"
    page.get_by_role("button", name="Open their portal").click()
    expect(page.get_by_role("heading", name="Your subscription")).to_be_visible()


def test_an_open_checkout_has_a_link_and_a_qr_code(
    page: Page, billing_stub: BillingStub, device: BillingDevice
) -> None:
    device.start_checkout()
    page.goto(f"{billing_stub.url}/_stub/")
    page.locator("#live-checkouts summary").click()
    code = page.get_by_role("img", name="QR code of the checkout link")
    expect(code).to_be_visible()
    assert (code.get_attribute("src") or "").startswith("data:image/svg+xml")
    page.get_by_role("link", name="Pay for Laptop").click()
    expect(page.get_by_role("heading", name="Subscribe to Pro")).to_be_visible()


def test_an_operator_fills_in_the_form(page: Page, billing_stub: BillingStub) -> None:
    page.goto(f"{billing_stub.url}/_stub/")
    page.get_by_role("link", name="Operating").click()
    page.get_by_label("Allowed origin").fill("https://nyra.example")
    page.get_by_label("Page after the portal").fill("nowhere")
    page.get_by_role("button", name="Keep these values").click()
    expect(page.get_by_role("alert")).to_contain_text("starts with https://")
    page.get_by_label("Page after the portal").fill("https://nyra.example/account")
    page.get_by_role("button", name="Keep these values").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_label("Allowed origin")).to_have_value("https://nyra.example")
    page.get_by_label("Allowed origin").fill("rk_live_KeysteadKeystead")
    page.get_by_role("button", name="Keep these values").click()
    expect(page.get_by_role("alert")).to_contain_text("a secret key of Stripe")
    expect(page.get_by_label("Allowed origin")).to_have_value("https://nyra.example")


def test_the_profile_and_the_keys_can_be_downloaded(billing_stub: BillingStub) -> None:
    profile = httpx.get(f"{billing_stub.url}/_stub/profile", trust_env=False, timeout=60)
    keys = httpx.get(f"{billing_stub.url}/_stub/keys.json", trust_env=False, timeout=60)
    assert profile.text == billing_stub.profile.read_text()
    assert 'filename="keystead.toml"' in profile.headers["content-disposition"]
    assert KeySet.from_jwks(keys.content).to_jwks().strip() == keys.content.strip()
    assert keys.content == billing_stub.keys.read_bytes()
