"""Payment methods, and setup intents."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine.errors import raise_if_declined
from keystead_stub.stripe_sim.resources.payment_methods import attachment
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods
from keystead_stub.stripe_sim.resources.payment_methods.shape import METHOD_TYPES
from keystead_stub.stripe_sim.resources.setup_intents import operations as setup_intents
from keystead_stub.stripe_sim.resources.setup_intents.requests import (
    NewSetupIntent,
    SetupConfirmation,
)
from keystead_stub.stripe_sim.rest.parameters import Parameters, invalid
from keystead_stub.stripe_sim.rest.writing.area import Area
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document

_REASONS = ("abandoned", "duplicate", "requested_by_customer")


async def create_method(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    """Of a test card's token, or a test IBAN: a number is nothing that a server should see."""
    kind = given.choice("type", *METHOD_TYPES)
    if kind is None:
        raise invalid("type")
    details = given.nested(kind)
    card = _of_token(details.required("token")) if kind == "card" else details.required("iban")
    details.done()
    billing = given.nested("billing_details")
    email = billing.text("email")
    billing.done()
    given.done()
    return stripe.run(payment_methods.create, card, email=email)


def _of_token(token: str) -> str:
    """A test token goes by the same name as its payment method (docs.stripe.com/testing)."""
    if not token.startswith("tok_"):
        raise invalid("card[token]")
    return f"pm_card_{token.removeprefix('tok_')}"


def attach_method(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    customer_id = given.required("customer")
    given.done()
    return stripe.run(attachment.attach, object_id, customer_id)


def detach_method(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    given.done()
    return stripe.run(attachment.detach, object_id)


async def create_setup(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    usage: Any = given.choice("usage", "off_session", "on_session")
    types = tuple(str(one) for one in given.list("payment_method_types"))
    if set(types) - set(METHOD_TYPES):
        raise invalid("payment_method_types")
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


def confirm_setup(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    method, return_url = given.text("payment_method"), given.text("return_url")
    given.done()
    wish = SetupConfirmation(method=method, return_url=return_url)
    return raise_if_declined(stripe.run(setup_intents.confirm, object_id, wish))


def cancel_setup(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    reason = given.choice("cancellation_reason", *_REASONS)
    given.done()
    return stripe.run(setup_intents.cancel, object_id, reason=reason)


AREA = Area(
    create={"payment_methods": create_method, "setup_intents": create_setup},
    act={
        ("payment_methods", "attach"): attach_method,
        ("payment_methods", "detach"): detach_method,
        ("setup_intents", "cancel"): cancel_setup,
        ("setup_intents", "confirm"): confirm_setup,
    },
)
