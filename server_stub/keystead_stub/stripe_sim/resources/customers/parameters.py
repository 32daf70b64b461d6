"""Customers in the REST API: https://docs.stripe.com/api/customers."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.engine.errors import invalid_parameter
from keystead_stub.stripe_sim.resources.customer_balance_transactions import (
    parameters as balance_parameters,
)
from keystead_stub.stripe_sim.resources.customers import deletion as customer_deletion
from keystead_stub.stripe_sim.resources.customers import operations as customers
from keystead_stub.stripe_sim.resources.customers.requests import NewCustomer
from keystead_stub.stripe_sim.resources.discounts import parameters as discount_parameters
from keystead_stub.stripe_sim.resources.payment_methods import attachment
from keystead_stub.stripe_sim.resources.payment_methods import (
    parameters as payment_method_parameters,
)
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects, deletion
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def create(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    method = params.text("payment_method")
    locales = params.list("preferred_locales")
    request = NewCustomer(
        email=params.text("email"),
        name=params.text("name"),
        description=params.text("description"),
        phone=params.text("phone"),
        locale=str(locales[0]) if locales else None,
        metadata=params.metadata(),
        idempotency_key=key,
    )
    default = _default_payment_method(params)
    params.done()
    customer = stripe.submit(customers.create, request)
    # A test card's name creates a new method, so the default must be the attached method's id.
    attached = stripe.run(attachment.attach, method, customer["id"])["id"] if method else None
    if default is not None:
        chosen = attached if attached and default == method else default
        stripe.run(
            customers.update, customer["id"], _invoice_settings(stripe, customer["id"], chosen)
        )
    return stripe.read(lookup.retrieve, "customer", customer["id"])


def _default_payment_method(params: Parameters) -> str | None:
    settings = params.nested("invoice_settings")
    method = settings.text("default_payment_method")
    settings.done()
    return method


def _invoice_settings(stripe: SimulatedStripe, customer_id: str, method: str) -> dict[str, Any]:
    """Return invoice settings with this default, which must belong to the customer."""
    if stripe.read(lookup.retrieve, "payment_method", method)["customer"] != customer_id:
        raise invalid_parameter("invoice_settings[default_payment_method]")
    kept = stripe.read(lookup.retrieve, "customer", customer_id)["invoice_settings"]
    return {"invoice_settings": {**kept, "default_payment_method": method}}


def update(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    fields = params.changes("email", "name", "description", "phone")
    method = _default_payment_method(params)
    params.done()
    if method is not None:
        fields |= _invoice_settings(stripe, object_id, method)
    return stripe.run(customers.update, object_id, fields)


RESOURCES = (
    Resource(
        path="customers",
        objects=StoredObjects("customer", {"email": "email"}),
        nested={
            "balance_transactions": balance_parameters.list_of_customer,
            "payment_methods": payment_method_parameters.list_of_customer,
        },
        create=create,
        update=update,
        actions={"discount": discount_parameters.create_for_customer},
        delete=deletion("customer", customer_deletion.delete),
        delete_nested={"discount": discount_parameters.delete_from_customer},
    ),
)
