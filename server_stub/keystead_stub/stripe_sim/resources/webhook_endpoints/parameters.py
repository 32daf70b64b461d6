"""Webhook endpoints in the REST API: https://docs.stripe.com/api/webhook_endpoints."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.search import Page
from keystead_stub.stripe_sim.resources.webhook_endpoints import operations as webhook_endpoints
from keystead_stub.stripe_sim.resources.webhook_endpoints import shape as endpoint_shape
from keystead_stub.stripe_sim.resources.webhook_endpoints.shape import webhook_endpoint
from keystead_stub.stripe_sim.rest.list_pages import list_object
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document

#: In characters.
_MAX_URL = 2048


def create(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    url, events = (
        params.required("url", most=_MAX_URL),
        [str(one) for one in params.list("enabled_events")],
    )
    for name in ("api_version", "description"):
        # Read and ignored: all endpoints receive the pinned API version.
        params.text(name)
    params.metadata()
    params.done()
    endpoint = stripe.run(webhook_endpoints.create, url, events or ["*"])
    # Stripe shows an endpoint's secret only in the answer to its creation.
    return {**endpoint_shape.webhook_endpoint(endpoint), "secret": endpoint.secrets[0]}


def list_endpoints(stripe: SimulatedStripe, params: Parameters) -> Document:
    endpoints = map(webhook_endpoint, stripe.read(records.endpoints))
    return list_object(Page(tuple(endpoints), has_more=False), "webhook_endpoints")


RESOURCES = (Resource(path="webhook_endpoints", get=list_endpoints, create=create),)
