"""Signing in with a real browser: from the daemon's URL to the page and back to the daemon."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from keystead.local_api import Account, SignIn
from keystead.wire.sign_in import ACCOUNT_CLAIMS
from keystead_client.accounts import sign_in_params
from keystead_client.translator import ENGLISH
from support.billing_apis import SIGNED_IN
from support.nightly import nightly_except
from support.shared_stubs import StubOf
from support.world import Device, World

pytestmark = pytest.mark.long

NARROW: ViewportSize = {"width": 360, "height": 740}
#: The label of the account on the stub's page, by the claim of the session.
KINDS = {"organizationId": "Organisation", "tenantId": "Tenant", "accountId": "Account"}


@pytest.fixture
def api() -> str:
    return "crow"


@pytest.fixture
def device(stub_of: StubOf, api: str, tmp_path: Path) -> Iterator[Device]:
    world = World(stub_of(api), tmp_path)
    yield world.device()
    world.end()


def open_sign_in(device: Device, page: Page) -> None:
    """Open the sign-in URL of the daemon."""
    started: SignIn = device.call("signin.start", sign_in_params(ENGLISH))
    page.goto(started.url)
    expect(page.get_by_role("heading", name="Sign in to")).to_be_visible()


def signed_in_account(device: Device) -> Account:
    """Return the signed-in account after the browser has returned."""
    view = device.until(lambda view: view.account is not None and not view.account.waiting)
    assert view.account is not None
    return view.account


@pytest.mark.parametrize(
    "api", nightly_except([one.name for one in SIGNED_IN], {"mission-control", "dashclicks"})
)
def test_signing_in_returns_to_the_daemon_with_a_session(
    page: Page, device: Device, api: str
) -> None:
    open_sign_in(device, page)
    page.get_by_label("Who you are").fill("Grace Hopper")
    page.get_by_label(KINDS[ACCOUNT_CLAIMS[api]]).fill("navy")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("You are signed in")).to_be_visible()
    assert re.match(r"http://127\.0\.0\.1:\d+/signed-in/", page.url)
    account = signed_in_account(device)
    assert (account.signed_in, account.subject, account.account) == (True, "Grace Hopper", "navy")


def test_declining_returns_to_the_daemon_without_a_session(page: Page, device: Device) -> None:
    open_sign_in(device, page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("You are not signed in")).to_be_visible()
    assert page.url.startswith("http://127.0.0.1:")
    account = signed_in_account(device)
    assert (account.signed_in, account.problem) == (False, "sign_in_denied")


def test_a_missing_field_is_reported_and_prevents_the_sign_in(
    page: Page, device: Device, api: str
) -> None:
    open_sign_in(device, page)
    page.get_by_label("Who you are").fill("")
    page.get_by_role("button", name="Sign in", exact=True).click()
    field = page.get_by_label("Who you are")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("Write your name or email address.")
    view = device.view()
    assert view.account is not None
    assert view.account.waiting
    field.fill("Ada Lovelace")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("You are signed in")).to_be_visible()
    assert signed_in_account(device).subject == "Ada Lovelace"


def test_the_sign_in_return_works_once(page: Page, device: Device) -> None:
    open_sign_in(device, page)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("You are signed in")).to_be_visible()
    assert signed_in_account(device).signed_in
    with pytest.raises(Exception, match="ERR_CONNECTION_REFUSED"):
        page.goto(page.url)


def test_both_sign_in_pages_fit_a_phone(page: Page, device: Device) -> None:
    page.set_viewport_size(NARROW)
    open_sign_in(device, page)
    wide = "document.documentElement.scrollWidth"
    assert page.evaluate(wide) <= NARROW["width"]
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("You are signed in")).to_be_visible()
    assert page.evaluate(wide) <= NARROW["width"]
