"""A real daemon with a wrong wall clock: no effect online, no longer license offline."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from keystead import hints
from keystead.errors import DaemonRefused
from keystead.instants import DAY_MS, MINUTE_MS, to_ms
from keystead.local_api import ActivationView, ImportParams
from support.fault_injection import program_license, read_state
from support.nightly import nightly_except
from support.other_machine import (
    BOOT_ID,
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
    world: World, tmp_path: Path, to: str
) -> None:
    """The boot before this one was in a namespace, because this machine can't be rebooted."""
    device = world.device(start=False)
    with running_daemon_in(device, namespace_command(tmp_path, boot=True)):
        world.pay(device)
    clock = WallClock(tmp_path)
    clock.turn(to)
    with running_daemon_in(device, environ=clock.environ):
        assert_active_by_server_time(device.refresh(), world, to)
    assert read_state(device).persisted.time.anchor is not None


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


#: An attacker's commands in a user and mount namespace: $1 is the boot id of the activation.
PRIVATE_BOOT = """
echo "$1" > "$2/boot-id" && mount --bind "$2/boot-id" /proc/sys/kernel/random/boot_id || exit 99
shift 2
exec "$@"
"""


def private_boot_command(folder: Path, behind_s: int) -> list[str]:
    """Return the prefix of a command with this boot's id and a boot clock that is behind."""
    unshare = ["unshare", "--user", "--map-root-user", "--mount", "--time"]
    unshare += ["--boottime", str(-behind_s), "--monotonic", str(-behind_s)]
    boot_id = BOOT_ID.read_text("ascii").strip()
    command = [*unshare, "sh", "-c", PRIVATE_BOOT, "sh", boot_id, str(folder)]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody have namespaces")
    return command


@pytest.mark.long
@pytest.mark.parametrize("days", [400, 3650])
def test_a_boot_clock_of_the_users_own_does_not_extend_the_license(
    world: World, device: Device, tmp_path: Path, days: int
) -> None:
    """The wall clock is right, and the boot clock pretends that the activation just happened."""
    world.stub.faults.set(drop_connection=True)
    clock = WallClock(tmp_path)
    clock.turn(f"+{days}d")
    # Still this boot: the machine's own boot clock counts, and the wall clock is wrong by `days`.
    assert license_seen_by_program(device, environ=clock.environ)[:2] == (True, "active")
    private = private_boot_command(tmp_path, behind_s=60)
    assert license_seen_by_program(device, private)[:2] == (True, "active")
    assert license_seen_by_program(device, private, clock.environ)[:2] == (False, "expired")
    with running_daemon_in(device, private, clock.environ):
        assert device.view().state == "expired"
        world.stub.faults.clear()
        # A boot clock of one's own counts beside the wall clock, here too (specification §5.6).
        assert device.refresh().state == "expired"
        clock.turn("+0")
        assert device.refresh().state == "active"
    world.stub.faults.set(drop_connection=True)
    # What was heard under that boot clock proves nothing under the machine's.
    clock.turn(f"+{days}d")
    assert license_seen_by_program(device, environ=clock.environ)[:2] == (False, "expired")


@pytest.mark.long
def test_power_cuts_with_the_clock_set_back_do_not_extend_the_license(
    world: World, tmp_path: Path
) -> None:
    """Each boot runs for days, is killed, and begins again with the clock of the activation."""
    device = world.activated(rehearsed=True)
    world.stub.faults.set(drop_connection=True)
    boundary_ms = read_state(device).license.offline_grace.ends_at
    usable_days = 0
    for _ in range(6):
        device.sleep(7 * DAY_MS)
        usable_days += 7 * device.view().usable
        marked = read_state(device).persisted.time.mark
        device.kill()
        assert marked is not None
        device.start(prefix=namespace_command(tmp_path, boot=True))
        assert device.view().now >= marked.at_ms
    assert device.view().state == "expired"
    assert usable_days * DAY_MS <= boundary_ms - to_ms(read_state(device).license.iat)
    device.kill()


@pytest.mark.long
@pytest.mark.parametrize("days", [400, -400])
def test_a_server_whose_clock_was_wrong_once_has_no_lasting_effect(world: World, days: int) -> None:
    device = world.activated()
    seen = program_license(device)
    world.stub.faults.set(clock_skew_seconds=days * 86_400)
    wrong = device.refresh()
    assert hints.SERVER_CLOCK in wrong.hints
    assert hints.CLOCK_BEHIND not in wrong.hints
    if not wrong.usable:
        assert wrong.next_refresh_at is not None
        assert wrong.next_refresh_at - wrong.now <= MINUTE_MS
    wrong_license = device.paths.license.read_text()
    world.stub.faults.clear()
    view = device.refresh()
    assert (view.state, view.hints) == ("active", ())
    assert abs(view.now - world.stub.clock.now_ms()) < NEAR_MS
    assert program_license(device).state == "active"
    assert seen.state == "active"
    with pytest.raises(DaemonRefused) as refused:
        device.call("activation.import", ImportParams(document=wrong_license))
    assert refused.value.code == "superseded"
    world.stub.faults.set(drop_connection=True)
    device.restart()
    offline = device.until(lambda view: hints.BACKEND_UNREACHABLE in view.hints)
    assert (offline.state, offline.hints) == ("active", (hints.BACKEND_UNREACHABLE,))


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
