"""Accounts in the REST API: https://docs.stripe.com/api/accounts."""

from __future__ import annotations

from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def current(stripe: SimulatedStripe, params: Parameters) -> Document:
    return stripe.account()


def retrieve(stripe: SimulatedStripe, account_id: str, params: Parameters) -> Document:
    return stripe.within(account_id).account()


RESOURCES = (
    Resource(path="account", get=current),
    Resource(path="accounts", objects=StoredObjects("account"), retrieve=retrieve),
)
