"""The one loop that carries effects out: events in, `plan` asked, effects done, change published.

Everything here runs in one thread. `handle` is synchronous: when it returns, what had to be saved
is saved. What takes long (an exchange, the keyring) runs as a task and comes back as an event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from keystead.errors import StorageFailed
from keystead.local_api import ActivationView
from keystead_daemon.clocks import Clocks, SleepWatch
from keystead_daemon.effects import (
    ArmTimer,
    Credential,
    Effect,
    OpenKeys,
    RequestStatus,
    Save,
    SetLicenseAside,
)
from keystead_daemon.events import (
    ClockChecked,
    Event,
    KeysOpened,
    KeysUnavailable,
    Moment,
    StatusFailed,
    StatusReceived,
    TimerFired,
    WakeCause,
    Woken,
)
from keystead_daemon.logs import Log
from keystead_daemon.plan import plan
from keystead_daemon.schedule import Schedule
from keystead_daemon.state import State
from keystead_daemon.storage import Storage
from keystead_daemon.view import view


class StatusRequest(Protocol):
    """Asks the backend, for a state, and says what came of it."""

    async def __call__(
        self, state: State, credential: Credential
    ) -> StatusReceived | StatusFailed: ...


class Runner:
    """``chance`` draws evenly from [0, 1); ``publish`` is told the view after every event."""

    def __init__(
        self,
        state: State,
        *,
        storage: Storage,
        asking: StatusRequest,
        clocks: Clocks,
        chance: Callable[[], float],
        publish: Callable[[ActivationView], None],
        log: Log,
    ) -> None:
        self.state = state
        self.storage = storage
        self.clocks = clocks
        self.sleep = SleepWatch(clocks)
        self._asking = asking
        self._chance = chance
        self._publish = publish
        self._log = log
        self._schedule = Schedule(clocks, self._timer_fired)
        self._tasks: set[asyncio.Task[None]] = set()
        self._opening: asyncio.Task[None] | None = None
        self._shown = self.view()

    def handle(self, event: Event) -> State:
        """Take an event in, and do what follows. Raises InvalidDocument for `Imported` alone."""
        waiting: list[Event] = [event]
        while waiting:
            current = waiting.pop(0)
            moment = Moment(self.clocks.read(), self._chance())
            before = self.state
            self.state, effects = plan(before, current, moment)
            self._log.happened(current, before, self.state)
            for effect in effects:
                waiting += self._carry_out(effect)
        self._shown = self.view()
        self._publish(self._shown)
        return self.state

    def look(self) -> ActivationView:
        """Take notice of the time that it is, and say how things stand."""
        self.handle(ClockChecked())
        return self._shown

    def view(self) -> ActivationView:
        """The state as it is shown at this moment."""
        return view(self.state, self.clocks.read(), self.storage.device_text)

    async def settled(self) -> None:
        """Wait until no exchange is in flight and the keys are not being fetched."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def settled_keys(self) -> None:
        """Wait until the keys are not being fetched."""
        if self._opening is not None and not self._opening.done():
            await asyncio.wait([self._opening])

    async def close(self) -> None:
        """Stop waiting for anything; what is in flight is given up."""
        self._schedule.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _timer_fired(self) -> None:
        # Where nothing tells of waking, a timer that comes late does.
        self.handle(Woken(WakeCause.RESUMED) if self.sleep.slept() else TimerFired())

    def _carry_out(self, effect: Effect) -> list[Event]:
        match effect:
            case Save():
                return [self.storage.save(self.state)]
            case SetLicenseAside():
                self._set_aside()
            case ArmTimer():
                self._schedule.arm(effect.boot_ms)
            case RequestStatus():
                self._in_background(self._ask(effect.credential))
            case OpenKeys():
                self._opening = self._in_background(self._open(effect.renew))
        return []

    def _set_aside(self) -> None:
        try:
            self.storage.set_aside()
        except StorageFailed as error:
            self._log.failed("set_aside", error)

    async def _ask(self, credential: Credential) -> None:
        self.handle(await self._asking(self.state, credential))

    async def _open(self, renew: bool) -> None:
        event: KeysOpened | KeysUnavailable = await self.storage.open(renew=renew)
        self.handle(event)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # A fault of ours: the loop's handler ends the daemon, whose files are whole, and
            # whoever started it starts it again.
            raise error
