"""Accessibility of the pages: contrast, narrow screens, keyboard, print."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice
from support.page_urls import all_page_urls

pytestmark = pytest.mark.long

#: Texts whose contrast is below 4.5:1 (WCAG 2.2, 1.4.3), with the ratio.
FAINT = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = colour => {
    const [r, g, b] = rgba(colour).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = element => {
    for (let one = element; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (rgba(colour)[3] === 255) return colour;
    }
    throw new Error("no ground");
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(`${walker.currentNode.data.trim()}: ${ratio.toFixed(2)}`);
  }
  return found;
}
"""
#: Elements that take the keyboard focus without showing a focus ring.
UNSEEN = """
() => {
  const found = [];
  for (const one of document.querySelectorAll("a[href], button, input, textarea, summary")) {
    if (one.type === "hidden" || !one.checkVisibility()) continue;
    one.focus({focusVisible: true});
    const style = getComputedStyle(one);
    if (document.activeElement !== one) found.push(`not reached: ${one.outerHTML}`);
    else if (parseFloat(style.outlineWidth) < 2) found.push(`no ring: ${one.outerHTML}`);
  }
  return found;
}
"""
WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 360, "height": 740}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_readable_and_accessible(
    browser: Browser, billing_stub: BillingStub, device: BillingDevice, scheme: str
) -> None:
    pages = all_page_urls(billing_stub, device)
    context = browser.new_context(
        viewport=WIDE, color_scheme="dark" if scheme == "dark" else "light"
    )
    # The console's script would replace elements while they are measured.
    context.route("**/console.js", lambda route: route.fulfill(body=""))
    page = context.new_page()
    for name, url in pages.items():
        page.goto(url)
        assert page.evaluate(FAINT) == [], name
        assert page.evaluate(UNSEEN) == [], name
        page.set_viewport_size(NARROW)
        assert width_of(page) <= NARROW["width"], name
        page.set_viewport_size(WIDE)
    context.close()


def width_of(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


def test_a_printed_invoice_contains_only_the_invoice(
    browser: Browser, billing_stub: BillingStub, device: BillingDevice
) -> None:
    url = all_page_urls(billing_stub, device)["invoice"]
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(url)
    page.emulate_media(media="print")
    assert page.get_by_role("heading", name="Invoice").is_visible()
    assert page.get_by_text("ada@example.com").is_visible()
    assert not page.get_by_role("button").filter(visible=True).count()
    assert not page.get_by_text("Test cards").is_visible()
    assert page.evaluate(FAINT) == []
    context.close()
