"""The machine's clocks and the identifiers of its boot and its installation.

Each operating system has a module with the same three functions:

``boot_ms() -> int``      milliseconds since boot, sleep included; no user can set this clock
``boot_id() -> str``      identifier of this boot; empty if the system has none
``machine_id() -> str``   identifier of this installation of the system; empty if it has none
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from time import time_ns

from keystead.trusted_time import ClockReading

if sys.platform == "win32":
    from keystead.machine.windows import boot_id, boot_ms, machine_id
elif sys.platform == "darwin":
    from keystead.machine.macos import boot_id, boot_ms, machine_id
else:
    from keystead.machine.linux import boot_id, boot_ms, machine_id

__all__ = ["binding_of", "boot_id", "boot_ms", "machine_id", "read_clocks"]


def read_clocks() -> ClockReading:
    """Read the wall clock and the boot clock."""
    return ClockReading(time_ns() // 1_000_000, boot_ms(), boot_id())


def binding_of(folder: Path) -> str:
    """Return a hash of a state folder's path and this installation: 32 hex digits.

    It changes when the folder is copied elsewhere, so a copy is detected. It never leaves the
    machine and does not identify the device, which is the purpose of the device key.
    """
    # Imported here: hashlib loads OpenSSL, 4 MB of memory that the window does not need otherwise.
    from hashlib import blake2b

    place = os.fsencode(folder.absolute().resolve())
    # BLAKE2b takes keys of up to 64 bytes.
    key = machine_id().encode()[:64]
    return blake2b(place, digest_size=16, key=key, person=b"keystead-place").hexdigest()
