"""The account's transactions and its clock: the one way into the simulation's tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

import sqlalchemy as sa

from keystead_stub import clock
from keystead_stub.store.engine import Store
from keystead_stub.stripe_.interface import StripeRefused
from keystead_stub.stripe_.simulated import coupons, due, entitlements, funds, records, tables
from keystead_stub.stripe_.simulated.ids import Ids
from keystead_stub.stripe_.simulated.ledger import Ledger, Rules, lock_account
from keystead_stub.stripe_.simulated.shapes import funds as shapes
from keystead_stub.stripe_.simulated.shapes import sale
from keystead_stub.subscriptions import IllegalTransition

ACCOUNT_ID = "acct_1KeysteadSimulated"


class Account:
    """One simulated account in a store.

    `real_ms` reads the real clock, in epoch milliseconds; `random` makes the ids. `on_change` is
    called after each change that somebody asked for: it may have made something due. `on_turn` is
    called whenever the clock was turned, for those who remember what it showed.
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
        self._real_ms = real_ms
        self._ids = Ids(random)
        self._stock_catalogue()

    @contextmanager
    def writing(self, *, automatic: bool = False) -> Iterator[Ledger]:
        """One change of the account: all of it with its events, or on an exception nothing."""
        try:
            with self.store.write() as connection:
                ledger = Ledger(
                    connection,
                    rules=self.rules,
                    ids=self._ids,
                    real_ms=self._real_ms(),
                    automatic=automatic,
                )
                yield ledger
                for customer_id in ledger.touched:
                    entitlements.tell(ledger, customer_id)
                ledger.close()
        except IllegalTransition as error:
            raise StripeRefused(error.sentence, code=error.code, status=409) from error
        if not automatic:
            self.on_change()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        with self.store.read() as connection:
            yield connection

    def _stock_catalogue(self) -> None:
        """Put the catalogue's products and prices into the account, where they are not there."""
        with self.writing(automatic=True) as ledger:
            for plan in self.rules.catalogue.plans:
                if ledger.find("product", plan.product_id) is None:
                    ledger.add(sale.product(plan, created=ledger.now_s))
                for feature in plan.features:
                    entitlements.stock(ledger, feature)
                for offer in plan.prices:
                    self._stock_bank(ledger, offer.currency)
                    if ledger.find("price", offer.id) is None:
                        ledger.add(sale.price(plan, offer, created=ledger.now_s))

            for promotion in self.rules.catalogue.promotions:
                coupons.stock(ledger, promotion)

    def _stock_bank(self, ledger: Ledger, currency: str) -> None:
        bank_id = funds.BANK_PREFIX + currency
        if ledger.find("bank_account", bank_id) is None:
            bank = shapes.bank_account(account_id=ACCOUNT_ID, bank_id=bank_id, currency=currency)
            ledger.add(bank)

    def reset(self) -> None:
        """Forget everything but the endpoints; the clock goes back to real time."""
        with self.store.write() as connection:
            for table in tables.FORGETTABLE:
                connection.execute(sa.delete(table))
        self._stock_catalogue()
        self.on_turn()

    def new_id(self, prefix: str) -> str:
        return self._ids.new(prefix)

    # The clock

    def now_ms(self) -> int:
        """Return the stub's time, in epoch milliseconds."""
        with self.reading() as connection:
            return clock.now(records.clock_state(connection), self._real_ms())

    def target(self, *, seconds: float | None, to_ms: int | None) -> int:
        """Return the instant of a journey; raises InvalidInput where the clock cannot go there."""
        return clock.target(self.now_ms(), seconds=seconds, to_ms=to_ms)

    def turn_clock(self, to_ms: int) -> None:
        """Let it be `to_ms`, or stay later than that; do nothing else."""
        real_ms = self._real_ms()
        with self.store.write() as connection:
            _, state = lock_account(connection, real_ms)
            turned = clock.turned_to(state, real_ms, max(to_ms, clock.now(state, real_ms)))
            connection.execute(
                sa.update(tables.account)
                .where(tables.account.c.id == 1)
                .values(offset_ms=turned.offset_ms, floor_ms=turned.floor_ms)
            )
        self.on_turn()

    # What is due

    def next_timer_ms(self) -> int | None:
        """Return when the next thing will happen by itself, webhooks apart."""
        with self.reading() as connection:
            return connection.execute(sa.select(sa.func.min(tables.timers.c.due_ms))).scalar()

    def run_due(self) -> int:
        """Do everything that is due by now, in time order; return how many things it was."""
        done = 0
        while self._run_one():
            done += 1
        return done

    def _run_one(self) -> bool:
        due_ms = self.next_timer_ms()
        if due_ms is None or due_ms > self.now_ms():
            return False
        with self.writing(automatic=True) as ledger:
            timer = ledger.take_due()
            if timer is not None:
                due.run(ledger, timer)
        return timer is not None
