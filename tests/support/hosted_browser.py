"""Fill in the hosted pages in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page

GOOD = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 0002"
ASKS_THE_BANK = "4000 0025 0000 3155"


def type_card(page: Page, number: str) -> None:
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry").fill("12 / 34")
    page.get_by_label("Security code").fill("123")


def pay(page: Page, number: str, email: str = "ada@example.com") -> None:
    """Fill in the whole page and press the button."""
    page.get_by_label("Email").fill(email)
    type_card(page, number)
    page.get_by_role("button", name="Pay").click()
