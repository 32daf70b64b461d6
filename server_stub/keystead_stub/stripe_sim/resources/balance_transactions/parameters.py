"""Balance transactions in the REST API: https://docs.stripe.com/api/balance_transactions."""

from __future__ import annotations

from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects

_FILTERS = {"currency": "currency", "source": "source", "type": "type"}
RESOURCES = (
    Resource(
        path="balance_transactions",
        objects=StoredObjects("balance_transaction", _FILTERS, of_payout=True),
    ),
)
