"""Payouts as the console, the controls and the API read them."""

from __future__ import annotations

from keystead_stub.store import stripe_tables
from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.rows import Rows
from keystead_stub.stripe_sim.engine.snapshot import Snapshot
from keystead_stub.stripe_types.api import Document


def list_all(snapshot: Snapshot) -> tuple[Document, ...]:
    """Return the payouts, the newest first."""
    found = records.objects(snapshot, "payout")
    return tuple(document for document, _ in reversed(found))


def transactions(snapshot: Snapshot, payout_id: str) -> tuple[Document, ...]:
    """Return the balance transactions that a payout contains, without the payout's own."""
    # A payout's own transaction is in the same column, but is not one of those that it pays out.
    own = records.get(snapshot, "payout", payout_id)[0]["balance_transaction"]
    ids = [one for one in transaction_ids(snapshot, payout_id) if one != own]
    return tuple(records.get(snapshot, "balance_transaction", one)[0] for one in ids)


def transaction_ids(rows: Rows, payout_id: str) -> list[str]:
    """Return the ids of the balance transactions of a payout."""
    table = stripe_tables.funds
    query = rows.select(table, table.c.id).where(table.c.payout_id == payout_id)
    return list(rows.execute(query.order_by(table.c.available_s, table.c.id)).scalars())
