"""Features of `dashclicks` only, in the window with a real daemon and stub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pytestqt.qtbot import QtBot

from support.browser_sign_in import sign_in_by_browser
from support.desktop_world import Browser
from support.device_window import PATIENCE_MS, window_user
from support.merchant import API, Merchant
from support.shared_stubs import StubOf
from support.world import EMAIL, NETWORK_S, PRODUCT, World

pytestmark = pytest.mark.long


@pytest.fixture
def world(stub_of: StubOf, tmp_path: Path) -> Iterator[World]:
    world = World(stub_of(API), tmp_path)
    yield world
    world.end()


def test_a_one_time_purchase_shows_no_renewal(world: World, qtbot: QtBot, browser: Browser) -> None:
    with httpx.Client(base_url=world.stub.url, timeout=NETWORK_S) as http:
        Merchant(world.stub, http, "acme").sells_once()
    device = world.device(product=f"{PRODUCT}.acme")
    sign_in_by_browser(device)
    with window_user(qtbot, device) as person:
        person.sees("Choose a plan", "Lifetime")
        # The platform's plan would not activate a merchant's program.
        person.sees_no("Pro")
        person.clicks("Lifetime, 399.00 EUR a seat once")
        person.sees("In total 399.00 EUR once, before taxes and discounts.")
        person.clicks("Continue in browser")
        qtbot.waitUntil(lambda: len(browser.opened) == 1, timeout=PATIENCE_MS)
        checkout = device.view().checkout
        assert checkout is not None
        world.stub.pay(checkout.session_id, email=EMAIL)
        person.sees("Active. Everything works.", "Once; nothing is renewed")
        person.sees("To be checked again by")
        person.sees_no("Next renewal")
        person.clicks("Billing")
        person.sees("399.00 EUR", "Paid", "Once; nothing is renewed")
        assert not person.can_press("Cancel the subscription")
        world.happens(device, "refund")
        person.clicks("Overview")
        person.clicks("Refresh Activation")
        person.sees("Your payment was refunded", "Buy it again to go on.")


def test_an_account_without_stripe_is_explained_on_the_plans_page(
    world: World, qtbot: QtBot
) -> None:
    device = world.device()
    sign_in_by_browser(device, action="allow_unconnected")
    with window_user(qtbot, device) as person:
        person.sees("not connected to Stripe", "Connect it where you manage your account.")
        sign_in_by_browser(device)
        person.clicks("Fetch the plans again")
        person.sees("Pro", "12.00 EUR a seat a month")
