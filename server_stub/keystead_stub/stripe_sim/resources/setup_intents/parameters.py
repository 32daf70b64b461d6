"""Setup intents in the REST API: https://docs.stripe.com/api/setup_intents."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine.errors import invalid_parameter, raise_if_declined
from keystead_stub.stripe_sim.resources.payment_methods.shape import METHOD_TYPES
from keystead_stub.stripe_sim.resources.setup_intents import operations as setup_intents
from keystead_stub.stripe_sim.resources.setup_intents.requests import (
    NewSetupIntent,
    SetupConfirmation,
)
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document

_CANCELLATION_REASONS = ("abandoned", "duplicate", "requested_by_customer")


def create(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    usage: Any = params.choice("usage", "off_session", "on_session")
    types = tuple(str(one) for one in params.list("payment_method_types"))
    if set(types) - set(METHOD_TYPES):
        raise invalid_parameter("payment_method_types")
    automatic = params.nested("automatic_payment_methods")
    automatic.flag("enabled")
    automatic.choice("allow_redirects", "always", "never")
    automatic.done()
    request = NewSetupIntent(
        customer_id=params.text("customer"),
        description=params.text("description"),
        metadata=params.metadata(),
        method=params.text("payment_method"),
        method_types=types or METHOD_TYPES,
        usage=usage or "off_session",
        confirm=params.flag("confirm") or False,
        return_url=params.text("return_url"),
        idempotency_key=key,
    )
    params.done()
    return raise_if_declined(stripe.submit(setup_intents.create, request))


def confirm(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    method, return_url = params.text("payment_method"), params.text("return_url")
    params.done()
    request = SetupConfirmation(method=method, return_url=return_url)
    return raise_if_declined(stripe.run(setup_intents.confirm, object_id, request))


def cancel(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    reason = params.choice("cancellation_reason", *_CANCELLATION_REASONS)
    params.done()
    return stripe.run(setup_intents.cancel, object_id, reason=reason)


RESOURCES = (
    Resource(
        path="setup_intents",
        objects=StoredObjects("setup_intent", of_customer=True),
        create=create,
        actions={"cancel": cancel, "confirm": confirm},
    ),
)
