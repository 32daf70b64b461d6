"""Screenshots of every hosted page: ``python -m support.page_screenshots FOLDER``.

Run from ``tests``. Each is drawn wide and narrow, light and dark.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, Route

from keystead.loopback_http import END_OF_HEAD, render_response
from keystead_client.desktop.models.catalog import tr
from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice
from support.chromium import chromium
from support.hosted_browser import ASKS_THE_BANK, DECLINED, pay
from support.page_urls import all_page_urls

_WIDTHS = {"wide": 1200, "narrow": 360}
_HEIGHT = 800
LANDING = "http://127.0.0.1:9/activated/picture"


def _land(route: Route) -> None:
    """Respond as the window's loopback server does."""
    body = tr("landing.body", product="NyrA Swarm Little Buddy")
    said = render_response("200 OK", tr.language.tag, tr("landing.title"), body)
    head, _, html = said.partition(END_OF_HEAD)
    fields = (line.partition(": ") for line in head.decode().split("\r\n")[1:])
    route.fulfill(headers={name: value for name, _, value in fields}, body=html)


def _shown(page: Page, pages: dict[str, str]) -> Iterator[str]:
    """Open one page after another in the browser, and yield their names."""
    for name, url in pages.items():
        page.goto(url)
        yield name
    for name, card in (("checkout-declined", DECLINED), ("checkout-bank", ASKS_THE_BANK)):
        page.goto(pages["checkout"])
        pay(page, card)
        yield name
    page.goto(pages["checkout"])
    page.get_by_label("Promotion code").fill("LAUNCH20")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("button", name="Remove the code").wait_for()
    yield "checkout-promotion"
    page.get_by_role("button", name="Remove the code").click()
    page.get_by_label("Promotion code").wait_for()
    page.goto(LANDING)
    yield "landing"


def draw_all(browser: Browser, pages: dict[str, str], folder: Path) -> None:
    """Write all screenshots into a folder."""
    for width_name, width in _WIDTHS.items():
        for look in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": width, "height": _HEIGHT},
                color_scheme="dark" if look == "dark" else "light",
            )
            page = context.new_page()
            page.route(LANDING, _land)
            for name in _shown(page, pages):
                file = f"{name.replace('/', '-')}-{width_name}-{look}.png"
                page.screenshot(path=folder / file, full_page=True)
            context.close()


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as run,
        BillingStub.running(Path(run)) as stub,
        httpx.Client(base_url=stub.url, trust_env=False, timeout=60) as http,
        chromium() as browser,
    ):
        draw_all(browser, all_page_urls(stub, BillingDevice(stub, http)), folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
