"""Webhook endpoints."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.webhook_values import Endpoint
from keystead_stub.stripe_sim.resources.webhook_endpoints import operations as webhook_endpoints
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.writing.area import Area
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import STRIPE_API_VERSION, Document


async def create_endpoint(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    url, events = given.required("url"), [str(one) for one in given.list("enabled_events")]
    for name in ("api_version", "description"):
        given.text(name)
    given.metadata()
    given.done()
    known = stripe.run(webhook_endpoints.create, url, events or ["*"])
    return {**shown(known), "secret": known.secrets[0]}


def shown(known: Endpoint) -> Document:
    """A webhook endpoint as the API shows it; the secret is shown once, when it is made."""
    return {
        "id": known.id,
        "object": "webhook_endpoint",
        "api_version": STRIPE_API_VERSION,
        "application": None,
        "created": 0,
        "description": None,
        "enabled_events": list(known.enabled_events),
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": known.url,
    }


AREA = Area(create={"webhook_endpoints": create_endpoint})
