"""The balance in the REST API: https://docs.stripe.com/api/balance."""

from __future__ import annotations

from keystead_stub.stripe_sim.resources.balance import queries as balance_queries
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def retrieve(stripe: SimulatedStripe, params: Parameters) -> Document:
    return stripe.read(balance_queries.get)


RESOURCES = (Resource(path="balance", get=retrieve),)
