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


def create(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    usage: Any = given.choice("usage", "off_session", "on_session")
    types = tuple(str(one) for one in given.list("payment_method_types"))
    if set(types) - set(METHOD_TYPES):
        raise invalid_parameter("payment_method_types")
    wish = given.nested("automatic_payment_methods")
    wish.flag("enabled")
    wish.choice("allow_redirects", "always", "never")
    wish.done()
    request = NewSetupIntent(
        customer_id=given.text("customer"),
        description=given.text("description"),
        metadata=given.metadata(),
        method=given.text("payment_method"),
        method_types=types or METHOD_TYPES,
        usage=usage or "off_session",
        confirm=given.flag("confirm") or False,
        return_url=given.text("return_url"),
        idempotency_key=key,
    )
    given.done()
    return raise_if_declined(stripe.submit(setup_intents.create, request))


def confirm(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    method, return_url = given.text("payment_method"), given.text("return_url")
    given.done()
    wish = SetupConfirmation(method=method, return_url=return_url)
    return raise_if_declined(stripe.run(setup_intents.confirm, object_id, wish))


def cancel(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    reason = given.choice("cancellation_reason", *_CANCELLATION_REASONS)
    given.done()
    return stripe.run(setup_intents.cancel, object_id, reason=reason)


RESOURCES = (
    Resource(
        path="setup_intents",
        objects=StoredObjects("setup_intent", of_customer=True),
        create=create,
        actions={"cancel": cancel, "confirm": confirm},
    ),
)
