"""The one timer, by APScheduler, which is made to follow the boot clock and no other.

APScheduler asks "what time is it in my time zone?" and means the wall clock, which anyone may set:
after a step back it would sleep on for as much. So it lives in a time zone of its own, in which it
is always as late as the boot clock says (`BootTime`), and no wall clock reaches it.

It waits on asyncio's monotonic clock, which stands still while the machine sleeps: a timer comes
late by that much, unless whoever notices the waking arms it again.

A timer is never armed in the past. APScheduler is imported a moment after the first one is armed:
by then whoever waits for a daemon that starts has been answered, and that takes half as long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any

from keystead_daemon.clocks import Clocks

_JOB = "the-next-change"
#: Seconds between the first arming and the timer's readiness; no timer is due sooner.
_HELD_BACK_S = 0.5
_BOOT = datetime(1970, 1, 1)  # noqa: DTZ001 - its zone is added below, and is not the wall's


class BootTime(tzinfo):
    """A zone in which the time is the boot clock's, counted from 1970."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks

    def at(self, boot_ms: int) -> datetime:
        """A reading of the boot clock, in ms, as a date in this zone."""
        return (_BOOT + timedelta(milliseconds=boot_ms)).replace(tzinfo=self)

    def fromutc(self, dt: datetime, /) -> datetime:
        """Whatever the wall clock says: the boot clock's reading."""
        return self.at(self._clocks.read().boot_ms)

    def utcoffset(self, dt: datetime | None, /) -> timedelta:
        return timedelta(0)

    def dst(self, dt: datetime | None, /) -> timedelta:
        return timedelta(0)

    def tzname(self, dt: datetime | None, /) -> str:
        return "boot"


class Schedule:
    """Calls ``fire`` in the event loop when the boot clock has come to where `arm` set it."""

    def __init__(self, clocks: Clocks, fire: Callable[[], None]) -> None:
        self._clocks = clocks
        self._fire = fire
        self._zone = BootTime(clocks)
        self._scheduler: Any = None
        self._starting: asyncio.TimerHandle | None = None
        self._at_boot_ms: int | None = None

    def arm(self, boot_ms: int | None) -> None:
        """Set the timer to a reading of the boot clock in ms, or to none; there is no other."""
        self._at_boot_ms = boot_ms
        if self._scheduler is not None:
            self._set()
        elif boot_ms is not None and self._starting is None:
            loop = asyncio.get_running_loop()
            self._starting = loop.call_later(_HELD_BACK_S, self._start)

    def close(self) -> None:
        """Forget the timer."""
        if self._starting is not None:
            self._starting.cancel()
            self._starting = None
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None

    def _start(self) -> None:
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        self._starting = None
        self._scheduler = AsyncIOScheduler(timezone=self._zone)
        self._scheduler.start()
        self._set()

    def _set(self) -> None:
        if self._at_boot_ms is None:
            if self._scheduler.get_job(_JOB) is not None:
                self._scheduler.remove_job(_JOB)
            return
        at = self._zone.at(max(self._at_boot_ms, self._clocks.read().boot_ms))
        self._scheduler.add_job(
            self._come,
            "date",
            run_date=at,
            timezone=self._zone,
            id=_JOB,
            replace_existing=True,
            misfire_grace_time=None,
        )

    async def _come(self) -> None:
        # APScheduler would swallow what goes wrong in a job: here it is the event loop's to tell.
        asyncio.get_running_loop().call_soon(self._fire)
