"""A real browser: Debian's Chromium, without a screen, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# Playwright keeps an event loop in this thread: for longer than these tests it would be in the way.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "these tests need Chromium: packaging/debian-packages.sh test"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page with scripts and one without: the forms work either way."""
    context = browser.new_context(java_script_enabled=request.param, locale="en-GB")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def device(billing_stub: BillingStub) -> Iterator[BillingDevice]:
    with httpx.Client(base_url=billing_stub.url, trust_env=False, timeout=30) as http:
        yield BillingDevice(billing_stub, http)
