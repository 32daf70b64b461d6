"""The example programs as a vendor has them: in a folder of their own, with a run's profile."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from keystead.errors import DaemonUnreachable
from keystead_stub.in_process import BillingStub
from support.cli import CommandResult
from support.world import PATIENCE_S, Device

EXAMPLES = Path(__file__).parents[2] / "packaging/examples"
#: What would give a program a screen: without it, people pay in the browser.
SCREENS = ("DISPLAY", "QT_QPA_PLATFORM", "WAYLAND_DISPLAY")


class VendorProgram:
    """One of `EXAMPLES`, installed in a folder, and the device of the person who runs it."""

    def __init__(self, name: str, folder: Path, stub: BillingStub, product: str) -> None:
        self.folder = folder / name
        shutil.copytree(EXAMPLES / name, self.folder)
        ship_profile(stub, self.folder)
        self.script = self.folder / f"{name}.py"
        self.opened = self.folder / "opened"
        browser = self.folder / "browser"
        browser.write_text(f'#!/bin/sh\necho "$1" >> {self.opened}\n')
        browser.chmod(0o755)
        self.device = Device(folder / "home", {"BROWSER": str(browser)}, product=product)

    @property
    def environ(self) -> dict[str, str]:
        """Return the environment of a person without a screen, and with a browser."""
        kept = {name: value for name, value in os.environ.items() if name not in SCREENS}
        return kept | self.device.environ

    def run(self, *arguments: str | Path, **environ: str) -> CommandResult:
        """Run the program to its end, in a folder where it isn't."""
        done = subprocess.run(
            [sys.executable, self.script, *arguments],
            env=self.environ | environ,
            cwd=self.folder.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return CommandResult(done.returncode, done.stdout, done.stderr)

    def pages(self) -> list[str]:
        """Return the addresses that the browser was given."""
        return self.opened.read_text().splitlines() if self.opened.exists() else []

    def pay(self, stub: BillingStub) -> None:
        """Pay the checkout that is open, and wait until the device is active."""
        checkout = self.device.view().checkout
        assert checkout is not None
        stub.pay(checkout.session_id)
        self.device.until(lambda view: view.usable)


def ship_profile(stub: BillingStub, folder: Path) -> Path:
    """Put a run's profile, with its keys, into the folder of a program; return its path."""
    folder.mkdir(exist_ok=True)
    shutil.copy(stub.keys, folder)
    return Path(shutil.copy(stub.profile, folder / "keystead.toml"))


def stop_daemon(device: Device) -> None:
    """Stop the daemon that a program has started, if one has, and wait for its end."""
    with suppress(DaemonUnreachable):
        device.call("daemon.stop")
        with device.paths.lock.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)


@contextmanager
def vendor_program(
    name: str, folder: Path, stub: BillingStub, product: str
) -> Iterator[VendorProgram]:
    """Install an example with the profile of a stub; no daemon of it is left running."""
    program = VendorProgram(name, folder, stub, product)
    try:
        yield program
    finally:
        stop_daemon(program.device)
