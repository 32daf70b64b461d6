"""Webhook endpoint objects: https://docs.stripe.com/api/webhook_endpoints/object. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.webhook_values import Endpoint
from keystead_stub.stripe_types.api import STRIPE_API_VERSION, Document


def webhook_endpoint(endpoint: Endpoint) -> Document:
    """Return an endpoint as the API shows it, without its secret."""
    return {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "api_version": STRIPE_API_VERSION,
        "application": None,
        "created": 0,
        "description": None,
        "enabled_events": list(endpoint.enabled_events),
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": endpoint.url,
    }
