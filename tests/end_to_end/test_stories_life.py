"""Exit codes from purchase to deactivation, and restarts of the server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from keystead import hints
from keystead.instants import HOUR_MS
from support.served_stub import ServedStub, served_stub
from support.world import Device, World

pytestmark = pytest.mark.long


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedStub]:
    with served_stub(tmp_path / "stub") as stub:
        yield stub


def status_exit_codes(device: Device) -> tuple[int, int]:
    """Return the exit codes of ``status`` and ``status --strict``."""
    return device.cli("status").code, device.cli("status", "--strict").code


def test_the_exit_codes_from_purchase_to_deactivation(world: World, tmp_path: Path) -> None:
    device = world.device()
    assert status_exit_codes(device) == (3, 3)
    link = device.cli("activate", "--no-browser", "--json")
    assert (link.code, status_exit_codes(device)) == (0, (3, 3))
    world.stub.pay(link.json()["sessionId"])
    assert (device.cli("refresh").code, status_exit_codes(device)) == (0, (0, 0))
    world.happens(device, "fail_next_payment")
    world.stub.clock.advance_to((device.view().current_period_end or 0) + HOUR_MS * 2)
    assert (device.cli("refresh").code, status_exit_codes(device)) == (0, (0, 4))
    world.stub.faults.set(drop_connection=True)
    assert (device.cli("refresh").code, status_exit_codes(device)) == (7, (0, 4))
    assert device.cli("plans").code == 7
    world.stub.faults.clear()
    world.happens(device, "cancel", at_period_end=False)
    assert (device.cli("refresh").code, status_exit_codes(device)) == (5, (5, 5))
    assert device.cli("deactivate").code == 0
    assert status_exit_codes(device) == (5, 5)
    assert device.cli("status", "--no-such-flag").code == 2
    assert device.cli("import", tmp_path / "no-such-file").code == 1
    (tmp_path / "file").touch()
    nowhere = str(tmp_path / "file" / "home")
    assert device.cli("status", KEYSTEAD_HOME=nowhere).code == 6


def test_a_device_stays_usable_while_the_server_is_down_and_refreshes_afterwards(
    served: ServedStub, tmp_path: Path
) -> None:
    """The stub's process ends and starts again on the same database."""
    world = World(served, tmp_path)
    try:
        device = world.activated(rehearsed=True)
        before = device.view()
        served.stop()
        for _ in range(2):
            down = device.sleep(7 * HOUR_MS)
            assert (down.state, down.until) == ("active", before.until)
            assert down.hints == (hints.BACKEND_UNREACHABLE,)
        assert device.cli("refresh").code == 7
        served.start()
        served.clock.advance(hours=14)
        device.sleep(7 * HOUR_MS)
        back = device.until(lambda view: view.last_error is None)
        assert (back.last_refresh_at or 0) > (before.last_refresh_at or 0) + 14 * HOUR_MS
    finally:
        world.end()


@pytest.mark.nightly
def test_a_payment_during_a_server_restart_is_received_after_it(
    served: ServedStub, tmp_path: Path
) -> None:
    world = World(served, tmp_path)
    try:
        device = world.device()
        served.faults.set(hold_webhooks=True)
        served.pay(device.start_checkout().session_id)
        assert device.refresh().reason == "settling"
        served.stop()
        served.start()
        served.faults.clear()
        assert device.until(lambda view: view.state == "active").current_period_end is not None
    finally:
        world.end()
