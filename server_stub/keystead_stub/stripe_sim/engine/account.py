"""Transactions on an account, and the clock that all accounts share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from random import Random
from typing import Concatenate, ParamSpec, Self, TypeVar

import sqlalchemy as sa

from keystead_stub.store import stripe_tables
from keystead_stub.store.engine import Store
from keystead_stub.stripe_sim.engine import clock, clock_and_lock, idempotency
from keystead_stub.stripe_sim.engine.clock_and_lock import Moment, Timer
from keystead_stub.stripe_sim.engine.idempotency import IdempotentRequest
from keystead_stub.stripe_sim.engine.ids import Ids
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.rows import ACCOUNT_ID, Rows
from keystead_stub.stripe_sim.engine.rules import Rules
from keystead_stub.stripe_sim.engine.snapshot import Snapshot
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork

P = ParamSpec("P")
Result = TypeVar("Result")
Request = TypeVar("Request", bound=IdempotentRequest)


class Account(ABC):
    """One simulated account in a store: the platform's, or with `acting_in` a connected one.

    The engine knows no resources: a subclass defines what an account starts with, its timers,
    and the effects of changed subscriptions.

    `real_ms` reads the real clock, in epoch milliseconds; `random` makes the ids. `on_change` is
    called after each requested change, which may have made something due. `on_turn` is
    called whenever the clock was turned, to clear cached readings.
    """

    def __init__(
        self,
        store: Store,
        rules: Rules,
        *,
        real_ms: Callable[[], int],
        random: Random,
        on_change: Callable[[], None] = lambda: None,
        on_turn: Callable[[], None] = lambda: None,
    ) -> None:
        self.store = store
        self.rules = rules
        self.on_change = on_change
        self.on_turn = on_turn
        self.account_id = ACCOUNT_ID
        #: The platform's account, whose callbacks serve all accounts.
        self._platform: Account = self
        self._real_ms = real_ms
        self._ids = Ids(random)
        for account_id in self.accounts():
            self._open(account_id)

    @abstractmethod
    def set_up(self, work: UnitOfWork) -> None:
        """Create the objects that every account starts with, unless they exist."""

    @abstractmethod
    def run_timer(self, work: UnitOfWork, timer: Timer) -> None:
        """Run the action of a due timer."""

    @abstractmethod
    def update_entitlements(self, work: UnitOfWork, customer_id: str) -> None:
        """Emit the customer's entitlements if a change of subscriptions changed them."""

    def _finish(self, work: UnitOfWork) -> None:
        for customer_id in work.changed_customers:
            self.update_entitlements(work, customer_id)
        work.close()

    def acting_in(self, account_id: str) -> Self:
        """Return this simulation for another account, which must exist."""
        # A shallow copy, because the store, the rules and the platform's callbacks serve all
        # accounts.
        twin = copy(self)
        twin.account_id = account_id
        return twin

    def run(
        self,
        operation: Callable[Concatenate[UnitOfWork, P], Result],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Result:
        """Run an operation as one transaction of the account and return its result.

        Whatever the operation raises, nothing of it is kept. Never call this while a transaction
        on the same database is open. Webhooks are delivered later, by the dispatcher.
        """
        with self.writing() as work:
            return operation(work, *args, **kwargs)

    def submit(self, operation: Callable[[UnitOfWork, Request], Json], request: Request) -> Json:
        """Run an operation for a request, at most once for each idempotency key.

        Raises StripeError `idempotency_error` where the key came with another request.
        """
        with self.writing() as work:
            return idempotency.once(work, request, operation)

    def preview(
        self,
        operation: Callable[Concatenate[UnitOfWork, P], Result],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Result:
        """Return the result of an operation and roll it back."""
        with self.store.write() as connection:
            # The operation writes before it is rolled back, so it needs the lock as any other
            # change does.
            moment = clock_and_lock.take(connection, self._real_ms())
            work = self._unit_of_work(self.rows(connection), moment, automatic=False)
            result = operation(work, *args, **kwargs)
            connection.rollback()
        return result

    def read(
        self,
        query: Callable[Concatenate[Snapshot, P], Result],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Result:
        """Return the result of a query."""
        with self.reading() as snapshot:
            return query(snapshot, *args, **kwargs)

    @contextmanager
    def writing(self, *, automatic: bool = False) -> Iterator[UnitOfWork]:
        """Open a unit of work; commit it with its events, or roll it back on an exception."""
        with self.store.write() as connection:
            moment = clock_and_lock.take(connection, self._real_ms())
            work = self._unit_of_work(self.rows(connection), moment, automatic=automatic)
            yield work
            # Inside the transaction: an event must never be stored without its change, nor a change
            # without its event.
            self._finish(work)
        # After the commit: whoever is woken must see the change. Timers need no wake-up, because
        # whoever runs them goes on to deliver.
        if not automatic:
            self._platform.on_change()

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        with self.store.read() as connection:
            yield Snapshot(connection, self.account_id, rules=self.rules, real_ms=self._real_ms())

    def rows(self, connection: sa.Connection) -> Rows:
        """Return this account's rows within a transaction."""
        return Rows(connection, self.account_id)

    def _unit_of_work(self, rows: Rows, moment: Moment, *, automatic: bool) -> UnitOfWork:
        return UnitOfWork(rows, moment, rules=self.rules, ids=self._ids, automatic=automatic)

    def accounts(self) -> tuple[str, ...]:
        """Return the ids of all accounts, the platform's first."""
        with self.store.read() as connection:
            connected = connection.execute(sa.select(stripe_tables.keys.c.account_id)).scalars()
            return (ACCOUNT_ID, *connected)

    def _open(self, account_id: str) -> None:
        # Automatic, because no dispatcher is connected to `on_change` yet while the stub
        # starts.
        with self.acting_in(account_id).writing(automatic=True) as work:
            self.set_up(work)

    def reset(self) -> None:
        """Delete everything but the platform's endpoints; set the clock back to real time."""
        with self.store.write() as connection:
            for table in stripe_tables.FORGETTABLE:
                connection.execute(sa.delete(table))
            # The platform's endpoint is where the stub itself receives webhooks; without it a reset
            # would cut it off.
            endpoints = stripe_tables.endpoints
            connection.execute(sa.delete(endpoints).where(endpoints.c.account_id != ACCOUNT_ID))
        self._open(ACCOUNT_ID)
        # The clock's row is gone, so every cached offset is wrong now.
        self._platform.on_turn()

    def new_id(self, prefix: str) -> str:
        return self._ids.new(prefix)

    # The clock

    def now_ms(self) -> int:
        """Return the stub's time, in epoch milliseconds."""
        with self.store.read() as connection:
            return clock_and_lock.now(connection, self._real_ms())

    def target(self, *, seconds: float | None, to_ms: int | None) -> int:
        """Return the instant to advance to. Raises InvalidInput if the clock cannot reach it."""
        return clock.target(self.now_ms(), seconds=seconds, to_ms=to_ms)

    def turn_clock(self, to_ms: int) -> None:
        """Turn the clock to `to_ms`, unless it is later already; run nothing."""
        with self.store.write() as connection:
            clock_and_lock.turn(connection, self._real_ms(), to_ms)
        self._platform.on_turn()

    # What is due

    def next_timer_ms(self) -> int | None:
        """Return when the next timer of any account is due, in epoch ms."""
        with self.store.read() as connection:
            return clock_and_lock.next_due_ms(connection)

    def run_due(self) -> int:
        """Run all timers due by now, in order of time; return their number."""
        done = 0
        while self._run_one():
            done += 1
        return done

    def _run_one(self) -> bool:
        due_ms = self.next_timer_ms()
        # Checked without the lock first: nearly every call finds nothing due, and must not make
        # changes wait.
        if due_ms is None or due_ms > self.now_ms():
            return False
        with self.store.write() as connection:
            moment = clock_and_lock.take(connection, self._real_ms())
            timer = clock_and_lock.take_due(connection, moment.now_ms)
            # Another process may have run the timer between the check and the lock.
            if timer is not None:
                rows = Rows(connection, timer.account_id)
                work = self._unit_of_work(rows, moment, automatic=True)
                self.run_timer(work, timer)
                self._finish(work)
        return timer is not None
