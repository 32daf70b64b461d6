"""Real Chromium with a real window process, daemon and stub.

Nothing is clicked in the window while the browser is used: it must update by itself.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from keystead_client.demo.clock import follow_clock
from keystead_client.demo.environment import demo_environment
from keystead_stub.in_process import BillingStub
from support.hosted_browser import ASKS_THE_BANK, DECLINED, GOOD, pay
from support.window_process import WindowProcess, window_process
from support.world import EMAIL, PATIENCE_S, Device, World

pytestmark = pytest.mark.long

COMMAND = Path(sys.executable).with_name("keystead-desktop")
BACK = re.compile("^Back to")
ACTIVE = "Active. Everything works."
LINK = pytest.param(
    True,
    id="link",
    marks=pytest.mark.skipif(shutil.which("gio") is None, reason="GLib's tool is not here"),
)


class UserDesktop:
    """A user's desktop with a browser, with or without a handler for ``keystead:`` links."""

    def __init__(self, world: World, page: Page, *, announced: bool) -> None:
        self.world, self.page, self.announced = world, page, announced
        self.folder = world.folder / "user"
        (self.folder / "CONFIG").mkdir(parents=True)
        self.environ = {"HOME": str(self.folder), "XDG_DATA_DIRS": str(self.folder / "nothing")}
        self.environ |= {f"XDG_{name}_HOME": str(self.folder / name) for name in ("DATA", "CONFIG")}

    @contextmanager
    def window(self, device: Device) -> Iterator[WindowProcess]:
        """Open the window of a device; a failure saves a screenshot of it and one of the page."""
        places = ["--profile", device.environ["KEYSTEAD_PROFILE"], "--home", str(device.home)]
        if self.announced:
            self.run(str(COMMAND), *places, "--register-links")
        evidence = self.folder / "evidence"
        with window_process(places, device.environ | self.environ, evidence) as window:
            try:
                yield window
            except BaseException:
                self.page.screenshot(path=evidence / "page.png")
                raise

    def goes_back(self) -> None:
        """Follow the link that leads to the program, as the browser would."""
        link = self.page.get_by_role("link", name=BACK)
        if not self.announced:
            link.click()
            expect(self.page.get_by_role("heading", name="You are back")).to_be_visible()
            return
        if link.get_attribute("href") != "keystead-nyra://activated":
            link.click()
            expect(self.page.get_by_role("heading", name="All set")).to_be_visible()
        self.run("gio", "open", str(link.get_attribute("href")))

    def run(self, *command: str) -> None:
        done = subprocess.run(
            command,
            env=os.environ | {"QT_QPA_PLATFORM": "offscreen"} | self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def world(billing_stub: BillingStub, tmp_path: Path) -> Iterator[World]:
    world = World(billing_stub, tmp_path)
    yield world
    world.end()


@pytest.fixture
def surfing(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.fixture(params=[LINK, pytest.param(False, id="loopback", marks=pytest.mark.nightly)])
def desk(world: World, surfing: Page, request: pytest.FixtureRequest) -> UserDesktop:
    """Return a desktop with a registered link handler, and one without."""
    return UserDesktop(world, surfing, announced=request.param)


@pytest.fixture
def plain_desk(world: World, surfing: Page) -> UserDesktop:
    return UserDesktop(world, surfing, announced=False)


def test_paying_on_the_page_activates_the_window(desk: UserDesktop) -> None:
    with desk.window(desk.world.device()) as window:
        window.sees("Choose a plan", "Pro")
        window.clicks("Continue in browser")
        desk.page.goto(window.opened())
        window.goes_away()
        pay(desk.page, DECLINED)
        expect(desk.page.get_by_role("alert")).to_contain_text("declined")
        pay(desk.page, GOOD)
        expect(desk.page.get_by_role("heading", name="Thank you")).to_be_visible()
        desk.goes_back()
        window.comes_forward()
        window.sees(ACTIVE, "Next renewal")


def test_paying_with_3d_secure_activates_the_window(plain_desk: UserDesktop) -> None:
    page = plain_desk.page
    with plain_desk.window(plain_desk.world.device()) as window:
        window.clicks("Continue in browser")
        page.goto(window.opened())
        pay(page, ASKS_THE_BANK)
        page.get_by_role("button", name="Fail authentication").click()
        expect(page.get_by_role("alert")).to_be_visible()
        window.sees("Waiting for your payment to be confirmed.")
        pay(page, ASKS_THE_BANK)
        page.get_by_role("button", name="Complete authentication").click()
        plain_desk.goes_back()
        window.sees(ACTIVE, "Next renewal")


def test_leaving_the_page_unpaid_returns_to_the_window(plain_desk: UserDesktop) -> None:
    page = plain_desk.page
    with plain_desk.window(plain_desk.world.device()) as window:
        window.clicks("Continue in browser")
        page.goto(window.opened())
        window.goes_away()
        page.get_by_role("link", name="Cancel and go back").click()
        expect(page.get_by_role("heading", name="Nothing was charged")).to_be_visible()
        plain_desk.goes_back()
        window.comes_forward()
        window.sees("Waiting for your payment to be confirmed.")


def test_cancelling_and_resuming_in_the_portal_are_shown_in_the_window(desk: UserDesktop) -> None:
    page = desk.page
    with desk.window(desk.world.activated()) as window:
        window.sees(ACTIVE)
        window.clicks("Manage billing")
        page.goto(window.opened())
        page.get_by_role("link", name="Cancel subscription").click()
        expect(page.get_by_role("heading", name="Cancel your subscription?")).to_be_visible()
        page.get_by_role("button", name="Cancel subscription").click()
        expect(page.get_by_role("status")).to_contain_text("is cancelled")
        desk.goes_back()
        window.sees("It ends then, as you asked.")

        window.clicks("Manage billing")
        page.goto(window.opened())
        page.get_by_role("link", name="Keep my subscription").click()
        page.get_by_role("button", name="Keep subscription").click()
        expect(page.get_by_role("status")).to_contain_text("goes on")
        desk.goes_back()
        window.sees(ACTIVE)
        window.sees_no("It ends then, as you asked.")


@pytest.mark.nightly
def test_advancing_the_console_s_clock_updates_the_window(
    browser: Browser, surfing: Page, tmp_path: Path
) -> None:
    page, onlooker = surfing, browser.new_page()

    def travels(button: str) -> None:
        with page.expect_navigation():
            page.get_by_role("button", name=button, exact=True).click()

    with (
        demo_environment("nyra", os.environ, keep=False) as environment,
        # The device's clocks advance with the stub's, as after ``keystead demo``.
        ThreadPoolExecutor(1) as pool,
        window_process([], environment.environ, tmp_path / "evidence") as window,
    ):
        pace = pool.submit(follow_clock, environment, window.process)
        console = f"{environment.backend.url}/_stub/"
        onlooker.goto(console)
        window.clicks("Continue in browser")
        page.goto(window.opened())
        pay(page, GOOD, EMAIL)
        window.sees(ACTIVE)
        paid = window.fact("Next renewal")

        page.goto(console)
        travels("+1 month")
        window.sees_no(paid)
        window.sees(ACTIVE, "Next renewal")
        assert window.fact("Next renewal") != paid
        expect(onlooker.locator("#live-events").get_by_text("invoice.paid")).to_have_count(2)

        page.get_by_role("link", name=EMAIL).click()
        page.get_by_role("button", name="Fail the next payment").click()
        travels("To the period end")
        travels("+1 day")
        window.sees("Your last payment did not go through. You can go on until")
        expect(onlooker.locator("#live-customers").get_by_text("Past due").first).to_be_visible()
        for _ in range(3):
            travels("+1 day")
        window.sees("Your subscription stopped because the last payment did not go through.")
    pace.result()
    onlooker.close()


def test_a_purchase_is_restored_in_the_window_by_a_mailed_link(plain_desk: UserDesktop) -> None:
    world, page = plain_desk.world, plain_desk.page
    world.activated("desktop")
    with plain_desk.window(world.device("new-laptop")) as window:
        window.clicks("I already paid")
        window.sees("Email address")
        window.types("Email address", EMAIL)
        window.clicks("Send the link")
        window.sees("Waiting for you to follow the link in your mail.")
        page.goto(f"{world.stub.url}/_stub/")
        page.get_by_role("link", name="Follow its link").click()
        page.get_by_role("button", name="Yes, use it there").click()
        expect(page.get_by_role("heading", name="The device may use")).to_be_visible()
        window.sees(ACTIVE, "Next renewal")
