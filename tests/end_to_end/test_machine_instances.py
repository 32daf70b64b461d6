"""One daemon per home, and its shutdown by a signal."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest

from keystead.errors import DaemonRefused, DaemonUnreachable
from support.daemon_process import KEYSTEADD
from support.fault_injection import pay_and_activate, program_license, read_state, stopped_device
from support.world import PATIENCE_S, Device, World

#: Seconds within which a daemon ends after a signal, also while the server does not answer.
END_S = 30.0
#: How long the stub does not answer; longer than any timeout of these tests.
SILENT_MS = 60_000


def start_another_daemon(device: Device) -> subprocess.Popen[str]:
    """Start another daemon for the device's home, without waiting for it."""
    return subprocess.Popen(
        [str(KEYSTEADD), "--foreground"],
        env=os.environ | device.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out + err


def child_pids(device: Device) -> list[int]:
    """Return the process IDs of the daemon's children."""
    assert device.process is not None
    tasks = Path(f"/proc/{device.process.pid}/task").iterdir()
    return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]


def test_a_second_daemon_reports_the_first_and_leaves_it_running(world: World) -> None:
    device = world.activated()
    before = read_state(device)
    first = device.call("daemon.info")
    code, said = ended(start_another_daemon(device))
    assert (code, said) == (0, f"keysteadd is already running (pid {first.pid}).\n")
    assert device.call("daemon.info") == first
    assert read_state(device) == before
    assert device.refresh().hints == ()


@pytest.mark.long
def test_of_many_daemons_started_at_once_exactly_one_keeps_running(world: World) -> None:
    device = stopped_device(world, "laptop")
    many = [start_another_daemon(device) for _ in range(4)]
    living = {os.pidfd_open(process.pid): process for process in many}
    limit = monotonic() + PATIENCE_S
    try:
        while len(living) > 1 and monotonic() < limit:
            for descriptor in select.select(list(living), [], [], 1)[0]:
                os.close(descriptor)
                assert ended(living.pop(descriptor))[0] == 0
    finally:
        for descriptor in living:
            os.close(descriptor)
    (stayed,) = living.values()
    try:
        assert device.call("daemon.info").pid == stayed.pid
    finally:
        stayed.terminate()
        assert ended(stayed)[0] == 0


@pytest.mark.long
def test_a_killed_daemon_releases_its_lock_and_its_socket_is_replaced(world: World) -> None:
    device = world.activated()
    with closing(os.fdopen(os.pidfd_open(child_pids(device)[0]))) as helper:
        device.kill()
        assert device.paths.socket.is_socket()
        assert select.select([helper], [], [], PATIENCE_S)[0], "its helper ends with it"
    with pytest.raises(DaemonUnreachable):
        device.view()
    assert program_license(device).usable
    device.start()
    assert device.refresh().state == "active"


@pytest.mark.long
def test_a_hanging_daemon_is_reported_and_not_replaced(world: World) -> None:
    device = world.activated()
    assert device.process is not None
    device.process.send_signal(signal.SIGSTOP)
    try:
        code, said = ended(start_another_daemon(device))
        assert program_license(device).usable, "a program does not wait for it"
    finally:
        device.process.send_signal(signal.SIGCONT)
    assert code == 1
    assert f"(pid {device.process.pid})" in said
    assert "does not respond" in said
    assert device.refresh().state == "active"


def test_each_home_has_its_own_daemon(world: World) -> None:
    one, other = world.activated("one"), world.device("other")
    pay_and_activate(world, other, "grace@example.com")
    assert one.view().device_id != other.view().device_id
    one.kill()
    assert other.refresh().state == "active"
    one.start()
    assert one.refresh().state == "active"


@pytest.fixture
def refreshing(world: World) -> Iterator[Device]:
    """Start a refresh at a server that does not answer."""
    device = world.activated()
    world.stub.faults.set(latency_ms=SILENT_MS, path="/api/license/status")
    with ThreadPoolExecutor(1) as pool:

        def ask() -> None:
            with pytest.raises(DaemonRefused) as no:
                device.refresh()
            assert no.value.code == "daemon_ending"

        asked: list[Future[None]] = []
        device.watch(lambda view: view.refreshing, meanwhile=lambda: asked.append(pool.submit(ask)))
        yield device
        asked[0].result(PATIENCE_S)
    world.stub.faults.clear()


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_sigterm_during_a_refresh_ends_the_daemon_soon_with_a_valid_state(
    refreshing: Device, number: signal.Signals
) -> None:
    device, before = refreshing, read_state(refreshing)
    assert device.process is not None
    began = monotonic()
    device.process.send_signal(number)
    assert device.process.wait(PATIENCE_S) == 0
    assert monotonic() - began < END_S
    device.process = None
    assert not device.paths.socket.exists()
    assert read_state(device).newest == before.newest
    assert program_license(device).usable
    assert device.log()[-1]["event"] == "daemon.stopped"


def test_sigterm_right_after_startup_ends_the_daemon_cleanly(world: World) -> None:
    device = world.activated()
    device.restart()
    device.stop()
    assert program_license(device).usable
