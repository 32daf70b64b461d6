"""Deleting customers: https://docs.stripe.com/api/customers/delete."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.customers import shape
from keystead_stub.stripe_sim.resources.customers.operations import retrieve
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle
from keystead_stub.stripe_sim.resources.subscriptions.rules import Cause


def delete(work: UnitOfWork, customer_id: str) -> None:
    """Delete the customer and cancel their subscriptions immediately."""
    customer = retrieve(work, customer_id)
    # Stripe cancels subscriptions together with their customer, so their events come first.
    for subscription in work.of_customer("subscription", customer_id):
        if not lifecycle.has_ended(subscription):
            lifecycle.apply(
                work, subscription, Cause.CANCEL_NOW, reason=lifecycle.CANCELLATION_REQUESTED
            )
    # Before the fields are removed: the event still shows the whole customer.
    work.emit("customer.deleted", customer)
    for name in set(customer) - {"id", "object"}:
        del customer[name]
    customer.update(shape.deleted_customer(customer_id))
    work.save(customer)
