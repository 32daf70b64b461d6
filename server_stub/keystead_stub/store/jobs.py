"""The queue of what is to be done outside: it survives a restart, and nobody works on one twice."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from keystead_stub.store.engine import Store
from keystead_stub.store.tables import jobs


class Job(msgspec.Struct, frozen=True):
    """A row of `jobs`. `due_at` (ms) is null once it is done or given up."""

    id: int
    kind: str
    key: str
    payload: str
    attempts: int
    created_at: int
    due_at: int | None
    done_at: int | None
    last_error: str | None


_COLUMNS = [jobs.c[name] for name in Job.__struct_fields__]
_WAITING = jobs.c.due_at.is_not(None)


def insert(
    store: Store, connection: sa.Connection, kind: str, key: str, *, payload: Any, now_ms: int
) -> None:
    """Queue it; a job of that kind and key that is there already stays the only one."""
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
    """When the next job is due."""
    found: int | None = connection.scalar(sa.select(sa.func.min(jobs.c.due_at)).where(_WAITING))
    return found


def claim(connection: sa.Connection, now_ms: int, until_ms: int) -> Job | None:
    """Take the job that is due first for oneself, until that instant; None where none is due."""
    query = sa.select(*_COLUMNS).where(jobs.c.due_at <= now_ms).order_by(jobs.c.due_at, jobs.c.id)
    for row in connection.execute(query.limit(10)).all():
        mine = sa.update(jobs).where(jobs.c.id == row.id, jobs.c.due_at == row.due_at)
        if connection.execute(mine.values(due_at=until_ms)).rowcount == 1:
            return Job(*row)
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
    """Note how it went: done, to be tried again at `due_ms`, or given up."""
    connection.execute(
        sa.update(jobs)
        .where(jobs.c.id == job.id)
        .values(attempts=attempts, due_at=due_ms, done_at=done_ms, last_error=error)
    )


def list_jobs(connection: sa.Connection, limit: int = 200) -> list[Job]:
    """The newest first."""
    query = sa.select(*_COLUMNS).order_by(jobs.c.id.desc()).limit(limit)
    return [Job(*row) for row in connection.execute(query)]
