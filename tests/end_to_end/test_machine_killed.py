"""Killed at any write of a refresh: the state is the one before or the one after, never between."""

from __future__ import annotations

import pytest

from keystead.errors import DaemonUnreachable
from keystead.trust import Newest
from support.machine import SAVING, evidence, injected, program
from support.world import PATIENCE_S, Device, World

#: More calls of one kind than any save makes: past it, the test would prove nothing.
MOST = 40
FILES = {"daemon.lock", "device.jws", "license.jws", "secrets.key", "vault"}


@pytest.mark.long
@pytest.mark.parametrize("call", SAVING)
def test_a_kill_at_any_write_of_a_refresh_leaves_the_state_before_or_after(
    world: World, call: str
) -> None:
    device = world.activated()
    survived = next(number for number in range(1, MOST) if not _killed(device, call, number))
    # Vault, license and statement: each is written, synced, renamed, and its folder synced.
    assert survived > 3


def _killed(device: Device, call: str, number: int) -> bool:
    """Kill at the ``number``-th call; False where a refresh came to its end before that."""
    before = evidence(device)
    with injected(device, f"{call}:signal=SIGKILL:when={number}") as strace:
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
    _judge(device, before.newest)
    return True


def _judge(device: Device, before: Newest) -> None:
    """What lies there now, for a program without a daemon, and for the next daemon."""
    found = evidence(device)
    assert before <= found.newest <= found.committed
    assert found.license.device_id == found.statement.device_id
    assert program(device).state == "active"
    device.start()
    assert {path.name for path in device.paths.state.iterdir()} == FILES, "nothing is left lying"
    view = device.view()
    assert (view.usable, view.hints) == (True, ())
    assert device.refresh().state == "active"
    after = evidence(device)
    assert found.committed < after.newest == after.committed
