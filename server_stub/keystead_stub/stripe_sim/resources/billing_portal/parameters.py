"""The customer portal in the REST API: https://docs.stripe.com/api/customer_portal."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine.errors import invalid_parameter
from keystead_stub.stripe_sim.engine.search import Page
from keystead_stub.stripe_sim.resources.billing_portal import configuration as portal_configuration
from keystead_stub.stripe_sim.resources.billing_portal import operations as portal
from keystead_stub.stripe_sim.rest.list_pages import list_object
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.requests import NewPortal


def list_configurations(stripe: SimulatedStripe, params: Parameters) -> Document:
    page = Page((portal_configuration.configuration(),), has_more=False)
    return list_object(page, "billing_portal/configurations")


def create(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    flow_data = params.nested("flow_data")
    flow: Any = flow_data.text("type")
    if flow not in {None, "payment_method_update", "subscription_cancel", "subscription_update"}:
        raise invalid_parameter("flow_data[type]")
    for name in ("subscription_cancel", "subscription_update"):
        about = flow_data.nested(name)
        # Read and ignored: a flow is about the customer's current subscription.
        about.text("subscription")
        about.done()
    # Read and ignored: the simulated portal always returns to its overview.
    flow_data.tree("after_completion")
    flow_data.done()
    request = NewPortal(
        customer_id=params.required("customer"),
        return_url=params.text("return_url"),
        flow=flow,
        locale=params.text("locale"),
    )
    params.text("configuration")
    params.done()
    return stripe.submit(portal.create, request)


RESOURCES = (
    Resource(path="billing_portal/configurations", get=list_configurations),
    Resource(path="billing_portal/sessions", create=create),
)
