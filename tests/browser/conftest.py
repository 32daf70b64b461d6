"""A real browser: Debian's Chromium, without a screen, driven by Playwright."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page

from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice
from support.chromium import chromium


# Module scope: Playwright's event loop must not run in this thread during other tests.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(
    params=[
        pytest.param(True, id="script"),
        pytest.param(False, id="no-script", marks=pytest.mark.nightly),
    ]
)
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Return a page with JavaScript and one without; the forms must work in both."""
    context = browser.new_context(java_script_enabled=request.param, locale="en-GB")
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def device(billing_stub: BillingStub) -> Iterator[BillingDevice]:
    with httpx.Client(base_url=billing_stub.url, trust_env=False, timeout=60) as http:
        yield BillingDevice(billing_stub, http)
