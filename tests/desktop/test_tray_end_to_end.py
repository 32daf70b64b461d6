"""The tray with the real command, daemon and stub, on an X screen with a panel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS
from keystead_stub.in_process import BillingStub
from support.desktop_session import DesktopSession, icon_shape
from support.world import Device, World

pytestmark = pytest.mark.long

NAME = "NyrA Swarm Little Buddy"


@pytest.fixture
def billing(billing_stub: BillingStub, tmp_path: Path) -> Iterator[World]:
    world = World(billing_stub, tmp_path)
    yield world
    world.end()


def pass_time_offline(device: Device, world: World, instant_ms: int) -> None:
    """Let time pass on an offline device."""
    world.stub.faults.set(status=503)
    device.sleep_until(instant_ms)


def test_the_window_closes_to_the_tray_and_opens_from_it(
    billing: World, desk: DesktopSession
) -> None:
    device = billing.activated(rehearsed=True)
    desk.panel.open()
    program = desk.start(device.environ)
    window = desk.until_seen()
    desk.until_tray("Active. Everything works.")
    assert icon_shape(desk.panel.icon()) == "ok"
    assert desk.panel.identity() == "nyra-keystead", "another product's icon has another name"
    assert [entry.label for entry in desk.panel.menu()] == [
        "Active. Everything works.",
        "Refresh Activation",
        "Manage billing",
        f"Open {NAME}",
        "Quit",
    ]
    assert [entry.enabled for entry in desk.panel.menu()] == [False, True, True, True, True]

    desk.screen.close_window(window)
    desk.until_hidden()
    assert desk.until_notified(1).title == f"{NAME} goes on in the tray"

    period_ms = device.view().current_period_end
    assert period_ms is not None
    pass_time_offline(device, billing, period_ms + HOUR_MS)
    desk.until_tray("is not confirmed yet")
    assert icon_shape(desk.panel.icon()) == "attention"
    grace = desk.until_notified(2)
    assert grace.title == f"{NAME}: the renewal is not confirmed yet"
    desk.panel.click_notification(grace)
    desk.screen.close_window(desk.until_seen())
    desk.until_hidden()

    pass_time_offline(device, billing, period_ms + 3 * DAY_MS - 30 * MINUTE_MS)
    assert desk.until_notified(3).title == f"{NAME}: less than an hour is left"
    desk.panel.click()
    desk.until_seen()
    desk.panel.choose("Quit")
    assert desk.ended(program) == 0

    desk.panel.items.clear()
    again = desk.start(device.environ, "--minimized")
    desk.until_tray("is not confirmed yet")
    assert desk.screen.windows() == []
    pass_time_offline(device, billing, period_ms + 3 * DAY_MS)
    desk.until_tray("This activation ended")
    assert icon_shape(desk.panel.icon()) == "blocked"
    assert desk.until_notified(4).title == f"{NAME}: the activation has ended"
    assert desk.ended(desk.start(device.environ)) == 0
    desk.until_seen()
    desk.panel.choose("Quit")
    assert desk.ended(again) == 0


def test_a_failed_card_is_notified_and_a_renewal_is_not(
    billing: World, desk: DesktopSession
) -> None:
    device = billing.activated(rehearsed=True)
    desk.panel.open()
    program = desk.start(device.environ, "--minimized")
    desk.until_tray("Active. Everything works.")
    first_ms = device.view().current_period_end
    assert first_ms is not None
    billing.stub.clock.advance_to(first_ms + HOUR_MS)
    second_ms = device.sleep_until(first_ms + HOUR_MS).current_period_end
    assert second_ms is not None
    assert second_ms > first_ms

    billing.happens(device, "fail_next_payment")
    billing.stub.clock.advance_to(second_ms + 2 * HOUR_MS)
    device.sleep_until(second_ms + 2 * HOUR_MS)
    desk.until_tray("did not go through")
    assert desk.until_notified(1).title == f"{NAME}: a payment did not go through"
    desk.panel.choose("Quit")
    assert desk.ended(program) == 0


@pytest.mark.nightly
def test_without_a_tray_closing_quits(billing: World, desk: DesktopSession) -> None:
    device = billing.activated()
    program = desk.start(device.environ)
    desk.screen.close_window(desk.until_seen())
    assert desk.ended(program) == 0
    assert desk.panel.notifications == []


@pytest.mark.nightly
def test_a_panel_that_starts_later_or_restarts_is_used(
    billing: World, desk: DesktopSession
) -> None:
    device = billing.activated()
    program = desk.start(device.environ)
    desk.until_seen()
    desk.panel.open()
    desk.until_tray("Active. Everything works.")
    desk.panel.close()
    desk.panel.open()
    desk.until_tray("Active. Everything works.")
    desk.panel.close()
    desk.screen.close_window(desk.until_seen())
    assert desk.ended(program) == 0
