"""Run real processes with another wall clock, in another boot or on another machine.

libfaketime sets the wall clock and leaves the boot clock alone. Mount and time namespaces of Linux
replace the boot ID and the machine ID, and can set the boot clock ahead, as after a long sleep.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from support.daemon_process import DaemonProcess, running_daemon
from support.fault_injection import require_program
from support.world import PATIENCE_S, Device

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))

#: Script in the namespaces: bind-mount files over those of kernel and system, then run the command.
_ENTER = """
while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 99; shift 2; done
shift
exec "$@"
"""
#: A protected program, to be run as a process with other clocks or on another machine.
_PROGRAM = """
import json, sys, keystead
license = keystead.open(sys.argv[1])
print(json.dumps([license.usable, license.state, license.until, license.reason]))
"""


class WallClock:
    """A wall clock for processes started with `environ`; it can be set while they run."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "wall-clock"
        self.turn("+0")

    @property
    def environ(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(_libfaketime()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def turn(self, to: str) -> None:
        """Set the clock, in libfaketime's syntax: ``-10d``, ``+400d``, ``@2038-01-20 00:00:00``."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{to}\n")
        new.replace(self._file)


def _libfaketime() -> Path:
    require_program("faketime", "faketime")
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        pytest.fail("this test needs libfaketimeMT.so.1: apt-get install faketime", pytrace=False)
    return found[0]


def namespace_command(
    folder: Path, *, boot: bool = False, machine: bool = False, later_s: int = 0
) -> list[str]:
    """Return the prefix of a command in another boot, on another machine, or later."""
    binds = []
    if boot:
        binds += [_file(folder, str(uuid4())), str(BOOT_ID)]
    if machine:
        known = [path for path in MACHINE_IDS if path.exists()]
        if not known:
            pytest.fail("this test needs a machine-id: apt-get install dbus", pytrace=False)
        binds += [_file(folder, uuid4().hex), str(known[0])]
    command = [require_program("unshare", "util-linux"), "--fork", "--kill-child", "--mount"]
    if os.getuid() != 0:
        command += ["--user", "--map-root-user"]
    if later_s:
        command += ["--time", "--boottime", str(later_s), "--monotonic", str(later_s)]
    command += ["sh", "-c", _ENTER, "sh", *binds, "--"]
    tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"this system lets nobody have namespaces: {tried.stderr.strip()}")
    return command


def _file(folder: Path, text: str) -> str:
    path = folder / f"id-{uuid4().hex}"
    path.write_text(f"{text}\n")
    return str(path)


@contextmanager
def running_daemon_in(
    device: Device, prefix: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> Iterator[DaemonProcess]:
    """Run the device's daemon with a `namespace_command`; it must exit cleanly."""
    everything = device.environ | dict(environ or {})
    device.said.touch()
    with running_daemon(
        everything["KEYSTEAD_PROFILE"],
        device.home,
        environ=everything,
        prefix=prefix,
        secrets=everything["KEYSTEAD_SECRETS"],
    ) as daemon:
        yield daemon
        assert daemon.stop() == 0


def license_seen_by_program(
    device: Device, prefix: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> tuple[bool, str, int | None, str]:
    """Return the license that a protected program reads there: usable, state, until, reason."""
    command = [*prefix, sys.executable, "-c", _PROGRAM, device.environ["KEYSTEAD_PROFILE"]]
    done = subprocess.run(
        command,
        env=os.environ | device.environ | dict(environ or {}),
        capture_output=True,
        check=True,
        timeout=PATIENCE_S,
    )
    says: list[Any] = json.loads(done.stdout)
    usable, state, until, reason = says
    return usable, state, until, reason
