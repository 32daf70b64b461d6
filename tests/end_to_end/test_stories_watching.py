"""Programs that watch their license: in Qt, in asyncio, in many threads, and after a fork."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from contextlib import ExitStack
from functools import partial

import pytest
from PySide6.QtCore import QObject, Qt, QThread, Signal
from pytestqt.qtbot import QtBot

import keystead
from support.world import PATIENCE_S, Device, World

pytestmark = pytest.mark.long


def open_license(device: Device) -> keystead.License:
    return keystead.open(device.environ["KEYSTEAD_PROFILE"], environ=device.environ)


class Window(QObject):
    """What the SDK's documents show: a signal that is delivered in the window's thread."""

    license_changed = Signal()

    def __init__(self, license: keystead.License) -> None:
        super().__init__()
        self.license = license
        self.shown: list[str] = []
        self.threads: set[bool] = set()
        self.license_changed.connect(self.show_license, Qt.ConnectionType.QueuedConnection)

    def show_license(self) -> None:
        self.shown.append(self.license.state)
        self.threads.add(QThread.currentThread() is self.thread())


def test_a_queued_signal_brings_changes_into_the_windows_thread(world: World, qtbot: QtBot) -> None:
    device = world.device()
    window = Window(open_license(device))
    with window.license.watch(lambda _: window.license_changed.emit()):
        session = device.start_checkout().session_id
        world.stub.pay(session)
        qtbot.waitUntil(lambda: "active" in window.shown, timeout=int(PATIENCE_S * 1000))
    assert window.threads == {True}


def test_call_soon_threadsafe_brings_changes_into_the_event_loop(world: World) -> None:
    device = world.device()
    license = open_license(device)

    async def until_paid() -> list[bool]:
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        threads: list[bool] = []

        def tell() -> None:
            threads.append(threading.current_thread() is threading.main_thread())
            changed.set()

        with license.watch(lambda _: loop.call_soon_threadsafe(tell)):
            session = device.start_checkout().session_id
            world.stub.pay(session)
            while not license.usable:
                await asyncio.wait_for(changed.wait(), PATIENCE_S)
                changed.clear()
        return threads

    assert set(asyncio.run(until_paid())) == {True}


def test_a_watch_follows_the_daemon_that_comes_after(world: World) -> None:
    device = world.activated()
    license = open_license(device)
    states: queue.Queue[str] = queue.Queue()
    with license.watch(lambda one: states.put(one.state)):
        for _ in range(2):
            device.restart()
            assert license.usable
        world.happens(device, "cancel", at_period_end=False)
        device.refresh()
        assert states.get(timeout=PATIENCE_S) == "inactive"


def test_many_watches_of_one_license_are_all_told(world: World) -> None:
    device = world.activated()
    license = open_license(device)
    told: queue.Queue[int] = queue.Queue()

    def tell(number: int, _: keystead.License) -> None:
        told.put(number)

    with ExitStack() as stack:
        for number in range(20):
            stack.enter_context(license.watch(partial(tell, number)))
        world.happens(device, "cancel", at_period_end=False)
        device.refresh()
        assert {told.get(timeout=PATIENCE_S) for _ in range(20)} == set(range(20))
    names = [thread.name for thread in threading.enumerate()]
    assert "keystead-watch" not in names


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
# Python 3.12 warns of any fork in a process with threads: that is what is tried here.
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_a_license_and_leaves_the_watch_alone(world: World) -> None:
    device = world.activated()
    license = open_license(device)
    states: queue.Queue[str] = queue.Queue()
    watch = license.watch(lambda one: states.put(one.state))
    with watch:
        # As if another thread was reading the files at that moment.
        with license._update:
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    watch.__exit__(None, None, None)
                    license._recheck()
                    code = 0 if license.usable else 2
                finally:
                    os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        world.happens(device, "cancel", at_period_end=False)
        device.refresh()
        assert states.get(timeout=PATIENCE_S) == "inactive"


def test_a_watch_survives_what_its_callback_raises(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    device = world.activated()
    license = open_license(device)
    states: queue.Queue[str] = queue.Queue()

    def callback(one: keystead.License) -> None:
        states.put(one.state)
        raise SystemExit(3) if one.state == "inactive" else KeyError("of the program")

    with license.watch(callback):
        world.happens(device, "cancel", at_period_end=False)
        device.refresh()
        assert states.get(timeout=PATIENCE_S) == "inactive"
        world.stub.pay(device.start_checkout().session_id)
        device.refresh()
        seen = ""
        while seen != "active":
            seen = states.get(timeout=PATIENCE_S)
    logged = [one for one in caplog.records if one.name == "keystead"]
    assert len(logged) >= 2
    assert all("callback" in one.getMessage() for one in logged)
