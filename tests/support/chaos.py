"""Random schedules of faults against a real daemon and a real stub, checked after each step.

``make chaos`` runs this, with ``ARGS="--schedules 50 --seed 7"`` for other ones. Every schedule has
a seed that is printed where it fails; ``--schedules 1 --seed N`` runs it again.

A schedule activates a device and then makes steps: faults of the network and the disk, signals, the
stub's death, clocks that are wrong, payments that end, files that are put back. After each step the
properties of ``3-activation`` have to hold as far as they can be seen from outside. At the end all
is repaired, and one refresh has to give the device what the backend says it is entitled to.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

import keystead
from keystead import hints
from keystead.documents import License
from keystead.errors import DaemonRefused, DaemonUnreachable
from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS, to_ms
from keystead.local_api import ActivationView
from keystead.profile import load_profile
from keystead.trust import verify_license
from keystead_stub.in_process import BillingStub
from support.other_machine import namespace_command
from support.served_stub import ServedStub
from support.world import PATIENCE_S, PRODUCT, Device, World

STEPS_IN_SCHEDULE = 5
#: Tolerance between two readings of clocks in different processes, on a busy machine.
NEAR_MS = 2 * MINUTE_MS
#: Hints that only tell of clocks or payments; after a repair no others are left.
HARMLESS = {hints.CLOCK_BEHIND, hints.SERVER_CLOCK, hints.CANCEL_AT_PERIOD_END}
NETWORK_FAULTS: tuple[dict[str, object], ...] = (
    {"drop_connection": True},
    {"status": 500},
    {"status": 503, "body": "<html>Service Unavailable</html>"},
    {"status": 429},
    {"status": 401, "body": "{}"},
    {"status": 404, "body": "<html>Not here</html>"},
    {"status": 200, "body": "<html>Welcome to the hotel</html>"},
    {"status": 200, "body": '{"active": false}'},
)


class Schedule:
    """One device's schedule; ``told`` lists the steps made so far."""

    def __init__(self, stub: BillingStub, folder: Path, seed: int) -> None:
        self.told: list[str] = []
        self._random = random.Random(seed)
        self._stub = stub
        self._folder = folder
        self._profile = load_profile(stub.profile)
        self._world = World(stub, folder)
        # Of every two seeds one has a home whose path is too long for a socket in it.
        name = "device" if seed % 2 else "device".ljust(100, "-")
        self._device = Device(
            folder / name, {"KEYSTEAD_PROFILE": str(stub.profile)}, rehearsed=True
        )
        self._texts: list[str] = []
        self._license: License | None = None
        # What the device lived through since its last answer, and how its clocks stand.
        self._lived_ms = 0
        self._lost_ms = 0
        self._ahead_ms = 0
        self._skewed = False
        self._answer_was_skewed = False
        self._was_rebooted = False
        self._full_since_ms: int | None = None
        self._is_restarted_unsaved = False

    def run(self) -> None:
        """Activate, make the steps, repair. Raises AssertionError where a property is broken."""
        self._stub.ask("POST", "/_stub/reset")
        self._device.start()
        try:
            self._world.pay(self._device)
            self._check()
            for _ in range(STEPS_IN_SCHEDULE):
                (step,) = self._random.choices(list(STEPS), list(STEPS.values()))
                self.told.append(step.__name__)
                step(self)
                self._check()
            self.told.append("repair")
            self._repair()
        finally:
            self._device.kill()
            with suppress(OSError, ValueError):
                os.kill(self._pid(), signal.SIGKILL)
            shutil.rmtree(self._device.paths.socket.parent, ignore_errors=True)

    # --- what is checked ---------------------------------------------------------------------

    def _check(self) -> None:
        view = self._device.view()
        self._observe(view)
        license = self._license
        assert license is not None, view
        exp_ms, iat_ms = to_ms(license.exp), to_ms(license.iat)
        if view.usable:
            assert license.active, "a signed no was ignored"
            assert view.now < exp_ms, "usable after the boundary"
        counted_ms = self._lived_ms - self._lost_ms
        assert view.now >= iat_ms + counted_ms - NEAR_MS, "time was gained"
        wall_ms = time.time_ns() // 1_000_000 + self._ahead_ms
        latest_ms = max(iat_ms + self._lived_ms, wall_ms)
        if license.active and not self._answer_was_skewed and latest_ms < exp_ms - NEAR_MS:
            assert view.usable, f"locked out: {view.state} {view.reason}"
        if not license.active and self._full_since_ms is None:
            assert not self._program(self._device.home).usable, "a program ignores a signed no"

    def _observe(self, view: ActivationView) -> None:
        """Note a new answer, which must not be an old one (property 5)."""
        text = view.license
        assert text is not None, "the license is gone"
        if self._texts and text == self._texts[-1]:
            return
        assert text not in self._texts or self._is_restarted_unsaved, "an old license is back"
        self._is_restarted_unsaved = False
        self._texts.append(text)
        self._license = verify_license(
            text, keys=self._profile.keys, product=self._profile.product_id
        )
        self._lived_ms = self._lost_ms = 0
        self._answer_was_skewed = self._skewed

    def _repair(self) -> None:
        self._stub.faults.clear()
        self._skewed = False
        self._limit_files(resource.RLIM_INFINITY)
        view = self._refresh()
        assert view is not None, "no refresh after the repair"
        again = self._refresh()
        assert again is not None
        assert (again.state, again.usable) == (view.state, view.usable), "not idempotent"
        state = self._stub.state(str(view.device_id))
        # A boot clock that is not the machine's leaves the wall clock in force (3-activation).
        entitled = state["subscription"]["status"] in {"active", "trialing"}
        assert view.usable == entitled, (view.state, view.reason, state["subscription"])
        assert set(again.hints) <= HARMLESS, again.hints
        self._end(signal.SIGTERM)
        loud = [line for line in self._device.log() if line["level"] in {"error", "critical"}]
        assert loud == [], loud
        assert "Traceback" not in self._device.said.read_text()

    # --- steps -------------------------------------------------------------------------------

    def network_fails(self) -> None:
        self._stub.faults.set(**self._random.choice(NETWORK_FAULTS))
        self._skewed = False
        self._refresh()

    def network_is_back(self) -> None:
        self._stub.faults.clear()
        self._skewed = False
        self._refresh()

    def server_clock_jumps(self) -> None:
        days = self._random.choice((-400, -2, 2, 40, 400))
        self._stub.faults.set(clock_skew_seconds=days * 86_400)
        self._skewed = True
        self._refresh()

    def stub_is_killed(self) -> None:
        if isinstance(self._stub, ServedStub):
            self._stub.kill()
            self._refresh()
            self._stub.start()
            self._skewed = False

    def time_passes_at_the_backend(self) -> None:
        self._stub.clock.advance(days=self._random.randint(1, 40))
        self._refresh()

    def subscription_ends(self) -> None:
        customer = self._stub.state(str(self._device.view().device_id))["customer"]
        # A subscription that has been canceled already can't be canceled again.
        with suppress(httpx.HTTPStatusError):
            self._stub.customer(customer["id"], "cancel", atPeriodEnd=self._random.random() < 0.5)
        self._refresh()

    def device_sleeps(self) -> None:
        ms = self._random.choice((MINUTE_MS, 3 * HOUR_MS, DAY_MS, 12 * DAY_MS))
        self._device.turn(ms)
        self._ahead_ms += ms
        # An answer during the sleep's own refresh counts from the sending, after the sleep.
        self._lived_ms += ms
        self._device.until(lambda view: not view.refreshing)

    def disk_is_full(self) -> None:
        self._limit_files(0)
        if self._full_since_ms is None:
            self._full_since_ms = self._lived_ms
        self._refresh()

    def disk_has_room(self) -> None:
        self._limit_files(resource.RLIM_INFINITY)
        self._refresh()
        self._device.until(lambda view: hints.STORAGE_FAILED not in view.hints)
        self._full_since_ms = None

    def daemon_is_killed(self) -> None:
        self._observe(self._device.view())
        if self._full_since_ms is not None:
            # Nothing was saved since: the state before is right too, and its time.
            self._is_restarted_unsaved = True
            self._lost_ms = self._lived_ms
        self._lost_ms += HOUR_MS
        self._end(signal.SIGKILL)
        self._start()

    def daemon_is_restarted(self) -> None:
        self._observe(self._device.view())
        if self._full_since_ms is not None:
            self._is_restarted_unsaved = True
            self._lost_ms = self._lived_ms
        self._end(signal.SIGTERM)
        self._start()

    def machine_is_rebooted_with_its_clock_set_back(self) -> None:
        self._was_rebooted = True
        self.daemon_is_killed()

    def daemon_is_stopped_for_a_moment(self) -> None:
        os.kill(self._pid(), signal.SIGSTOP)
        assert not self._program(self._folder / "nowhere").usable
        os.kill(self._pid(), signal.SIGCONT)

    def runtime_folder_is_removed(self) -> None:
        shutil.rmtree(self._device.paths.socket.parent)
        limit, pause = time.monotonic() + PATIENCE_S, threading.Event()
        while time.monotonic() < limit:
            with suppress(DaemonUnreachable):
                self._device.view()
                return
            pause.wait(0.05)
        raise AssertionError("the daemon is deaf")

    def old_license_is_put_back(self) -> None:
        if self._full_since_ms is not None:
            return
        self._observe(self._device.view())
        self._end(signal.SIGTERM)
        self._device.paths.license.write_text(self._random.choice(self._texts))
        self._start()

    def files_are_damaged(self) -> None:
        if self._full_since_ms is not None:
            return
        self._observe(self._device.view())
        self._end(signal.SIGTERM)
        self._device.paths.license.write_text("x.y.z")
        if self._random.random() < 0.5:
            self._device.paths.device.unlink()
        self._start()
        self._device.until(lambda view: view.license is not None and not view.refreshing)

    def folder_is_copied(self) -> None:
        copy = self._folder / f"copy-{len(self.told)}"
        shutil.copytree(
            self._device.home / PRODUCT / "state",
            copy / PRODUCT / "state",
            ignore=shutil.ignore_patterns("*.new"),
        )
        assert not self._program(copy).usable, "a copied folder is usable"

    def local_peer_sends_nonsense(self) -> None:
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(str(self._device.paths.socket))
            with suppress(OSError):
                peer.sendall(b'{"jsonrpc": "2.0"}\n\xff\xff\n' + b"[" * 70_000)

    # --- means -------------------------------------------------------------------------------

    def _refresh(self) -> ActivationView | None:
        view = None
        with suppress(DaemonRefused):
            view = self._device.refresh()
        self._observe(self._device.view())
        return view

    def _pid(self) -> int:
        return int(self._device.paths.lock.read_text("ascii"))

    def _limit_files(self, most: int) -> None:
        resource.prlimit(self._pid(), resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    def _end(self, number: int) -> None:
        process = self._device.process
        assert process is not None
        os.kill(self._pid(), number)
        code = process.wait(PATIENCE_S)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        self._device.process = None
        assert code == 0 or number == signal.SIGKILL, self._device.said.read_text()

    def _start(self) -> None:
        # A boot clock never goes back: with clocks that were ahead, this is another boot.
        self._was_rebooted |= self._ahead_ms > 0
        prefix = namespace_command(self._folder, boot=True) if self._was_rebooted else ()
        self._ahead_ms = 0
        self._full_since_ms = None
        self._device.start(prefix=prefix)
        self._device.until(lambda view: not view.refreshing)

    def _program(self, home: Path) -> keystead.License:
        return keystead.open(str(self._stub.profile), environ={"KEYSTEAD_HOME": str(home)})


#: The steps with their weights: those that start a process again cost the most time.
STEPS: dict[Callable[[Schedule], None], int] = {
    Schedule.network_fails: 2,
    Schedule.network_is_back: 2,
    Schedule.server_clock_jumps: 2,
    Schedule.stub_is_killed: 1,
    Schedule.time_passes_at_the_backend: 2,
    Schedule.subscription_ends: 2,
    Schedule.device_sleeps: 2,
    Schedule.disk_is_full: 2,
    Schedule.disk_has_room: 2,
    Schedule.daemon_is_killed: 1,
    Schedule.daemon_is_restarted: 1,
    Schedule.machine_is_rebooted_with_its_clock_set_back: 1,
    Schedule.daemon_is_stopped_for_a_moment: 2,
    Schedule.runtime_folder_is_removed: 2,
    Schedule.old_license_is_put_back: 1,
    Schedule.files_are_damaged: 1,
    Schedule.folder_is_copied: 2,
    Schedule.local_peer_sends_nonsense: 2,
}


def run_schedule(stub: BillingStub, folder: Path, seed: int) -> None:
    """Run one schedule. Raises AssertionError with its seed and steps."""
    schedule = Schedule(stub, folder / f"seed-{seed}", seed)
    try:
        schedule.run()
    except (AssertionError, DaemonUnreachable, OSError) as error:
        raise AssertionError(f"seed {seed}: {' > '.join(schedule.told)}: {error}") from error
    finally:
        shutil.rmtree(folder / f"seed-{seed}", ignore_errors=True)


@contextmanager
def chaos_stub(folder: Path) -> Iterator[BillingStub]:
    """Run a stub process on a database file, which schedules kill and start again."""
    stub = ServedStub(folder / "stub")
    try:
        yield stub
    finally:
        stub.stop()


def main() -> int:
    """Run schedules and print the seeds of those that fail."""
    parser = argparse.ArgumentParser(description="Run random schedules of faults.")
    parser.add_argument("--schedules", type=int, default=50, metavar="N")
    parser.add_argument(
        "--seed", type=int, metavar="N", help="of the first one; random if left out"
    )
    options = parser.parse_args()
    first = options.seed if options.seed is not None else random.SystemRandom().randrange(10**9)
    sys.stdout.write(f"chaos: seeds {first} to {first + options.schedules - 1}\n")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder, chaos_stub(Path(folder)) as stub:
        for seed in range(first, first + options.schedules):
            try:
                run_schedule(stub, Path(folder), seed)
            except AssertionError as error:
                failed += 1
                sys.stdout.write(f"{error}\n")
                sys.stdout.flush()
    sys.stdout.write(f"chaos: {options.schedules - failed} of {options.schedules} held\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
