"""The worker of the job queue. It retries a job with the delays of a webhook until it is done.

A job is claimed before an attempt and updated after it, so it is done at least once; its receiver
recognises a repetition by the key.
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

#: How long a claim lasts. If a process ends during a job, another one repeats it after this time.
CLAIM_MS = 2 * MINUTE_MS


class JobFailed(Exception):
    """An attempt failed; the message says why and contains no secret."""


#: How often the queue is read for jobs that another process has queued.
_POLL_S = 5.0

#: Does a job, given its key and payload. Raises JobFailed.
Handler = Callable[[str, Any], Awaitable[None]]


class Worker:
    """Does the jobs that are due by `now_ms`, which may be simulated time."""

    def __init__(
        self, store: Store, handlers: Mapping[str, Handler], now_ms: Callable[[], int]
    ) -> None:
        self._store, self._handlers, self._now_ms = store, dict(handlers), now_ms

    def next_due_ms(self) -> int | None:
        """When the next job is due, in ms; null if the queue is empty."""
        with self._store.read() as connection:
            return jobs.find_next_due_ms(connection)

    async def do_due(self) -> int:
        """Attempt every job that is due once, and return the number of attempts."""
        attempts = 0
        # Claimed one by one, so that other processes can take the next ones meanwhile.
        while (job := self._claim()) is not None:
            await self._attempt(job)
            attempts += 1
        return attempts

    async def run(self) -> None:
        """Work until cancelled. For real time; time travel calls `do_due` itself."""
        while True:
            await self.do_due()
            await asyncio.sleep(_POLL_S)

    def _claim(self) -> Job | None:
        now_ms = self._now_ms()
        with self._store.write() as connection:
            return jobs.claim(connection, now_ms, now_ms + CLAIM_MS)

    async def _attempt(self, job: Job) -> None:
        error: str | None = None
        try:
            await self._handlers[job.kind](job.key, msgspec.json.decode(job.payload))
        except JobFailed as failure:
            error = str(failure)
        now_ms, attempts = self._now_ms(), job.attempts + 1
        retry_ms = next_attempt_ms(since_ms=job.created_at, tries=attempts, at_ms=now_ms)
        with self._store.write() as connection:
            jobs.update_attempt(
                connection,
                job,
                attempts=attempts,
                due_ms=retry_ms if error else None,
                done_ms=None if error else now_ms,
                error=error,
            )
