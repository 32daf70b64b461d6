"""A full or failing disk: the activation stays, shows a hint, and is saved once there is room."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

from keystead import hints
from keystead.errors import DaemonRefused
from keystead.local_api import SettingsParams
from support.fault_injection import (
    inject_fault,
    program_license,
    read_state,
    require_program,
    start_with_command,
)
from support.nightly import nightly_except
from support.world import Device, World

#: System calls of one kind in a save of vault, license and statement, with their folder.
SAVES = {"openat": 6, "write": 3, "fsync": 6, "/^rename": 3}
ERRORS = {"openat": "ENOSPC", "write": "ENOSPC", "fsync": "EIO", "/^rename": "ENOSPC"}


def faults(call: str) -> Iterator[str]:
    """Return strace faults that make every call from the N-th on fail."""
    for number in range(1, SAVES[call] + 1):
        yield f"{call}:error={ERRORS[call]}:when={number}+"


@pytest.mark.long
@pytest.mark.parametrize("call", nightly_except(SAVES, {"write"}))
def test_a_failed_write_leaves_the_license_active_and_is_repeated(world: World, call: str) -> None:
    device = world.activated()
    for fault in faults(call):
        before = read_state(device)
        with inject_fault(device, fault) as strace:
            view = device.refresh()
            assert strace.happened, fault
            assert (view.state, view.hints) == ("active", (hints.STORAGE_FAILED,)), fault
            assert program_license(device).usable
            assert before.newest <= read_state(device).newest
        assert device.refresh().hints == (), fault
        after = read_state(device)
        assert before.newest < after.newest == after.committed, fault


@pytest.mark.long
@pytest.mark.nightly
def test_a_power_cut_on_a_full_disk_leaves_a_state_that_starts(world: World) -> None:
    device = world.activated()
    for number in range(1, SAVES["write"] + 1):
        before = read_state(device)
        with inject_fault(device, f"write:error=ENOSPC:when={number}+"):
            device.refresh()
            device.kill()
        found = read_state(device)
        assert before.newest <= found.newest <= found.committed
        assert program_license(device).state == "active"
        device.start()
        assert device.refresh().hints == ()


def test_a_daemon_on_a_full_disk_reports_it_and_runs(world: World) -> None:
    device = world.activated()
    device.stop()
    start_with_command(device, [require_program("prlimit", "util-linux"), "--fsize=0:unlimited"])
    view = device.refresh()
    assert (view.state, view.hints) == ("active", (hints.STORAGE_FAILED,))
    status = device.cli("status", "--json")
    assert (status.code, status.json()["hints"]) == (0, [hints.STORAGE_FAILED])
    limit_file_size(device, resource.RLIM_INFINITY)
    assert device.refresh().hints == ()
    assert read_state(device).newest == read_state(device).committed


def test_doctor_reports_a_full_disk(world: World) -> None:
    device = world.activated()
    with inject_fault(device, "write:error=ENOSPC:when=1+"):
        device.refresh()
        checks = {check["name"]: check for check in device.cli("doctor", "--json").json()["checks"]}
    assert not checks["storage"]["ok"]
    assert "disk" in checks["storage"]["fix"]
    assert checks["license"]["ok"]


def test_settings_that_cannot_be_saved_are_refused_and_stay_unchanged(world: World) -> None:
    device = world.device()
    limit_file_size(device, 0)
    with pytest.raises(DaemonRefused) as refused:
        device.call("settings.set", SettingsParams(language="de"))
    assert refused.value.code == "storage_failed"
    assert device.call("settings.get").language is None
    limit_file_size(device, resource.RLIM_INFINITY)
    device.call("settings.set", SettingsParams(language="fr"))
    device.restart()
    assert device.call("settings.get").language == "fr"


@pytest.mark.parametrize("again", [True, False])
def test_a_deactivation_on_a_full_disk_is_not_reported_as_done(world: World, again: bool) -> None:
    """It is saved when the person tries again, and soon after there is room without them."""
    device = world.activated()
    limit_file_size(device, 0)
    failed = device.cli("deactivate", "--yes")
    assert failed.code == 1
    assert "could not be saved" in failed.err
    assert device.cli("deactivate", "--yes").code == 1
    limit_file_size(device, resource.RLIM_INFINITY)
    if again:
        assert device.cli("deactivate", "--yes").code == 0
    device.until(lambda view: hints.STORAGE_FAILED not in view.hints)
    device.kill()
    assert not program_license(device).usable
    device.start()
    assert device.view().state == "inactive"


def test_a_deactivation_that_a_kill_undid_can_be_repeated(world: World) -> None:
    device = world.activated()
    limit_file_size(device, 0)
    assert device.cli("deactivate", "--yes").code == 1
    device.kill()
    device.start()
    assert device.cli("deactivate", "--yes").code == 0
    device.kill()
    assert not program_license(device).usable
    device.start()
    assert (device.view().state, device.view().reason) == ("inactive", "device_removed")


def test_removing_this_device_on_a_full_disk_is_not_reported_as_done(world: World) -> None:
    device = world.activated()
    device_id = str(device.view().device_id)
    limit_file_size(device, 0)
    assert device.cli("devices", "remove", device_id).code == 1
    limit_file_size(device, resource.RLIM_INFINITY)
    device.until(lambda view: hints.STORAGE_FAILED not in view.hints)
    device.kill()
    device.start()
    assert device.view().state == "inactive"


def test_removing_this_device_ends_its_license_at_once(world: World) -> None:
    device = world.activated()
    assert device.cli("devices", "remove", str(device.view().device_id)).code == 0
    device.kill()
    assert not program_license(device).usable
    device.start()
    assert (device.view().state, device.view().reason) == ("inactive", "device_removed")


def limit_file_size(device: Device, most: int) -> None:
    """Limit the size of the running daemon's files, in bytes; 0 acts like a full disk."""
    assert device.process is not None
    resource.prlimit(device.process.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


def test_a_log_that_cannot_be_written_is_ignored(world: World) -> None:
    device = world.activated()
    said = device.said.read_text()
    with inject_fault(
        device, "write:error=ENOSPC:when=1+", within=(device.paths.log_file,)
    ) as strace:
        assert device.refresh().hints == ()
        assert strace.happened
    assert device.said.read_text() == said
