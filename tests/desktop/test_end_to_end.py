"""The window with a real stub and a real daemon."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pytestqt.qtbot import QtBot

from keystead.capabilities import CAPABILITIES_BY_API
from keystead_client.desktop.controller import Controller
from keystead_stub.in_process import BillingStub
from support.billing_apis import SIGNED_IN
from support.desktop_world import Browser
from support.device_window import PATIENCE_MS, open_window
from support.hosted_page import submit_form
from support.person import Person
from support.profiles import write_profile
from support.world import CARD, Device, World

pytestmark = pytest.mark.long

COMMAND = Path(sys.executable).with_name("keystead-desktop")


@pytest.fixture
def billing(billing_stub: BillingStub, short_folder: Path) -> Iterator[World]:
    world = World(billing_stub, short_folder)
    yield world
    world.end()


@pytest.fixture
def before(qtbot: QtBot) -> Iterator[list[Controller]]:
    desktops: list[Controller] = []
    yield desktops
    for desktop in desktops:
        desktop.close()


def window_user(bot: QtBot, device: Device, before: list[Controller]) -> Person:
    """Open a window on a device's home."""
    desktop, person = open_window(bot, device)
    before.append(desktop)
    return person


def test_paying_activates_and_cancelling_is_shown(
    billing: World, qtbot: QtBot, browser: Browser, before: list[Controller]
) -> None:
    device = billing.device()
    person = window_user(qtbot, device, before)
    person.sees("Choose a plan", "Pro", "12.00 EUR a seat a month")
    person.clicks("Continue in browser")
    person.sees("Waiting for your payment to be confirmed.")
    qtbot.waitUntil(lambda: len(browser.opened) == 1, timeout=PATIENCE_MS)
    page = browser.opened[0]
    assert page.startswith(billing.stub.url)
    checkout = device.view().checkout
    assert checkout is not None
    assert checkout.session_id in urlsplit(page).path + urlsplit(page).query
    billing.stub.pay(checkout.session_id)
    person.sees("Active. Everything works.", "Next renewal", "Works offline until")

    person.clicks("Manage billing")
    qtbot.waitUntil(lambda: len(browser.opened) == 2, timeout=PATIENCE_MS)
    billing.happens(device, "cancel", atPeriodEnd=True)
    person.clicks("Refresh Activation")
    person.sees("It ends then, as you asked.")
    billing.stub.clock.advance(days=32)
    person.clicks("Refresh Activation")
    person.sees("Your subscription was canceled.")
    person.clicks("Choose a plan")
    person.sees("12.00 EUR a seat a month")


def test_an_unreachable_server_is_shown_and_the_license_still_works(
    billing: World, qtbot: QtBot, before: list[Controller]
) -> None:
    person = window_user(qtbot, billing.activated(), before)
    person.sees("Active. Everything works.")
    billing.stub.faults.set(status=503, times=5)
    person.clicks("Refresh Activation")
    person.sees("Active. Everything works.", "Dismiss")
    billing.stub.faults.clear()
    person.clicks("Refresh Activation")
    person.sees_no("Dismiss")


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_the_window_starts_the_daemon_that_it_needs(
    billing: World, qtbot: QtBot, before: list[Controller]
) -> None:
    profile = {"KEYSTEAD_PROFILE": str(billing.stub.profile)}
    device = Device(billing.folder / "laptop", profile)
    person = window_user(qtbot, device, before)
    person.sees("Looking at your activation…")
    person.sees("Choose a plan", "Pro")
    device.call("daemon.stop")


def test_a_silent_server_delays_no_other_check(
    tmp_path: Path, qtbot: QtBot, before: list[Controller]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        profile = write_profile(tmp_path / "profile", f"http://127.0.0.1:{silent.getsockname()[1]}")
        device = Device(tmp_path / "laptop", {"KEYSTEAD_PROFILE": str(profile)})
        device.start()
        try:
            person = window_user(qtbot, device, before)
            person.clicks("Diagnostics")
            person.sees("NyrA (nyra)", "for you alone.", "The keys are at hand.", "There is none")
            person.sees("This computer's clock is plausible.", "Looking at one thing after")
            person.clicks("Settings")
            person.sees("Appearance")
            person.clicks("Diagnostics")
            qtbot.waitUntil(person.sees_progress)
            person.sees_no("did not answer in time")
            person.sees("The billing service did not answer in time.", "or try again later.")
            person.sees("Something needs attention.", "The keys are at hand.")
            assert person.can_press("Look again")
        finally:
            # An open window would start another daemon.
            for desktop in before:
                desktop.close()
            device.stop()


@pytest.mark.parametrize("name", ["laptop", "laptop".ljust(100, "-")], ids=["short", "long"])
def test_a_second_start_and_a_link_reach_the_open_window(
    billing: World, qtbot: QtBot, name: str
) -> None:
    device = billing.device(name)
    environ = os.environ | device.environ | {"QT_QPA_PLATFORM": "offscreen"}
    first = subprocess.Popen([COMMAND], env=environ, stderr=subprocess.PIPE)
    try:
        listening = device.paths.socket.with_name("desktop.sock")
        qtbot.waitUntil(listening.exists, timeout=PATIENCE_MS)
        second = subprocess.run(
            [COMMAND, "keystead-nyra://activated"],
            env=environ,
            timeout=PATIENCE_MS / 1000,
            capture_output=True,
            check=False,
        )
        assert (second.returncode, second.stderr) == (0, b"")
        assert first.poll() is None
    finally:
        first.send_signal(signal.SIGINT)
        said = first.communicate(timeout=PATIENCE_MS / 1000)[1]
    assert b"Traceback" not in said


@pytest.mark.nightly
@pytest.mark.parametrize("api", [api.name for api in SIGNED_IN])
def test_a_signed_in_customer_buys_and_adds_a_device(
    api: str, tmp_path: Path, qtbot: QtBot, browser: Browser, before: list[Controller]
) -> None:
    (tmp_path / "stub").mkdir()
    with BillingStub.running(tmp_path / "stub", api=api) as stub:
        world = World(stub, tmp_path)
        try:
            buyer = window_user(qtbot, world.device(), before)
            if not CAPABILITIES_BY_API[api].plans_signed_in:
                buyer.clicks("Continue in browser")
            sign_in(buyer, browser)
            buyer.sees("Choose a plan", "Pro")
            buyer.clicks("Continue in browser")
            buyer.sees("Waiting for your payment to be confirmed.")
            checkout = world.devices[0].view().checkout
            assert checkout is not None
            stub.pay(checkout.session_id, email="ada@example.com")
            buyer.sees("Active. Everything works.")
            buyer.clicks("Billing")
            buyer.sees("Paid")
            world.happens(world.devices[0], "fail_next_payment")
            stub.clock.advance(days=32)
            buyer.clicks("Overview")
            buyer.clicks("Refresh Activation")
            buyer.sees("Your last payment did not go through.")
            buyer.clicks("Billing")
            seen = len(browser.opened)
            buyer.clicks("Pay")
            qtbot.waitUntil(lambda: len(browser.opened) > seen, timeout=PATIENCE_MS)
            card = {"card": CARD, "expiry": "12 / 40", "cvc": "123"}
            assert submit_form(browser.opened[-1], card).status_code == 200
            buyer.clicks("Overview")
            buyer.clicks("Refresh Activation")
            buyer.sees("Active. Everything works.")
            buyer.clicks("Billing")
            buyer.sees("Paid")
            buyer.sees_no("Overdue")
            further = window_user(qtbot, world.device("desktop"), before)
            if not CAPABILITIES_BY_API[api].plans_signed_in:
                further.clicks("Use this device")
            sign_in(further, browser)
            further.clicks("Use this device")
            further.sees("Active. Everything works.")
            further.clicks("Settings")
            further.sees("You are signed in as Ada Lovelace, for acme.")
        finally:
            for desktop in before:
                desktop.close()
            world.end()


def sign_in(person: Person, browser: Browser) -> None:
    """Sign in with the browser that the window opens."""
    seen = len(browser.opened)
    person.sees("Sign in first")
    person.clicks("Sign in")
    person.bot.waitUntil(lambda: len(browser.opened) > seen, timeout=PATIENCE_MS)
    fields = {"subject": "Ada Lovelace", "account": "acme", "action": "allow"}
    assert submit_form(browser.opened[-1], fields).status_code == 200
    person.sees("Choose a plan")
