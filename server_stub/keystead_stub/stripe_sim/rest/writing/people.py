"""Customers, how they pay, and their portal."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.resources.billing_portal import operations as portal
from keystead_stub.stripe_sim.resources.customers import deletion as customer_deletion
from keystead_stub.stripe_sim.resources.customers import operations as customers
from keystead_stub.stripe_sim.resources.customers.requests import NewCustomer
from keystead_stub.stripe_sim.resources.discounts import operations as discounts
from keystead_stub.stripe_sim.resources.payment_methods import attachment
from keystead_stub.stripe_sim.rest.parameters import Parameters, invalid
from keystead_stub.stripe_sim.rest.writing.area import Area
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.requests import NewPortal


async def create_customer(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    method = given.text("payment_method")
    locales = given.list("preferred_locales")
    request = NewCustomer(
        email=given.text("email"),
        name=given.text("name"),
        description=given.text("description"),
        phone=given.text("phone"),
        locale=str(locales[0]) if locales else None,
        metadata=given.metadata(),
        idempotency_key=key,
    )
    default = _default_method(given)
    given.done()
    customer = stripe.submit(customers.create, request)
    attached = stripe.run(attachment.attach, method, customer["id"])["id"] if method else None
    if default is not None:
        chosen = attached if attached and default == method else default
        stripe.run(customers.update, customer["id"], _settings(stripe, customer["id"], chosen))
    return stripe.read(lookup.retrieve, "customer", customer["id"])


def _default_method(given: Parameters) -> str | None:
    settings = given.nested("invoice_settings")
    method = settings.text("default_payment_method")
    settings.done()
    return method


def _settings(stripe: SimulatedStripe, customer_id: str, method: str) -> dict[str, Any]:
    """What makes a payment method that is the customer's the one that is charged."""
    if stripe.read(lookup.retrieve, "payment_method", method)["customer"] != customer_id:
        raise invalid("invoice_settings[default_payment_method]")
    kept = stripe.read(lookup.retrieve, "customer", customer_id)["invoice_settings"]
    return {"invoice_settings": {**kept, "default_payment_method": method}}


def update_customer(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    fields: dict[str, Any] = {
        name: given.text(name)
        for name in ("email", "name", "description", "phone")
        if given.has(name)
    }
    if given.has("metadata"):
        fields["metadata"] = given.metadata()
    method = _default_method(given)
    given.done()
    if method is not None:
        fields |= _settings(stripe, object_id, method)
    return stripe.run(customers.update, object_id, fields)


def delete_customer(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    given.done()
    stripe.run(customer_deletion.delete, object_id)
    return {"id": object_id, "object": "customer", "deleted": True}


async def create_portal(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    flow_data = given.nested("flow_data")
    flow: Any = flow_data.text("type")
    if flow not in {None, "payment_method_update", "subscription_cancel", "subscription_update"}:
        raise invalid("flow_data[type]")
    for name in ("subscription_cancel", "subscription_update"):
        about = flow_data.nested(name)
        about.text("subscription")
        about.done()
    flow_data.tree("after_completion")
    flow_data.done()
    request = NewPortal(
        customer_id=given.required("customer"),
        return_url=given.text("return_url"),
        flow=flow,
        locale=given.text("locale"),
    )
    given.text("configuration")
    given.done()
    return stripe.submit(portal.create, request)


def give_discount(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    coupon_id, code_id = given.text("coupon"), given.text("promotion_code")
    given.done()
    return stripe.run(
        discounts.create_for_customer, object_id, coupon_id=coupon_id, promotion_code_id=code_id
    )


def take_discount(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    given.done()
    return {**stripe.run(discounts.delete_from_customer, object_id), "deleted": True}


AREA = Area(
    create={"billing_portal/sessions": create_portal, "customers": create_customer},
    update={"customers": update_customer},
    drop={("customers", "discount"): take_discount},
    act={("customers", "discount"): give_discount},
    delete={"customers": delete_customer},
)
