"""Payment methods in the REST API: https://docs.stripe.com/api/payment_methods."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.errors import invalid_parameter
from keystead_stub.stripe_sim.resources.payment_methods import attachment
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods
from keystead_stub.stripe_sim.resources.payment_methods.shape import METHOD_TYPES
from keystead_stub.stripe_sim.rest import lists as rest_lists
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects, action
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document

_OBJECTS = StoredObjects("payment_method", {"type": "type"}, of_customer=True)


def list_of_customer(stripe: SimulatedStripe, customer_id: str, params: Parameters) -> Document:
    narrowed = params.narrowed(customer=customer_id)
    return rest_lists.page(stripe, _OBJECTS, "payment_methods", narrowed)


def create(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    """Create a method from a test card's token or a test IBAN; card numbers are not accepted."""
    kind = params.choice("type", *METHOD_TYPES)
    if kind is None:
        raise invalid_parameter("type")
    details = params.nested(kind)
    card = _card_of_token(details.required("token")) if kind == "card" else details.required("iban")
    details.done()
    billing = params.nested("billing_details")
    email = billing.text("email")
    billing.done()
    params.done()
    return stripe.run(payment_methods.create, card, email=email)


def _card_of_token(token: str) -> str:
    """Return the payment method's name for a test token (https://docs.stripe.com/testing)."""
    if not token.startswith("tok_"):
        raise invalid_parameter("card[token]")
    return f"pm_card_{token.removeprefix('tok_')}"


def attach(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    customer_id = params.required("customer")
    params.done()
    return stripe.run(attachment.attach, object_id, customer_id)


RESOURCES = (
    Resource(
        path="payment_methods",
        objects=_OBJECTS,
        create=create,
        actions={"attach": attach, "detach": action(attachment.detach)},
    ),
)
