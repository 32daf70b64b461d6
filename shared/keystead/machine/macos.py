"""macOS: the continuous clock, the boot session's UUID, the host's UUID."""

from __future__ import annotations

import ctypes
import time
from functools import cache


def boot_ms() -> int:
    """Return CLOCK_MONOTONIC_RAW, which on macOS includes sleep (clock_gettime(3)).

    CLOCK_MONOTONIC follows changes of the wall clock there.
    """
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW) // 1_000_000


@cache
def boot_id() -> str:
    """Return ``sysctl kern.bootsessionuuid``."""
    return _sysctl(b"kern.bootsessionuuid")


def boot_clock_is_trusted() -> bool:
    """Return True: macOS gives no process a boot clock of its own."""
    return True


@cache
def machine_id() -> str:
    """Return the host's UUID (gethostuuid(3)); ``sysctl kern.uuid`` identifies a kernel build."""

    class Timeout(ctypes.Structure):
        _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))

    uuid = (ctypes.c_ubyte * 16)()
    failed = ctypes.CDLL(None).gethostuuid(uuid, ctypes.byref(Timeout(1, 0)))
    return "" if failed else bytes(uuid).hex()


def _sysctl(name: bytes) -> str:
    size = ctypes.c_size_t(64)
    value = ctypes.create_string_buffer(size.value)
    failed = ctypes.CDLL(None).sysctlbyname(name, value, ctypes.byref(size), None, 0)
    return "" if failed else value.value.decode("ascii", "replace")
