"""Payouts as the console, the controls and the API read them."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.snapshot import Snapshot
from keystead_stub.stripe_sim.resources.balance_transactions import operations as funds
from keystead_stub.stripe_types.api import Document


def list_all(snapshot: Snapshot) -> tuple[Document, ...]:
    """Return the payouts, the newest first."""
    found = records.objects(snapshot, "payout")
    return tuple(document for document, _ in reversed(found))


def transactions(snapshot: Snapshot, payout_id: str) -> tuple[Document, ...]:
    """Return the balance transactions that a payout contains, without the payout's own."""
    own = records.get(snapshot, "payout", payout_id)[0]["balance_transaction"]
    ids = [one for one in funds.paid_out_by(snapshot, payout_id) if one != own]
    return tuple(records.get(snapshot, "balance_transaction", one)[0] for one in ids)
