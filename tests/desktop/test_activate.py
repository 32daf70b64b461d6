"""Activation: choosing a plan, paying in the browser, importing a license, restoring a purchase."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog

from keystead.local_api import Checkout, CheckoutParams, ImportParams, RestoreParams
from keystead.wire.nyra import PlansAnswer
from support import activations
from support.desktop_world import Browser, World
from support.person import Person
from support.scripted_daemon import PATIENCE_S, Refusal, ScriptedDaemon

# Qt's offscreen platform logs this warning for every dialog.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def accept_checkouts(daemon: ScriptedDaemon, checkout: Checkout = activations.CHECKOUT) -> None:
    """Let the daemon start checkouts: it answers the call and publishes the new state."""

    def start(_: msgspec.Struct) -> Checkout:
        daemon.view = activations.pending(checkout)
        return checkout

    daemon.answers["checkout.start"] = start


def next_params(daemon: ScriptedDaemon, method: str) -> msgspec.Struct:
    """Return the parameters of the next call of a method."""
    while True:
        name, params = daemon.asked.get(timeout=PATIENCE_S)
        if name == method:
            return params


def test_paying_in_the_browser_activates_without_a_click(world: World, browser: Browser) -> None:
    daemon, person = world.at(activations.unactivated())
    accept_checkouts(daemon)
    person.sees("Choose a plan", "Pro", "12.00 EUR a seat a month", "Export", "Sync")
    person.clicks("Continue in browser")
    person.sees("Waiting for your payment to be confirmed.", "Waiting for 1:")
    assert browser.opened == [activations.PAGE]
    daemon.publish(activations.settling())
    person.sees("You can work until 2026-11-22 09:30.")
    daemon.publish(activations.active())
    person.sees("Active. Everything works.")


def test_the_checkout_is_requested_for_the_selection(world: World, browser: Browser) -> None:
    daemon, person = world.at(activations.unactivated())
    accept_checkouts(daemon)
    person.clicks("Yearly")
    person.sees("120.00 EUR a seat a year")
    person.types("Seats", "3")
    person.sees("In total 360.00 EUR a year")
    person.clicks("One seat more")
    person.sees("In total 480.00 EUR a year")
    person.clicks("Continue in browser")
    person.sees("Waiting for your payment")
    wish = CheckoutParams(plan="pro", billing_period="yearly", seats=4, locale="en")
    assert next_params(daemon, "checkout.start") == wish
    assert browser.opened


def test_a_checkout_can_be_started_by_keyboard_alone(world: World, browser: Browser) -> None:
    daemon, person = world.at(activations.unactivated())
    accept_checkouts(daemon)
    person.sees("Pro")
    person.button("Pro, 12.00 EUR a seat a month").setFocus()
    person.presses(Qt.Key.Key_Down)
    person.sees("In total 5.00 EUR a month")
    for _ in range(20):
        if QApplication.focusWidget() is person.button("Continue in browser"):
            break
        person.presses(Qt.Key.Key_Tab)
    person.presses(Qt.Key.Key_Return)
    person.sees("Waiting for your payment")
    assert next_params(daemon, "checkout.start") == CheckoutParams(
        plan="solo", billing_period="monthly", seats=1, locale="en"
    )
    assert browser.opened


@pytest.mark.qt_log_ignore("openUrl")
def test_without_a_browser_the_link_can_be_copied(world: World) -> None:
    daemon, person = world.at(activations.unactivated())
    accept_checkouts(daemon)
    person.clicks("Continue in browser")
    person.sees("Your browser could not be opened", activations.PAGE)
    person.clicks("Dismiss")
    person.sees_no(activations.PAGE)
    person.clicks("Copy the link")
    person.sees("The link is on the clipboard.")
    assert QApplication.clipboard().text() == activations.PAGE


def test_a_url_that_is_not_a_web_page_is_never_opened(world: World, browser: Browser) -> None:
    daemon, person = world.at(activations.unactivated())
    accept_checkouts(
        daemon, msgspec.structs.replace(activations.CHECKOUT, url="file:///etc/passwd")
    )
    person.clicks("Continue in browser")
    person.sees("The billing service named an address that is no web page.")
    assert browser.opened == []


def test_a_checkout_can_be_reopened_and_cancelled(world: World, browser: Browser) -> None:
    daemon, person = world.at(activations.pending())
    daemon.answers["checkout.cancel"] = lambda _: activations.unactivated()
    person.clicks("Open the browser again")
    assert browser.opened == [activations.PAGE]
    person.clicks("Cancel")
    person.sees("Choose a plan")


def test_a_refused_checkout_shows_the_reason_and_the_remedy(world: World) -> None:
    daemon, person = world.at(activations.unactivated())

    def refuse(_: msgspec.Struct) -> object:
        raise Refusal("already_entitled", "409 already_entitled")

    daemon.answers["checkout.start"] = refuse
    person.clicks("Continue in browser")
    person.sees("This is already paid for.", "use “Manage billing”")
    person.sees_no("409")
    assert person.can_press("Continue in browser")


def test_a_failed_list_of_plans_can_be_retried(world: World) -> None:
    daemon = world.daemon(activations.unactivated())

    def refuse(_: msgspec.Struct) -> object:
        raise Refusal("backend_unreachable", "The billing service could not be reached.")

    daemon.answers["plans.list"] = refuse
    person = world.window()
    person.sees("The billing service could not be reached.")
    assert not person.can_press("Continue in browser")
    daemon.answers["plans.list"] = lambda _: activations.PLANS
    person.clicks("Fetch the plans again")
    person.sees("Pro")
    person.sees_no("could not be reached")


def test_an_empty_list_of_plans_is_explained(world: World) -> None:
    daemon = world.daemon(activations.unactivated())
    daemon.answers["plans.list"] = lambda _: PlansAnswer(plans=())
    person = world.window()
    person.sees("No plan is on sale at the moment.")
    assert not person.can_press("Continue in browser")


def test_names_from_the_server_are_shown_as_plain_text(world: World) -> None:
    daemon = world.daemon(activations.unactivated())
    evil = msgspec.structs.replace(activations.PLANS.plans[0], name="<b>R&D</b> &Pro")
    daemon.answers["plans.list"] = lambda _: PlansAnswer(plans=(evil,))
    person = world.window()
    person.sees("<b>R&D</b> &Pro")


def test_a_license_file_is_imported(world: World, tmp_path: Path) -> None:
    daemon, person = world.at(activations.unactivated())
    daemon.answers["activation.import"] = lambda _: activations.active()
    choose_file(person, tmp_path / "license.jws", b"eyJ...")
    person.sees("Active. Everything works.", "The license file was taken over.")
    assert next_params(daemon, "activation.import") == ImportParams(document="eyJ...")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfe", "This file cannot be read."),
        (b"x" * 100_000, "This is no license file: it is too large."),
    ],
)
def test_an_invalid_license_file_is_refused_with_a_reason(
    world: World, tmp_path: Path, content: bytes, told: str
) -> None:
    _, person = world.at(activations.unactivated())
    choose_file(person, tmp_path / "picture.jws", content)
    person.sees(told, "Choose a plan")


def test_a_license_refused_by_the_daemon_shows_the_reason(world: World, tmp_path: Path) -> None:
    daemon, person = world.at(activations.unactivated())

    def refuse(_: msgspec.Struct) -> object:
        raise Refusal("wrong_device", "This license is for another device.")

    daemon.answers["activation.import"] = refuse
    choose_file(person, tmp_path / "license.jws", b"eyJ...")
    person.sees("This is for another device.", "Choose a plan")


def choose_file(person: Person, file: Path, content: bytes) -> None:
    """Choose a license file in the dialog that the click opens."""
    file.write_bytes(content)
    person.clicks("Import a license file")
    dialog = person.window.findChild(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    dialog.selectFile(str(file))
    dialog.accept()


def test_a_purchase_is_restored_by_email(world: World) -> None:
    daemon, person = world.at(activations.unactivated())
    daemon.answers["activation.restore"] = lambda _: activations.RESTORE
    person.clicks("I already paid")
    person.types("Email address", "not an address")
    person.clicks("Send the link")
    person.sees("This is not an email address.")
    person.types("Email address", "ada@example.com")
    person.presses(Qt.Key.Key_Return)
    person.sees("Waiting for you to follow the link in your mail.")
    assert next_params(daemon, "activation.restore") == RestoreParams(email="ada@example.com")


def test_back_leads_to_the_plans(world: World) -> None:
    _, person = world.at(activations.unactivated())
    person.clicks("I already paid")
    person.clicks("Back")
    person.sees("Choose a plan")
