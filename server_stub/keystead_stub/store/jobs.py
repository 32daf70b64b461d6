"""The queue of jobs such as notifying another service: it survives a restart of the process."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from keystead_stub.store import rows
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import jobs


class Job(msgspec.Struct, frozen=True):
    """A row of `jobs`. `due_at` (ms) is null once the job is done or given up."""

    id: int
    kind: str
    key: str
    payload: str
    attempts: int
    created_at: int
    due_at: int | None
    done_at: int | None
    last_error: str | None


_SELECT = rows.select(jobs, Job)


def insert(
    store: Store, connection: sa.Connection, kind: str, key: str, *, payload: Any, now_ms: int
) -> None:
    """Queue a job, unless there already is one of this kind and key."""
    connection.execute(
        store.insert_new(jobs).values(
            kind=kind,
            key=key,
            payload=msgspec.json.encode(payload).decode(),
            attempts=0,
            created_at=now_ms,
            due_at=now_ms,
        )
    )


def find_next_due_ms(connection: sa.Connection) -> int | None:
    found: int | None = connection.scalar(sa.select(sa.func.min(jobs.c.due_at)))
    return found


def count_pending(connection: sa.Connection) -> tuple[int, int]:
    """Return how many jobs wait for their first attempt, and how many for another one."""
    waiting = sa.func.count().filter(jobs.c.attempts == 0)
    failing = sa.func.count().filter(jobs.c.attempts > 0)
    found = connection.execute(sa.select(waiting, failing).where(jobs.c.due_at.is_not(None))).one()
    return int(found[0]), int(found[1])


def claim(connection: sa.Connection, now_ms: int, until_ms: int) -> Job | None:
    """Reserve the job that is due first until `until_ms`; null if none is due.

    Several processes may work on one queue. Whoever moves `due_at` first has the job; if its
    process ends before the job is done, the job is due again at `until_ms`.
    """
    query = _SELECT.where(jobs.c.due_at <= now_ms).order_by(jobs.c.due_at, jobs.c.id)
    # Several candidates, because other processes may claim the first ones in the meantime.
    for job in rows.all_of(connection, query.limit(10), Job):
        unclaimed = sa.update(jobs).where(jobs.c.id == job.id, jobs.c.due_at == job.due_at)
        if connection.execute(unclaimed.values(due_at=until_ms)).rowcount == 1:
            return job
    return None


def update_attempt(
    connection: sa.Connection,
    job: Job,
    *,
    attempts: int,
    due_ms: int | None,
    done_ms: int | None,
    error: str | None,
) -> None:
    """Write the result of an attempt: done, to be retried at `due_ms`, or given up."""
    connection.execute(
        sa.update(jobs)
        .where(jobs.c.id == job.id)
        .values(attempts=attempts, due_at=due_ms, done_at=done_ms, last_error=error)
    )


def list_jobs(connection: sa.Connection, limit: int = 200) -> list[Job]:
    """The newest jobs first."""
    return rows.all_of(connection, _SELECT.order_by(jobs.c.id.desc()).limit(limit), Job)
