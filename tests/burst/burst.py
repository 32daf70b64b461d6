"""A burst of webhooks at stub processes that are stopped and killed meanwhile.

Each event is delivered twice, all of them shuffled. Afterwards nothing may be lost or doubled, and
every customer must be in the state that their events alone lead to.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random

import msgspec
import sqlalchemy as sa

from burst.delivery import Deliveries
from burst.lives import Life, lives
from keystead_stub.billing.customer_states import state_of
from keystead_stub.store.documented_tables import processed_events
from keystead_stub.store.engine import Store, open_store, to_url
from keystead_stub.store.tables import billing_events
from support.served_stub import ServedStub

_MOST_SHOWN = 5


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a burst did; `wrong` are sentences about customers, a few of them."""

    events: int
    customers: int
    answers: dict[str, int]
    seconds: float
    lost: int
    doubled: int
    wrong: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not (self.lost or self.doubled or self.wrong)


def burst(
    folder: Path, *, events: int, connections: int, seed: int, database: str | None = None
) -> Result:
    """Run one process over SQLite, or three over the given PostgreSQL database."""
    random = Random(seed)
    everyone = list(lives(events, random))
    told = [event for life in everyone for event in life.events]
    twice = told + told
    random.shuffle(twice)
    secret = f"whsec_{secrets.token_urlsafe(24)}"
    environ = {"STRIPE_WEBHOOK_SECRET": secret}
    deliveries = Deliveries(twice, secret)
    began = time.monotonic()
    with ExitStack() as stack:
        stubs = []
        for number in range(3 if database else 1):
            stub = ServedStub(folder / f"stub-{number}", database, environ=environ)
            stack.callback(stub.stop)
            stubs.append(stub)
        deliveries.run([stub.url for stub in stubs], connections, _disturbances(stubs))
        seconds = time.monotonic() - began
    store = open_store(database or to_url(str(folder / "stub-0" / "stub.sqlite")))
    try:
        return _checked(store, everyone, deliveries, seconds)
    finally:
        store.close()


def _disturbances(stubs: Sequence[ServedStub]) -> list[tuple[float, Callable[[], None]]]:
    """Return SIGTERM and SIGKILL in turns, each to another process, which is started again."""

    def restart(stub: ServedStub, end: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            end()
            stub.start()

        return run

    first, last = stubs[0], stubs[-1]
    return [
        (0.2, restart(first, first.kill)),
        (0.4, restart(last, last.stop)),
        (0.6, restart(last, last.kill)),
        (0.8, restart(first, first.stop)),
    ]


def _checked(
    store: Store, everyone: Sequence[Life], deliveries: Deliveries, seconds: float
) -> Result:
    ids = {event["id"] for life in everyone for event in life.events}
    with store.read() as connection:
        marked = Counter(connection.scalars(sa.select(processed_events.c.event_id)))
        kept = Counter(connection.scalars(sa.select(billing_events.c.event_id)))
        wrong = [sentence for life in everyone if (sentence := _wrong(connection, life))]
    lost = len(ids - marked.keys()) + len(ids - kept.keys())
    twice = [one for one, count in deliveries.taken.items() if count > 1]
    repeated = [one for counts in (marked, kept) for one, count in counts.items() if count > 1]
    return Result(
        events=len(ids),
        customers=len(everyone),
        answers=dict(deliveries.answers),
        seconds=seconds,
        lost=lost,
        doubled=len(twice) + len(repeated),
        wrong=tuple(wrong[:_MOST_SHOWN]),
    )


def _wrong(connection: sa.Connection, life: Life) -> str | None:
    state = state_of(connection, life.customer_id)
    if state is None:
        return f"{life.customer_id} has no state"
    if (state.status, state.entitled) != (life.status, life.entitled):
        return f"{life.customer_id} is {state.status} and not {life.status}"
    return None if state == life.expected() else f"{life.customer_id} has another state"
