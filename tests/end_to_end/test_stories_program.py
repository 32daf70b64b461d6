"""A protected program with and without a running daemon."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

import keystead
from support.world import PATIENCE_S, Device, World

Told = tuple[str, bool]


def open_license(device: Device) -> keystead.License:
    """Open the license as a protected program on this device does."""
    return keystead.open(device.environ["KEYSTEAD_PROFILE"], environ=device.environ)


@contextmanager
def license_watcher(license: keystead.License) -> Iterator[Callable[[Told], None]]:
    """Yield a function that waits for a notification with this state and usability."""
    told: queue.Queue[Told] = queue.Queue()

    def until(wanted: Told) -> None:
        seen: list[Told] = []
        while wanted not in seen:
            seen.append(told.get(timeout=PATIENCE_S))

    with license.watch(lambda one: told.put((str(one.state), one.usable))):
        yield until


def test_a_program_is_notified_of_license_changes(world: World) -> None:
    device = world.device()
    license = open_license(device)
    assert (license.state, license.usable) == ("unactivated", False)
    with license_watcher(license) as until:
        checkout = device.start_checkout()
        until(("pending", False))
        world.stub.pay(checkout.session_id)
        until(("active", True))
        assert license.allows("export")
        world.happens(device, "refund")
        device.refresh()
        until(("inactive", False))
        assert not license.allows("export")


def test_a_missing_feature_raises_an_error_with_a_readable_message(world: World) -> None:
    device = world.device()
    with pytest.raises(keystead.NotEntitled) as unpaid:
        open_license(device).require("export")
    assert unpaid.value.code == "unactivated"
    world.pay(device)
    license = open_license(device)
    license.require("export")
    with pytest.raises(keystead.NotEntitled) as missing:
        license.require("teleport")
    assert missing.value.code == "feature_not_included"
    assert "teleport" in missing.value.sentence


def test_a_program_keeps_its_license_when_the_daemon_ends(world: World) -> None:
    device = world.activated()
    until = device.view().until
    license = open_license(device)
    device.kill()
    assert license.usable
    later = open_license(device)
    assert (later.state, later.usable, later.until) == ("active", True, until)


def test_a_program_opened_without_a_daemon_is_notified_once_one_starts(world: World) -> None:
    device = world.activated()
    device.stop()
    license = open_license(device)
    device.start()
    with license_watcher(license) as until:
        world.happens(device, "cancel", at_period_end=False)
        device.refresh()
        until(("inactive", False))


def test_a_program_with_another_home_does_not_see_the_license(world: World) -> None:
    world.activated("paid")
    other = world.device("other")
    assert open_license(other).state == "unactivated"
