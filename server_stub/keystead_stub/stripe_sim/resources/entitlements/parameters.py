"""Entitlements in the REST API: https://docs.stripe.com/api/entitlements."""

from __future__ import annotations

from keystead_stub.stripe_sim.resources.entitlements import queries as entitlements
from keystead_stub.stripe_sim.rest.list_pages import page_of, read_paging
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def list_active(stripe: SimulatedStripe, params: Parameters) -> Document:
    found = stripe.read(entitlements.active, params.required("customer"))
    return page_of(found, read_paging(params), "entitlements/active_entitlements")


RESOURCES = (
    Resource(
        path="entitlements/features",
        objects=StoredObjects("entitlements.feature", {"lookup_key": "lookup_key"}),
    ),
    Resource(path="entitlements/active_entitlements", get=list_active),
)
