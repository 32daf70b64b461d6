"""Operations on customers: https://docs.stripe.com/api/customers."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine import errors
from keystead_stub.stripe_sim.engine.objects import Json, merged
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.customers import shape
from keystead_stub.stripe_sim.resources.customers.requests import NewCustomer


def create(work: UnitOfWork, request: NewCustomer) -> Json:
    customer = shape.customer(
        customer_id=work.ids.new("cus_"),
        created=work.now_s,
        email=request.email,
        # Each customer has a prefix of its own, which keeps invoice numbers unique in the account.
        invoice_prefix=work.ids.text(8).upper(),
        locale=request.locale,
    )
    customer |= {
        "name": request.name,
        "description": request.description,
        "phone": request.phone,
        "metadata": dict(request.metadata),
    }
    work.add(customer, private={"created": work.now_s})
    work.emit("customer.created", customer)
    return customer


def update(work: UnitOfWork, customer_id: str, fields: dict[str, Any]) -> Json:
    """Set fields of the customer; `metadata` is merged."""
    customer = retrieve(work, customer_id)
    work.change(customer, "customer.updated", **merged(customer, fields))
    if "invoice_settings" in fields:
        # The simulated failure belongs to the payment method that was the default before.
        work.update_private(customer_id, failing=False)
    return customer


def retrieve(work: UnitOfWork, customer_id: str) -> Json:
    customer = work.get("customer", customer_id)
    # Stripe still returns a deleted customer on retrieval, but refuses every operation on it.
    if customer.get("deleted"):
        raise errors.missing("customer", customer_id)
    return customer
