"""A daemon killed at any write leaves the state before or after it, never a mixture."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import count

import pytest

from keystead.errors import DaemonUnreachable
from keystead.trust import Newest
from support.daemon_process import DaemonStartError
from support.fault_injection import (
    SAVING,
    inject_fault,
    pay_and_activate,
    program_license,
    read_state,
    start_with_command,
    stopped_device,
    strace_command,
)
from support.nightly import nightly_except
from support.world import EMAIL, PATIENCE_S, Device, World

#: More calls of one kind than any save makes; reaching it means an endless loop of kills.
MOST = 40
FILES = {"daemon.lock", "device.jws", "license.jws", "secrets.key", "vault"}


def count_kills(killed: Callable[[int], bool]) -> int:
    """Return how many calls of a kind there were; the daemon is killed at each in turn."""
    survived = next(number for number in count(1) if number == MOST or not killed(number))
    assert survived < MOST
    return survived - 1


@pytest.mark.long
@pytest.mark.parametrize("call", nightly_except(SAVING, {"/^rename"}))
def test_a_kill_at_any_write_of_a_refresh_leaves_the_state_before_or_after(
    world: World, call: str
) -> None:
    device = world.activated()

    def killed(number: int) -> bool:
        before = read_state(device)
        if not kill_refresh_at(device, call, number):
            return False
        assert_state_is_valid(device, before.newest)
        return True

    # Vault, license and statement: each is written, synced and renamed, and its folder synced.
    assert count_kills(killed) >= 3


def kill_refresh_at(device: Device, call: str, number: int) -> bool:
    """Kill a refresh at its ``number``-th call; return False if it finished before that."""
    with inject_fault(device, f"{call}:signal=SIGKILL:when={number}") as strace:
        try:
            device.refresh()
        except DaemonUnreachable:
            pass
        else:
            assert not strace.happened
            return False
    assert device.process is not None
    assert device.process.wait(PATIENCE_S) != 0
    device.process = None
    return True


def assert_state_is_valid(device: Device, before: Newest) -> None:
    """Assert that a program without a daemon and the next daemon accept the state on disk."""
    found = read_state(device)
    assert before <= found.newest <= found.committed
    assert found.license.device_id == found.statement.device_id
    assert program_license(device).state == "active"
    device.start()
    assert {path.name for path in device.paths.state.iterdir()} == FILES, "nothing is left lying"
    view = device.view()
    assert (view.usable, view.hints) == (True, ())
    assert device.refresh().state == "active"
    after = read_state(device)
    assert found.committed < after.newest == after.committed


@pytest.mark.long
@pytest.mark.nightly
def test_a_kill_at_any_rename_of_the_first_activation_loses_no_payment(world: World) -> None:
    def killed(number: int) -> bool:
        world.stub.ask("POST", "/_stub/reset")
        device = world.device(f"laptop-{number}")
        world.stub.pay(device.start_checkout().session_id, email=EMAIL)
        if not kill_refresh_at(device, "/^rename", number):
            return False
        assert program_license(device).state in {"unactivated", "untrusted", "active"}
        device.start()
        view = device.until(lambda view: view.state == "active" and view.checkout is None)
        assert view.hints == ()
        assert program_license(device).state == "active"
        return True

    assert count_kills(killed) >= 3


@pytest.mark.long
@pytest.mark.nightly
def test_a_kill_at_any_sync_of_the_first_start_leaves_a_usable_home(
    world: World,
) -> None:
    def killed(number: int) -> bool:
        device = stopped_device(world, f"laptop-{number}")
        with suppress(DaemonStartError, DaemonUnreachable):
            start_with_command(
                device, strace_command(device, f"fsync:signal=SIGKILL:when={number}")
            )
            device.call("activation.request")
            device.call("daemon.stop")
        if device.process is not None:
            device.process.wait(PATIENCE_S)
            device.process = None
        if "SIGKILL" not in (device.home / "strace.out").read_text():
            return False
        assert program_license(device).state == "unactivated"
        device.start()
        device.call("activation.request")
        assert device.view().hints == ()
        device.stop()
        return True

    # The folder is synced for the key file first, then for vault and statement.
    assert count_kills(killed) >= 3
    after_the_first = world.devices[0]
    after_the_first.start()
    pay_and_activate(world, after_the_first)
