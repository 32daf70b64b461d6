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


class Office:
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
def office() -> Office:
    return Office("sqlite://")


def test_a_queued_job_runs_once(office: Office) -> None:
    office.put("a", {"n": 1})
    office.put("a", {"n": 2})
    office.put("b", [])
    assert office.work() == 2
    assert office.done == [("a", {"n": 1}), ("b", [])]
    assert (office.work(), office.worker.next_due_ms()) == (0, None)
    office.put("a", {"n": 3})
    assert office.work() == 0


def test_a_failed_job_is_retried_with_backoff_and_abandoned_after_days(office: Office) -> None:
    office.broken = JobFailed("HTTP 503")
    office.put("a", {})
    first_ms = office.now_ms
    assert office.work() == 1
    assert office.worker.next_due_ms() == first_ms + 5 * MINUTE_MS
    while (due_ms := office.worker.next_due_ms()) is not None:
        office.now_ms = due_ms
        office.work()
    assert 2 * DAY_MS < office.now_ms - first_ms <= 3 * DAY_MS
    job = office.only_job()
    assert (job.done_at, job.last_error) == (None, "HTTP 503")
    assert job.attempts > 5


def test_a_job_survives_a_restart(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/stub.db"
    office = Office(database)
    office.broken = JobFailed("down")
    office.put("a", {"n": 1})
    office.work()
    office.store.close()
    office.broken = None
    office.now_ms += 5 * MINUTE_MS
    office.open(database)
    assert office.work() == 1
    assert office.done == [("a", {"n": 1})]
    office.store.close()


def test_a_job_claimed_by_a_crashed_worker_runs_again(office: Office) -> None:
    office.put("a", {})
    office.broken = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        office.work()
    office.broken = None
    assert office.work() == 0
    office.now_ms += CLAIM_MS
    assert office.work() == 1


def test_two_workers_never_run_a_job_concurrently(office: Office) -> None:
    office.put("a", {})
    with office.store.write() as connection:
        mine = jobs.claim(connection, office.now_ms, office.now_ms + CLAIM_MS)
    assert mine is not None
    with office.store.write() as connection:
        assert jobs.claim(connection, office.now_ms, office.now_ms + CLAIM_MS) is None
