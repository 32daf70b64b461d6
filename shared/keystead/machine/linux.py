"""Linux: CLOCK_BOOTTIME, the kernel's boot id, systemd's machine id."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_MACHINE_ID = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


def boot_ms() -> int:
    """clock_gettime(2): CLOCK_BOOTTIME, monotonic time that includes suspension."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


@cache
def boot_id() -> str:
    """random(4): a random identifier made at each boot."""
    return _first_line(_BOOT_ID)


@cache
def machine_id() -> str:
    """machine-id(5)."""
    return next(filter(None, map(_first_line, _MACHINE_ID)), "")


def _first_line(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""
