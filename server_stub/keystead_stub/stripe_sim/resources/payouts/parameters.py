"""Payouts in the REST API: https://docs.stripe.com/api/payouts."""

from __future__ import annotations

from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects

_FILTERS = {"status": "status", "destination": "destination"}
RESOURCES = (Resource(path="payouts", objects=StoredObjects("payout", _FILTERS)),)
