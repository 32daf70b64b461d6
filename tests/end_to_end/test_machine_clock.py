"""A real daemon with a wrong wall clock: no effect online, no longer license offline."""

from __future__ import annotations

from pathlib import Path

import pytest

from keystead import hints
from keystead.instants import DAY_MS, MINUTE_MS, to_ms
from keystead.local_api import ActivationView
from support.fault_injection import read_state
from support.nightly import nightly_except
from support.other_machine import (
    WallClock,
    license_seen_by_program,
    namespace_command,
    running_daemon_in,
)
from support.world import Device, World

TURNED = ("-10d", "+400d", "@2038-01-20 00:00:00", "@1999-12-31 23:59:00")
BACK = {"-10d", "@1999-12-31 23:59:00"}
#: Tolerance in milliseconds between two readings of the server's time, for busy machines.
NEAR_MS = 60_000


@pytest.fixture
def device(world: World) -> Device:
    """Return an activated device whose daemon is stopped."""
    device = world.activated()
    device.stop()
    return device


def assert_active_by_server_time(view: ActivationView, world: World, to: str) -> None:
    """Assert that the device is active by the server's time."""
    assert view.state == "active"
    assert view.until == view.grace_ends_at
    assert abs(view.now - world.stub.clock.now_ms()) < NEAR_MS
    assert (hints.CLOCK_BEHIND in view.hints) == (to in BACK)


@pytest.mark.long
def test_one_refresh_online_corrects_the_state_for_any_wall_clock(
    world: World, device: Device, tmp_path: Path
) -> None:
    clock = WallClock(tmp_path)
    with running_daemon_in(device, environ=clock.environ):
        for to in TURNED:
            clock.turn(to)
            assert_active_by_server_time(device.refresh(), world, to)


@pytest.mark.long
@pytest.mark.parametrize("to", nightly_except(TURNED, {min(BACK)}))
def test_one_refresh_online_corrects_the_state_after_a_reboot_with_a_wrong_clock(
    world: World, device: Device, tmp_path: Path, to: str
) -> None:
    clock = WallClock(tmp_path)
    clock.turn(to)
    with running_daemon_in(device, namespace_command(tmp_path, boot=True), clock.environ):
        assert_active_by_server_time(device.refresh(), world, to)
    assert read_state(device).persisted.time.mark is not None


@pytest.mark.long
def test_the_wall_clock_is_ignored_offline_in_a_boot_with_a_server_time(
    world: World, device: Device, tmp_path: Path
) -> None:
    clock = WallClock(tmp_path)
    world.stub.faults.set(drop_connection=True)
    for to in TURNED:
        clock.turn(to)
        assert license_seen_by_program(device, environ=clock.environ)[:2] == (True, "active")
        with running_daemon_in(device, environ=clock.environ):
            assert_active_by_server_time(device.view(), world, to)
            assert license_seen_by_program(device, environ=clock.environ)[:2] == (True, "active")


@pytest.mark.long
def test_a_clock_that_was_temporarily_in_2038_has_no_lasting_effect(
    world: World, device: Device, tmp_path: Path
) -> None:
    clock, reboot = WallClock(tmp_path), namespace_command(tmp_path, boot=True)
    world.stub.faults.set(drop_connection=True)
    clock.turn("@2038-01-20 00:00:00")
    # After a reboot and offline there is no trusted time, so the wall clock is all there is.
    assert license_seen_by_program(device, reboot, clock.environ)[:2] == (False, "expired")
    with running_daemon_in(device, reboot, clock.environ):
        assert device.view().state == "expired"
        clock.turn("+0")
        assert_active_by_server_time(device.view(), world, "+0")
    assert license_seen_by_program(device, reboot)[:2] == (True, "active")
    world.stub.faults.clear()
    device.start()
    assert device.refresh().hints == ()


@pytest.mark.long
def test_setting_the_clock_back_offline_after_a_reboot_does_not_extend_the_license(
    world: World, device: Device, tmp_path: Path
) -> None:
    clock, reboot = WallClock(tmp_path), namespace_command(tmp_path, boot=True)
    world.stub.faults.set(drop_connection=True)
    known_ms = to_ms(read_state(device).license.iat)
    for to in sorted(BACK):
        clock.turn(to)
        with running_daemon_in(device, reboot, clock.environ):
            view = device.view()
            assert (view.state, hints.CLOCK_BEHIND in view.hints) == ("active", True)
            assert known_ms <= view.now < known_ms + NEAR_MS
        assert license_seen_by_program(device, reboot, clock.environ)[:2] == (True, "active")


@pytest.mark.long
def test_time_spent_offline_counts_with_the_clock_set_back(
    world: World, device: Device, tmp_path: Path
) -> None:
    """The device sleeps for longer than period and grace; then its clock is set back."""
    boundary_ms = read_state(device).license.offline_grace.ends_at
    remaining_ms = boundary_ms - world.stub.clock.now_ms()
    clock = WallClock(tmp_path)
    clock.turn("-10d")
    world.stub.faults.set(drop_connection=True)
    in_grace = namespace_command(tmp_path, later_s=(remaining_ms - DAY_MS) // 1000)
    assert license_seen_by_program(device, in_grace, clock.environ)[:2] == (True, "grace")
    with running_daemon_in(device, in_grace, clock.environ):
        assert device.view().state == "grace"
    over = namespace_command(tmp_path, later_s=remaining_ms // 1000 + 60)
    assert license_seen_by_program(device, over, clock.environ)[:2] == (False, "expired")
    with running_daemon_in(device, over, clock.environ):
        assert device.view().state == "expired"
        world.stub.faults.clear()
        world.stub.clock.advance_to(boundary_ms + MINUTE_MS)
        # Only the server knows whether the subscription was renewed.
        assert device.refresh().state == "active"
