"""A consistent view of one account, for queries."""

from __future__ import annotations

from functools import cached_property

import sqlalchemy as sa

from keystead_stub.stripe_sim.engine import clock_and_lock
from keystead_stub.stripe_sim.engine.rows import Rows
from keystead_stub.stripe_sim.engine.rules import Rules


class Snapshot(Rows):
    """The account's rows in one read transaction, its settings, and the time."""

    def __init__(
        self, connection: sa.Connection, account_id: str, *, rules: Rules, real_ms: int
    ) -> None:
        super().__init__(connection, account_id)
        self.rules = rules
        self._real_ms = real_ms

    @cached_property
    def now_ms(self) -> int:
        """The stub's time, in epoch milliseconds."""
        # Cached, so that one query never sees two different times.
        return clock_and_lock.now(self._connection, self._real_ms)
