"""The overview in each state, and its buttons."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from keystead.instants import MINUTE_MS, SECOND_MS
from keystead.local_api import ActivationView, DeviceParams
from keystead.wire.nyra import DevicesAnswer, PortalAnswer
from support import activations
from support.desktop_world import Browser, World
from support.scripted_daemon import PATIENCE_S, Refusal

PORTAL = "https://billing.example/portal/bps_1"

STATES: dict[str, tuple[ActivationView, tuple[str, ...]]] = {
    "active": (
        activations.active(),
        ("Active. Everything works.", "Pro", "2026-12-21 09:00", "2026-12-24 09:00"),
    ),
    "ending": (activations.ending(), ("Active until 2026-12-21 09:00.", "as you asked")),
    "settling": (activations.settling(), ("You can work until 2026-11-22 09:30.",)),
    "settling, by bank": (
        activations.unconfirmed(),
        ("Waiting for your bank to confirm the payment.", "activates automatically"),
    ),
    "grace": (activations.grace(), ("not confirmed yet", "until 2026-11-23 09:30", "Connect")),
    "grace, last hour": (
        activations.grace(42 * MINUTE_MS + 30 * SECOND_MS),
        ("Less than an hour is left: 42 minutes.",),
    ),
    "past due": (
        activations.past_due(),
        ("Your last payment did not go through.", "Manage billing"),
    ),
    "expired": (activations.expired(), ("This activation ended on 2026-11-19 09:30.",)),
    "canceled": (activations.inactive(), ("Your subscription was canceled.", "Subscribe again")),
    "removed": (
        activations.inactive("device_removed"),
        ("This device was removed", "I already paid"),
    ),
    "altered": (activations.untrusted(), ("damaged or was altered", "support@nyra.example")),
    "copied": (activations.untrusted("copied"), ("copied here from another place",)),
    "a state of the future": (activations.inactive("frozen"), ("There is no subscription",)),
}


@pytest.mark.parametrize("state", STATES)
def test_each_state_shows_its_headline_and_next_step(world: World, state: str) -> None:
    view, texts = STATES[state]
    _, person = world.at(view)
    person.sees(*texts)
    assert person.can_press("Refresh Activation")


def test_the_window_is_named_after_the_product(world: World) -> None:
    _, person = world.at(activations.active())
    person.bot.waitUntil(lambda: person.window.windowTitle() == "NyrA Swarm Little Buddy")


def test_a_change_is_shown_without_a_click(world: World) -> None:
    daemon, person = world.at(activations.active())
    person.sees("Active. Everything works.")
    daemon.publish(activations.past_due())
    person.sees("Your last payment did not go through.")
    daemon.publish(activations.inactive("unpaid"))
    person.sees("Your subscription stopped because it was not paid.")


def test_a_refresh_shows_progress_and_then_its_result(world: World) -> None:
    daemon, person = world.at(activations.expired())
    daemon.held.add("activation.refresh")
    person.clicks("Refresh Activation")
    person.sees("Checking with the billing service…")
    assert person.sees_progress()
    assert not person.can_press("Refresh Activation")
    daemon.view = activations.active(last_refresh_at=activations.NOW_MS)
    daemon.release("activation.refresh")
    person.sees("Active. Everything works.", "just now")
    person.sees_no("Checking with the billing service…")
    assert person.can_press("Refresh Activation")


def test_a_refresh_begun_elsewhere_is_shown(world: World) -> None:
    daemon, person = world.at(activations.active())
    person.sees("Active. Everything works.")
    daemon.publish(activations.active(refreshing=True))
    person.sees("Checking with the billing service…")
    daemon.publish(activations.active())
    person.sees_no("Checking with the billing service…")


def test_a_failed_refresh_shows_a_notice_only(world: World) -> None:
    daemon, person = world.at(activations.active())

    def refuse(_: msgspec.Struct) -> object:
        raise Refusal("backend_unreachable", "The billing service could not be reached.")

    daemon.answers["activation.refresh"] = refuse
    person.clicks("Refresh Activation")
    person.sees("The billing service could not be reached.", "Active. Everything works.")
    person.clicks("Dismiss")
    person.sees_no("could not be reached")


def test_the_portal_opens_and_its_return_refreshes(world: World, browser: Browser) -> None:
    daemon, person = world.at(activations.past_due())
    daemon.answers["portal.open"] = lambda _: PortalAnswer(
        url=PORTAL, expires_at=activations.NOW_MS
    )
    person.clicks("Manage billing")
    person.bot.waitUntil(lambda: browser.opened == [PORTAL])
    daemon.view = activations.active()
    other = world.window()
    other.window.activateWindow()
    person.bot.waitUntil(other.window.isActiveWindow)
    person.window.activateWindow()
    person.sees("Active. Everything works.")


def test_after_a_cancellation_plans_can_be_opened_and_left(world: World) -> None:
    _, person = world.at(activations.inactive())
    person.clicks("Choose a plan")
    person.sees("12.00 EUR a seat a month")
    person.clicks("Back")
    person.sees("Your subscription was canceled.")


def test_a_checkout_from_an_ended_state_shows_its_progress(world: World, browser: Browser) -> None:
    daemon, person = world.at(activations.inactive())
    daemon.answers["checkout.start"] = lambda _: activations.CHECKOUT
    person.clicks("Choose a plan")
    person.clicks("Continue in browser")
    person.sees("Waiting for your payment to be confirmed.")
    assert browser.opened == [activations.PAGE]
    daemon.publish(activations.active())
    person.sees("Active. Everything works.")


# Qt's offscreen platform logs this warning for every dialog.
@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_at_the_device_limit_a_device_can_be_removed(world: World) -> None:
    daemon, person = world.at(activations.inactive("device_limit"))
    person.clicks("Manage devices")
    person.sees("3 of 3 in use.", "Study", "This device", "Old laptop", "A device without a name")
    left = DevicesAnswer(devices=activations.DEVICES.devices[:1], device_limit=3)
    daemon.answers["devices.remove"] = lambda _: left
    daemon.view = activations.active()
    person.clicks("Remove Old laptop")
    person.clicks("Remove the device")
    person.sees("Active. Everything works.")
    calls = dict(daemon.asked.get(timeout=PATIENCE_S) for _ in range(daemon.asked.qsize()))
    assert calls["devices.remove"] == DeviceParams(device_id="C" * 43)


# Qt's offscreen platform logs this warning for every dialog.
@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_removing_a_device_needs_a_confirmation(world: World) -> None:
    daemon, person = world.at(activations.active())
    left = DevicesAnswer(devices=activations.DEVICES.devices[:1], device_limit=3)
    daemon.answers["devices.remove"] = lambda _: left
    person.clicks("Devices")
    person.clicks("Remove Old laptop")
    person.sees("Remove Old laptop?", "It stops working there, and its place becomes free")
    person.clicks("Keep it")
    person.sees_no("Remove Old laptop?")
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Escape):
        person.clicks("Remove Old laptop")
        person.sees("Remove Old laptop?")
        QTest.keyClick(person.button("Keep it"), key)
        person.sees_no("Remove Old laptop?")
    asked = {daemon.asked.get(timeout=PATIENCE_S)[0] for _ in range(daemon.asked.qsize())}
    assert "devices.remove" not in asked
    person.clicks("Remove Old laptop")
    person.clicks("Remove the device")
    person.sees_no("Old laptop")


def test_a_payment_at_the_device_limit_leads_to_the_devices(world: World) -> None:
    _, person = world.at(activations.pending(hints=("device_limit",)))
    person.sees("Waiting for your payment", "All devices of this subscription are in use.")
    person.clicks("Manage devices")
    person.sees("Old laptop")
    person.clicks("Back")
    person.sees("Waiting for your payment")


def test_hints_are_shown_with_the_state(world: World) -> None:
    _, person = world.at(activations.active(hints=("clock_behind", "a_hint_of_the_future")))
    person.sees("Active. Everything works.", "This computer's clock is behind.")
    person.sees_no("a_hint_of_the_future")
