"""The daemon's one timer: APScheduler, wrapped so that it follows the boot clock.

Why one timer and no named job for each purpose? `keystead_daemon.plan` keeps all due times in the
state and returns the next of them. Jobs for refresh, poll and turning points would keep them a
second time, outside of what the pure plan can decide and its tests can see.

Why the wrapper? APScheduler schedules by the time of day in a time zone, which follows the wall
clock. After the wall clock was set back by an hour, a job would run an hour late. So the scheduler
gets a time zone of its own, `BootTimeZone`, in which the time is always the boot clock's.

It waits on asyncio's monotonic clock, which stops while the machine sleeps. A timer fires late by
that much unless the code that notices the resume arms it again.

A timer is never armed in the past. APScheduler is imported shortly after the first timer is armed,
when a starting daemon has answered its first callers: importing it takes as long as the rest of
the start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any

from keystead_daemon.clocks import Clocks

_JOB = "next-change"
#: Seconds between the first arming and the start of APScheduler. A timer due sooner fires then.
_START_DELAY_S = 0.5
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the time zone is added below


class BootTimeZone(tzinfo):
    """A time zone in which the time is the boot clock's reading, counted from 1970."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks

    def at(self, boot_ms: int) -> datetime:
        """Return a reading of the boot clock (ms) as a date in this zone."""
        return (_EPOCH + timedelta(milliseconds=boot_ms)).replace(tzinfo=self)

    def fromutc(self, dt: datetime, /) -> datetime:
        """The boot clock's reading now, for any instant of the wall clock."""
        return self.at(self._clocks.read().boot_ms)

    def utcoffset(self, dt: datetime | None, /) -> timedelta:
        return timedelta(0)

    def dst(self, dt: datetime | None, /) -> timedelta:
        return timedelta(0)

    def tzname(self, dt: datetime | None, /) -> str:
        return "boot"


class Schedule:
    """Calls ``fire`` in the event loop when the boot clock reaches the reading given to `arm`."""

    def __init__(self, clocks: Clocks, fire: Callable[[], None]) -> None:
        self._clocks = clocks
        self._fire = fire
        self._zone = BootTimeZone(clocks)
        self._scheduler: Any = None
        self._starting: asyncio.TimerHandle | None = None
        self._at_boot_ms: int | None = None

    def arm(self, boot_ms: int | None) -> None:
        """Set the timer to a reading of the boot clock (ms), or clear it."""
        self._at_boot_ms = boot_ms
        if self._scheduler is not None:
            self._set()
        elif boot_ms is not None and self._starting is None:
            loop = asyncio.get_running_loop()
            self._starting = loop.call_later(_START_DELAY_S, self._start)

    def close(self) -> None:
        """Clear the timer."""
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
            self._run,
            "date",
            run_date=at,
            timezone=self._zone,
            id=_JOB,
            replace_existing=True,
            misfire_grace_time=None,
        )

    async def _run(self) -> None:
        # APScheduler only logs a job's exception. In the loop's own callback it reaches the loop's
        # exception handler, which stops the daemon.
        asyncio.get_running_loop().call_soon(self._fire)
