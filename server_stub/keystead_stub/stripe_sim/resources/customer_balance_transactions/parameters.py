"""Customer balance transactions in the REST API."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.engine.search import Query
from keystead_stub.stripe_sim.rest.list_pages import list_object, read_paging
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def list_of_customer(stripe: SimulatedStripe, customer_id: str, params: Parameters) -> Document:
    """The changes of a customer's balance."""
    paging = read_paging(params)
    params.done()
    query = Query(kind="customer_balance_transaction", customer_id=customer_id, **paging.query)
    return list_object(
        stripe.read(lookup.list_objects, query), f"customers/{customer_id}/balance_transactions"
    )
