"""Doing what is queued: each job until it is done, with the waits of a webhook between attempts.

A job is claimed before it is done and settled after, so it is done at least once; whoever receives
it knows a repetition by its key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from keystead.instants import MINUTE_MS
from keystead_stub.store import jobs
from keystead_stub.store.engine import Store
from keystead_stub.store.jobs import Job
from keystead_stub.stripe_sim.engine.retry_schedule import next_attempt_ms

#: How long a claim holds: a process that dies within a job leaves it to the others after this.
CLAIM_MS = 2 * MINUTE_MS


class NotDone(Exception):
    """The job could not be done now; the text says why, and holds no secret."""


#: A job that nobody announced waits no longer than this.
_LOOK_AGAIN_S = 5.0

#: Does one job: its key and its payload. Raises NotDone.
Handler = Callable[[str, Any], Awaitable[None]]


class Worker:
    """Does what is due. `now_ms` is the steerable time."""

    def __init__(
        self, store: Store, handlers: Mapping[str, Handler], now_ms: Callable[[], int]
    ) -> None:
        self._store, self._handlers, self._now_ms = store, dict(handlers), now_ms

    def next_due_ms(self) -> int | None:
        """When the next job is due."""
        with self._store.read() as connection:
            return jobs.find_next_due_ms(connection)

    async def do_due(self) -> int:
        """Do all that is due, each once; return how many attempts were made."""
        made = 0
        while (job := self._claim()) is not None:
            await self._attempt(job)
            made += 1
        return made

    async def run(self) -> None:
        """Do what falls due, for ever; for a stub that no clock of ours is steered for."""
        while True:
            await self.do_due()
            await asyncio.sleep(_LOOK_AGAIN_S)

    def _claim(self) -> Job | None:
        now_ms = self._now_ms()
        with self._store.write() as connection:
            return jobs.claim(connection, now_ms, now_ms + CLAIM_MS)

    async def _attempt(self, job: Job) -> None:
        error: str | None = None
        try:
            await self._handlers[job.kind](job.key, msgspec.json.decode(job.payload))
        except NotDone as failure:
            error = str(failure)
        now_ms, attempts = self._now_ms(), job.attempts + 1
        again_ms = next_attempt_ms(since_ms=job.created_at, tries=attempts, at_ms=now_ms)
        with self._store.write() as connection:
            jobs.update_attempt(
                connection,
                job,
                attempts=attempts,
                due_ms=again_ms if error else None,
                done_ms=None if error else now_ms,
                error=error,
            )
