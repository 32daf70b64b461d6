"""Customers, what they pay with, and what they have to their credit."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.engine.search import Query
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.reading import lists
from keystead_stub.stripe_sim.rest.reading.area import Area, Resource
from keystead_stub.stripe_sim.rest.reading.paging import listed, paging_of
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document

_METHODS = Resource("payment_method", {"type": "type"}, of_customer=True)


def balance_of_customer(stripe: SimulatedStripe, customer_id: str, given: Parameters) -> Document:
    """The changes of a customer's balance."""
    paging = paging_of(given)
    given.done()
    query = Query(kind="customer_balance_transaction", customer_id=customer_id, **paging.query)
    return listed(
        stripe.read(lookup.list_objects, query), f"customers/{customer_id}/balance_transactions"
    )


def methods_of_customer(stripe: SimulatedStripe, customer_id: str, given: Parameters) -> Document:
    narrowed = given.narrowed(customer=customer_id)
    return lists.page(stripe, _METHODS, "payment_methods", narrowed)


AREA = Area(
    resources={
        "customers": Resource("customer", {"email": "email"}),
        "payment_methods": _METHODS,
    },
    within={
        ("customers", "balance_transactions"): balance_of_customer,
        ("customers", "payment_methods"): methods_of_customer,
    },
)
