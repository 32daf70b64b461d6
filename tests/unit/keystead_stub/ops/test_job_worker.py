"""The job queue: restarts, execution at least once, retries with a limit."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from keystead.instants import DAY_MS, MINUTE_MS
from keystead_stub.ops.job_worker import CLAIM_MS, JobFailed, Worker
from keystead_stub.store import jobs
from keystead_stub.store.engine import Store, open_store
from keystead_stub.store.migrations import migrate

KIND = "tell"


class QueueHarness:
    """A worker with a job handler that can fail, a database and a clock."""

    def __init__(self, database: str) -> None:
        self.now_ms = 1_700_000_000_000
        self.done: list[tuple[str, Any]] = []
        self.broken: BaseException | None = None
        self.open(database)

    def open(self, database: str) -> None:
        self.store: Store = open_store(database)
        migrate(self.store, self.now_ms)
        self.worker = Worker(self.store, {KIND: self._do}, lambda: self.now_ms)

    async def _do(self, key: str, payload: Any) -> None:
        if self.broken:
            raise self.broken
        self.done.append((key, payload))

    def put(self, key: str, payload: Any) -> None:
        with self.store.write() as connection:
            jobs.insert(self.store, connection, KIND, key, payload=payload, now_ms=self.now_ms)

    def work(self) -> int:
        return asyncio.run(self.worker.do_due())

    def only_job(self) -> jobs.Job:
        with self.store.read() as connection:
            (job,) = jobs.list_jobs(connection)
        return job


@pytest.fixture
def queue() -> QueueHarness:
    return QueueHarness("sqlite://")


def test_a_queued_job_runs_once(queue: QueueHarness) -> None:
    queue.put("a", {"n": 1})
    queue.put("a", {"n": 2})
    queue.put("b", [])
    assert queue.work() == 2
    assert queue.done == [("a", {"n": 1}), ("b", [])]
    assert (queue.work(), queue.worker.next_due_ms()) == (0, None)
    queue.put("a", {"n": 3})
    assert queue.work() == 0


def test_a_failed_job_is_retried_with_backoff_and_abandoned_after_days(queue: QueueHarness) -> None:
    queue.broken = JobFailed("HTTP 503")
    queue.put("a", {})
    first_ms = queue.now_ms
    assert queue.work() == 1
    assert queue.worker.next_due_ms() == first_ms + 5 * MINUTE_MS
    while (due_ms := queue.worker.next_due_ms()) is not None:
        queue.now_ms = due_ms
        queue.work()
    assert 2 * DAY_MS < queue.now_ms - first_ms <= 3 * DAY_MS
    job = queue.only_job()
    assert (job.done_at, job.last_error) == (None, "HTTP 503")
    assert job.attempts > 5


def test_a_job_survives_a_restart(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/stub.db"
    queue = QueueHarness(database)
    queue.broken = JobFailed("down")
    queue.put("a", {"n": 1})
    queue.work()
    queue.store.close()
    queue.broken = None
    queue.now_ms += 5 * MINUTE_MS
    queue.open(database)
    assert queue.work() == 1
    assert queue.done == [("a", {"n": 1})]
    queue.store.close()


def test_a_job_claimed_by_a_crashed_worker_runs_again(queue: QueueHarness) -> None:
    queue.put("a", {})
    queue.broken = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        queue.work()
    queue.broken = None
    assert queue.work() == 0
    queue.now_ms += CLAIM_MS
    assert queue.work() == 1


def test_two_workers_never_run_a_job_concurrently(queue: QueueHarness) -> None:
    queue.put("a", {})
    with queue.store.write() as connection:
        mine = jobs.claim(connection, queue.now_ms, queue.now_ms + CLAIM_MS)
    assert mine is not None
    with queue.store.write() as connection:
        assert jobs.claim(connection, queue.now_ms, queue.now_ms + CLAIM_MS) is None
