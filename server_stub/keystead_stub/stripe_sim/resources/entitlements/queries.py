"""Active entitlements as the API reads them."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.engine.snapshot import Snapshot
from keystead_stub.stripe_sim.resources.entitlements import operations
from keystead_stub.stripe_types.api import Document


def active(snapshot: Snapshot, customer_id: str) -> tuple[Document, ...]:
    """Return the customer's active entitlements; raises StripeError `resource_missing`."""
    return tuple(operations.documents(lookup.active_entitlements(snapshot, customer_id)))
