"""The account's balance: https://docs.stripe.com/api/balance."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa

from keystead.instants import to_seconds
from keystead_stub.store import stripe_tables
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.rows import Rows
from keystead_stub.stripe_sim.engine.snapshot import Snapshot
from keystead_stub.stripe_sim.resources.balance import shape as balance_shape


def get(snapshot: Snapshot) -> Json:
    """Return Stripe's balance object as it is now."""
    return at(snapshot, to_seconds(snapshot.now_ms))


def at(rows: Rows, now_s: int) -> Json:
    """Return Stripe's balance object as it is at an instant."""
    table = stripe_tables.funds
    # Grouped by availability in the database, because a busy account has too many rows to read.
    later = sa.case((table.c.available_s > now_s, 1), else_=0)
    query = rows.select(table, table.c.currency, later, sa.func.sum(table.c.net))
    sums: tuple[dict[str, int], dict[str, int]] = (defaultdict(int), defaultdict(int))
    for currency, is_later, net in rows.execute(query.group_by(table.c.currency, later)):
        sums[is_later][currency] = int(net)
        # A currency that is anywhere is in both lists.
        sums[1 - is_later].setdefault(currency, 0)
    return balance_shape.balance(*sums)
