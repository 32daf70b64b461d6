"""The machine that this runs on: its two clocks, and which installation it is.

One small module for each system, all with the same three functions, chosen here once:

``boot_ms() -> int``      milliseconds since this boot, sleep included; nobody can set it
``boot_id() -> str``      names this boot; empty where the system does not say
``machine_id() -> str``   names this installation of the system; empty where it does not say
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
    """Both clocks at this moment."""
    return ClockReading(time_ns() // 1_000_000, boot_ms(), boot_id())


def binding_of(folder: Path) -> str:
    """What ties a state folder to its place: the same folder on the same installation, hashed.

    It never leaves the machine and names no device (that is what the device key is for); it only
    shows that a folder was copied here from elsewhere. 32 hex digits.
    """
    # hashlib brings OpenSSL along: 4 MB that a window has no other use for.
    from hashlib import blake2b

    place = os.fsencode(folder.absolute().resolve())
    key = machine_id().encode()[:64]
    return blake2b(place, digest_size=16, key=key, person=b"keystead-place").hexdigest()
