"""Linux: a timerfd that reports clock changes and resumes from sleep.

Python learns timerfd in 3.13; until then it is called through ctypes.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import time
from collections.abc import Callable
from contextlib import suppress

# From the kernel's header on timer descriptors.
_TFD_NONBLOCK, _TFD_CLOEXEC = os.O_NONBLOCK, os.O_CLOEXEC
_TFD_TIMER_ABSTIME, _TFD_TIMER_CANCEL_ON_SET = 1, 2


class _Timespec(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("it_interval", _Timespec), ("it_value", _Timespec))


#: In a century: the timer exists to be cancelled, never to fire.
_NEVER = _Itimerspec(_Timespec(0, 0), _Timespec(4_102_444_800 + 2**31, 0))


def watch_clock(
    loop: asyncio.AbstractEventLoop, changed: Callable[[str], None]
) -> Callable[[], None]:
    """Watch the wall clock: its timers are cancelled when it is set or the machine resumes."""
    libc = ctypes.CDLL(None, use_errno=True)
    timer = libc.timerfd_create(time.CLOCK_REALTIME, _TFD_NONBLOCK | _TFD_CLOEXEC)
    if timer < 0:
        raise OSError(ctypes.get_errno(), "timerfd_create")

    def arm() -> None:
        flags = _TFD_TIMER_ABSTIME | _TFD_TIMER_CANCEL_ON_SET
        if libc.timerfd_settime(timer, flags, ctypes.byref(_NEVER), None) < 0:
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def readable() -> None:
        # ECANCELED is how the kernel reports the change.
        with suppress(OSError):
            os.read(timer, 8)
        arm()
        changed("clock")

    try:
        arm()
    except OSError:
        os.close(timer)
        raise
    loop.add_reader(timer, readable)

    def end() -> None:
        loop.remove_reader(timer)
        os.close(timer)

    return end
