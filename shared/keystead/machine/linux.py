"""Linux: CLOCK_BOOTTIME, the kernel's boot id, systemd's machine id."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

from keystead.machine import linux_boot

_MACHINE_ID = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


def boot_ms() -> int:
    """Return CLOCK_BOOTTIME, the monotonic time that includes suspension (clock_gettime(2))."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def boot_id() -> str:
    """Return the identifier that the kernel generates at each boot (random(4))."""
    return _boot()[0]


def boot_clock_is_trusted() -> bool:
    """Return whether boot clock and boot id are the machine's own (`linux_boot`)."""
    return _boot()[1]


@cache
def machine_id() -> str:
    """Return the id in ``/etc/machine-id``, or D-Bus's on a system without it (machine-id(5))."""
    return next(filter(None, map(_first_line, _MACHINE_ID)), "")


@cache
def _boot() -> tuple[str, bool]:
    # Once for a process: its time namespace does not change, and a later mount has no effect.
    view = linux_boot.look()
    return ("", False) if view is None else (view.boot_id, linux_boot.is_machines_own(view))


def _first_line(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""
