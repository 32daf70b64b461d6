"""Time passing in the stub: by itself, or turned forward through everything that is due.

Turning the clock stops at each instant where something happens, lets it happen, and delivers its
webhooks before it goes on: what a year brings arrives in the order of that year.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from keystead_stub.stripe_sim.engine.account import Account
from keystead_stub.stripe_sim.engine.webhook_delivery import Courier

#: No longer sleep than this: the real clock may be set while nobody looks.
_LONGEST_SLEEP_S = 3600.0


class JobQueue(Protocol):
    """Work that is done on the simulated clock too, beside timers and webhooks."""

    def next_due_ms(self) -> int | None:
        """Return when the next job is due, in epoch milliseconds."""
        ...

    async def do_due(self) -> int:
        """Do what is due by now; return the number of attempts."""
        ...


class TimeTravel:
    """Run what is due: `run` in the background, `advance` while the clock is turned forward."""

    def __init__(self, account: Account, courier: Courier, jobs: JobQueue) -> None:
        self._account = account
        self._courier = courier
        self._jobs = jobs
        self._lock = asyncio.Lock()
        self._asked = self._settled = 0
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """Say that something may have become due; from any thread."""
        if self._loop is None:
            self._changed.set()
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._changed.set)

    async def settle(self) -> None:
        """Do and deliver all that is due now; what becomes due meanwhile is the next one's.

        Whoever asked before a round began is served by it, so that nobody waits for more than two
        of them, or a journey, however much others change and however many wait. Never to be
        awaited by what takes in a webhook: that is what a round waits for.
        """
        self._asked += 1
        asked = self._asked
        async with self._lock:
            if self._settled >= asked:
                return
            serving = self._asked
            await self._round()
            self._settled = serving

    async def advance(self, to_ms: int | None = None, *, seconds: float | None = None) -> int:
        """Travel to an instant, or by `seconds`; return the time it is then, from which it goes on.

        Raises InvalidInput `clock_backwards`, at once, where that is the past.
        """
        async with self._lock:
            # The check comes first, and without a stop in between: a journey that cannot end at
            # its target is not begun. Seconds count from here: waiting for the lock took time.
            to_ms = self._account.target(seconds=seconds, to_ms=to_ms)
            await self._do_due()
            while (due_ms := self._next_due_ms()) is not None and due_ms <= to_ms:
                self._turn(due_ms)
                await self._do_due()
            self._turn(to_ms)
            await self._do_due()
            return self._account.now_ms()

    async def run(self) -> None:
        """Let real time pass: sleep until the next thing is due, or until `wake`; for ever."""
        self._loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            await self.settle()
            try:
                await asyncio.wait_for(self._changed.wait(), self._sleep_s())
            except TimeoutError:
                continue

    def _sleep_s(self) -> float:
        due_ms = self._next_due_ms()
        if due_ms is None:
            return _LONGEST_SLEEP_S
        return min(_LONGEST_SLEEP_S, max(0, due_ms - self._account.now_ms()) / 1000)

    def _next_due_ms(self) -> int | None:
        known = (
            self._account.next_timer_ms(),
            self._courier.next_due_ms(),
            self._jobs.next_due_ms(),
        )
        return min((one for one in known if one is not None), default=None)

    def _turn(self, to_ms: int) -> None:
        # Deliveries take real time, so the instant may have passed on its own.
        self._account.turn_clock(to_ms)

    async def _do_due(self) -> None:
        while await self._round():
            continue

    async def _round(self) -> int:
        """Do what is due, tell of it, and do what follows; return how many things it was."""
        done = self._account.run_due()
        done += await self._courier.deliver_due()
        return done + await self._jobs.do_due()
