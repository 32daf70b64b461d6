"""The loop that carries out effects: take an event, call `plan`, carry out effects, publish.

Everything here runs in one thread. `Runner.handle` is synchronous: when it returns, everything that
had to be saved is saved. Work that takes long (a status request, the keyring) runs as a task, whose
result is handled as another event.
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
    RequestKeyManifest,
    RequestStatus,
    Save,
    SetLicenseAside,
)
from keystead_daemon.events import (
    ClockChecked,
    Event,
    KeyManifestFailed,
    KeyManifestReceived,
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
    """Requests the license status with a credential of a state."""

    async def __call__(
        self, state: State, credential: Credential
    ) -> StatusReceived | StatusFailed: ...


class KeyManifestRequest(Protocol):
    """Requests the backend's newest key manifest."""

    async def __call__(self) -> KeyManifestReceived | KeyManifestFailed: ...


class Runner:
    """``chance`` draws evenly from [0, 1); ``publish`` gets the view after every event."""

    def __init__(
        self,
        state: State,
        *,
        storage: Storage,
        request_status: StatusRequest,
        request_key_manifest: KeyManifestRequest,
        clocks: Clocks,
        chance: Callable[[], float],
        publish: Callable[[ActivationView], None],
        log: Log,
    ) -> None:
        self.state = state
        self.storage = storage
        self.clocks = clocks
        self.sleep = SleepWatch(clocks)
        self._request_status = request_status
        self._request_key_manifest = request_key_manifest
        self._chance = chance
        self._publish = publish
        self._log = log
        self._schedule = Schedule(clocks, self._timer_fired)
        self._tasks: set[asyncio.Task[None]] = set()
        self._opening_keys: asyncio.Task[None] | None = None
        self._published = self.view()

    def handle(self, event: Event) -> State:
        """Handle an event and its effects. Raises InvalidDocument for `DocumentImported` alone."""
        queue: list[Event] = [event]
        while queue:
            moment = Moment(self.clocks.read(), self._chance())
            before = self.state
            self.state, effects = plan(before, queue.pop(0), moment)
            self._log.transition(before, self.state)
            for effect in effects:
                queue += self._carry_out(effect)
        self._published = self.view()
        self._publish(self._published)
        return self.state

    def current_view(self) -> ActivationView:
        """Return the view as of now, after turning points that have passed were handled."""
        self.handle(ClockChecked())
        return self._published

    def view(self) -> ActivationView:
        """Return the view of the state as it is."""
        return view(self.state, self.clocks.read(), self.storage.device_text)

    async def settled(self) -> None:
        """Wait until no status request is in flight and the keys are not being fetched."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def settled_keys(self) -> None:
        """Wait until the keys are not being fetched."""
        if self._opening_keys is not None and not self._opening_keys.done():
            await asyncio.wait([self._opening_keys])

    async def close(self) -> None:
        """Clear the timer and cancel all tasks."""
        self._schedule.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _timer_fired(self) -> None:
        # Some systems do not report a resume: there, a timer that fires late shows it.
        self.handle(Woken(WakeCause.RESUMED) if self.sleep.slept() else TimerFired())

    def _carry_out(self, effect: Effect) -> list[Event]:
        match effect:
            case Save():
                return [self.storage.save(self.state)]
            case SetLicenseAside():
                self._set_license_aside()
            case ArmTimer():
                self._schedule.arm(effect.boot_ms)
            case RequestStatus():
                self._start(self._request(effect.credential))
            case RequestKeyManifest():
                self._start(self._update_keys())
            case OpenKeys():
                self._opening_keys = self._start(self._open_keys(effect.renew))
        return []

    def _set_license_aside(self) -> None:
        try:
            self.storage.set_license_aside()
        except StorageFailed as error:
            self._log.failed("set_aside", error)

    async def _request(self, credential: Credential) -> None:
        self.handle(await self._request_status(self.state, credential))

    async def _update_keys(self) -> None:
        self.handle(await self._request_key_manifest())

    async def _open_keys(self, renew: bool) -> None:
        self.handle(await self.storage.open(renew=renew))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)
        return task

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # A bug: the event loop's exception handler stops the daemon. Its files are consistent,
            # and the service manager starts it again.
            raise error
