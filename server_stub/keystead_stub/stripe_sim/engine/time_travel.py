"""Time in the stub: it passes in real time, or is turned forward through everything that is due.

Turning the clock stops at each instant where something is due, runs it, and delivers its webhooks
before going on, so that the webhooks of a year arrive in the order of that year.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from keystead_stub.stripe_sim.engine.account import Account
from keystead_stub.stripe_sim.engine.webhook_delivery import WebhookDispatcher

#: The longest sleep. The real clock may be set meanwhile, which no event reports.
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

    def __init__(self, account: Account, dispatcher: WebhookDispatcher, jobs: JobQueue) -> None:
        self._account = account
        self._dispatcher = dispatcher
        self._jobs = jobs
        self._lock = asyncio.Lock()
        self._asked = self._settled = 0
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.advancing = False

    def wake(self) -> None:
        """Wake the background task: something may have become due. Thread-safe."""
        # Before `run` no loop is waiting, so setting the event needs no hand-over between threads.
        if self._loop is None:
            self._changed.set()
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._changed.set)

    async def settle(self) -> None:
        """Run and deliver everything due at the start of the call.

        A round serves all callers that were waiting when it began, so that no caller waits for
        more than two rounds or one advance, however many wait. A webhook's handler must not await
        this: the round waits for the handler.
        """
        self._asked += 1
        asked = self._asked
        async with self._lock:
            # A round that began after this call's request has served it already.
            if self._settled >= asked:
                return
            # Read before the round: whoever asks during it may have added work that the round no
            # longer sees.
            serving = self._asked
            await self._round()
            self._settled = serving

    async def advance(self, to_ms: int | None = None, *, seconds: float | None = None) -> int:
        """Turn the clock to an instant, or by `seconds`; return the time it then shows.

        Raises InvalidInput `clock_backwards`, before anything is run, if that is in the past.
        """
        async with self._lock:
            # Checked first, with no await after it: an advance that cannot reach its target must
            # not begin. Seconds count from here, because waiting for the lock took time.
            to_ms = self._account.target(seconds=seconds, to_ms=to_ms)
            self.advancing = True
            try:
                await self._stop_by_stop(to_ms)
            finally:
                self.advancing = False
            return self._account.now_ms()

    async def _stop_by_stop(self, to_ms: int) -> None:
        await self._do_due()
        # Asked again after each stop, because a renewal sets the next renewal's timer.
        while (due_ms := self._next_due_ms()) is not None and due_ms <= to_ms:
            self._turn(due_ms)
            await self._do_due()
        self._turn(to_ms)
        await self._do_due()

    async def run(self) -> None:
        """Run due work until canceled: sleep until the next instant, or until `wake`."""
        self._loop = asyncio.get_running_loop()
        while True:
            # Cleared before the round: a wake-up during it must lead to another one.
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
        # A due time in the past must give no negative timeout.
        return min(_LONGEST_SLEEP_S, max(0, due_ms - self._account.now_ms()) / 1000)

    def _next_due_ms(self) -> int | None:
        known = (
            self._account.next_timer_ms(),
            self._dispatcher.next_due_ms(),
            self._jobs.next_due_ms(),
        )
        return min((one for one in known if one is not None), default=None)

    def _turn(self, to_ms: int) -> None:
        # Deliveries take real time, so the instant may have passed by itself.
        self._account.turn_clock(to_ms)

    async def _do_due(self) -> None:
        # A webhook's handler may cause new events, so rounds go on until one finds nothing.
        while await self._round():
            continue

    async def _round(self) -> int:
        """Run due timers, deliver webhooks, run jobs; return how many there were."""
        # Timers first: their events are then delivered in this same round.
        done = self._account.run_due()
        done += await self._dispatcher.deliver_due()
        return done + await self._jobs.do_due()
