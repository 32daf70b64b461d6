"""The machine's clocks and the identifiers of its boot and its installation.

Each operating system has a module with the same four functions:

``boot_ms() -> int``                 milliseconds since boot, sleep included; no user can set it
``boot_id() -> str``                 identifier of this boot; empty if the system has none
``boot_clock_is_trusted() -> bool``  false where this process was given a boot clock of its own
``machine_id() -> str``              identifier of this installation; empty if it has none
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from time import time_ns

from keystead.labelled_hash import labelled_hash
from keystead.trusted_time import ClockReading

if sys.platform == "win32":
    from keystead.machine.windows import (
        boot_clock_is_trusted,
        boot_id,
        boot_ms,
        machine_id,
    )
elif sys.platform == "darwin":
    from keystead.machine.macos import (
        boot_clock_is_trusted,
        boot_id,
        boot_ms,
        machine_id,
    )
else:
    from keystead.machine.linux import (
        boot_clock_is_trusted,
        boot_id,
        boot_ms,
        machine_id,
    )

__all__ = [
    "binding",
    "binding_of",
    "boot_clock_is_trusted",
    "boot_id",
    "boot_ms",
    "machine_id",
    "read_clocks",
]


def read_clocks() -> ClockReading:
    """Read the wall clock and the boot clock.

    Where the system has no boot id, this process gets one of its own: the boot clock then counts
    the time that the process runs, and no other process's readings are of the same boot.
    """
    return ClockReading(
        wall_ms=time_ns() // 1_000_000,
        boot_ms=boot_ms(),
        boot_id=boot_id() or _id_of_process(),
        boot_clock_is_trusted=boot_clock_is_trusted(),
    )


@cache
def _id_of_process() -> str:
    return f"process:{os.urandom(16).hex()}"


def binding_of(folder: Path) -> str:
    """Return the binding of a state folder on this machine."""
    return binding(machine_id(), os.fsencode(folder.absolute().resolve()))


def binding(machine: str, folder: bytes) -> str:
    """Return a hash of an installation's id and a state folder's real path: 64 hex digits. Pure.

    It changes when the folder is copied elsewhere, so a copy is detected. It never leaves the
    machine and does not identify the device, which is the purpose of the device key.
    """
    return labelled_hash("keystead-binding", machine, folder).hex()
