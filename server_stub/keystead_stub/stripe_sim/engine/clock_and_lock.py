"""What orders all changes of the simulation: a lock, a revision number, the clock, and timers.

All accounts share them. Each change updates one and the same row, so that on SQLite and PostgreSQL
alike every other change waits for it.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store import locks, stripe_tables
from keystead_stub.stripe_sim.engine import clock


class Moment(msgspec.Struct, frozen=True):
    """When a change is made: its revision number, and the stub's time in epoch ms."""

    revision: int
    now_ms: int
    clock: clock.ClockState


class Timer(msgspec.Struct, frozen=True):
    """A timer of an account: `kind` names its action, `object_id` the object to act on."""

    id: int
    account_id: str
    due_ms: int
    kind: str
    object_id: str


def take(connection: sa.Connection, real_ms: int) -> Moment:
    """Take the lock until the transaction ends; `real_ms` is the real clock, in epoch ms."""
    # Without the lock, the first two changes would both insert the missing row.
    locks.take(connection, "simulated-stripe")
    table = stripe_tables.account
    moved = table.c.offset_ms + real_ms
    raised = (
        sa.update(table)
        .where(table.c.id == 1)
        .values(
            revision=table.c.revision + 1,
            # The time never runs backwards, even if the real clock is set back.
            floor_ms=sa.case((moved > table.c.floor_ms, moved), else_=table.c.floor_ms),
        )
    )
    if connection.execute(raised).rowcount == 0:
        row = {"id": 1, "revision": 1, "offset_ms": 0, "floor_ms": real_ms}
        connection.execute(table.insert().values(row))
    found = connection.execute(sa.select(table).where(table.c.id == 1)).one()
    state = clock.ClockState(found.offset_ms, found.floor_ms)
    return Moment(found.revision, clock.now(state, real_ms), state)


def turn(connection: sa.Connection, real_ms: int, to_ms: int) -> None:
    """Turn the clock to `to_ms`, unless it is later already."""
    moment = take(connection, real_ms)
    # Real time passes while the lock is awaited, and a clock that is already later needs no turning
    # back.
    turned = clock.turned_to(moment.clock, real_ms, max(to_ms, moment.now_ms))
    table = stripe_tables.account
    values = {"offset_ms": turned.offset_ms, "floor_ms": turned.floor_ms}
    connection.execute(sa.update(table).where(table.c.id == 1).values(values))


def now(connection: sa.Connection, real_ms: int) -> int:
    """Return the stub's time, in epoch milliseconds."""
    table = stripe_tables.account
    # Read without the lock, so that a status query never waits for a change.
    row = connection.execute(sa.select(table.c.offset_ms, table.c.floor_ms)).first()
    state = clock.ClockState() if row is None else clock.ClockState(row.offset_ms, row.floor_ms)
    return clock.now(state, real_ms)


def next_due_ms(connection: sa.Connection) -> int | None:
    """Return when the next timer of any account is due."""
    return connection.execute(sa.select(sa.func.min(stripe_tables.timers.c.due_ms))).scalar()


def take_due(connection: sa.Connection, now_ms: int) -> Timer | None:
    """Delete and return the first timer that is due, so that it runs once."""
    table = stripe_tables.timers
    query = sa.select(table).where(table.c.due_ms <= now_ms)
    # Timers of one instant run in the order in which they were set.
    row = connection.execute(query.order_by(table.c.due_ms, table.c.id).limit(1)).first()
    if row is None:
        return None
    connection.execute(sa.delete(table).where(table.c.id == row.id))
    return Timer(row.id, row.account_id, row.due_ms, row.kind, row.object_id)
