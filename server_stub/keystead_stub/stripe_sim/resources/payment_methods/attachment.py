"""Attaching payment methods to customers and detaching them.

https://docs.stripe.com/payments/save-and-reuse
"""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.errors import invalid_request
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.customers.operations import retrieve
from keystead_stub.stripe_sim.resources.payment_methods import attempts
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import find_card
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle

KIND = "payment_method"


def attach(work: UnitOfWork, name: str, customer_id: str) -> Json:
    """Attach a payment method, or a new one of a test card, to a customer.

    It does not become the default: see `payment_methods.default_for`. Raises StripeError for a
    card that its bank declines, and for a method of another customer or one that was detached.
    """
    customer = retrieve(work, customer_id)
    card = find_card(name)
    if card is None:
        card = payment_methods.card_of(
            work, payment_methods.retrieve_usable(work, name, customer_id)
        )
    # Attaching a card makes Stripe validate it with its bank, so a declined one is refused here
    # already.
    if card.at_checkout == "declined":
        raise attempts.card_error(card.decline_code)
    if find_card(name) is not None:
        return payment_methods.create_from_card(
            work, card, customer_id=customer_id, email=customer["email"]
        )
    method = work.get(KIND, name)
    if method["customer"] is None:
        payment_methods.attach_to(work, method, customer_id)
    return method


def detach(work: UnitOfWork, method_id: str) -> Json:
    """Detach a payment method from its customer; it cannot be used again."""
    method = work.get(KIND, method_id)
    customer_id = method["customer"]
    if customer_id is None:
        raise invalid_request(
            "The payment method you provided is not attached to a customer so detachment is"
            " impossible.",
            code="resource_missing",
        )
    # A detached method can't be charged, so no subscription may keep it as its default.
    for one in work.of_customer("subscription", customer_id):
        if one["default_payment_method"] == method_id and not lifecycle.has_ended(one):
            work.change(one, lifecycle.UPDATED, default_payment_method=None)
    customer = work.get("customer", customer_id)
    settings = customer.get("invoice_settings", {})
    if settings.get("default_payment_method") == method_id:
        unset = settings | {"default_payment_method": None}
        work.change(customer, "customer.updated", invoice_settings=unset)
    # Marked, because Stripe never lets a detached method be used again.
    work.update_private(method_id, detached=True)
    method["customer"] = None
    # Saved this way, because an ordinary save keeps the owner of an object that names none.
    work.save_detached(method)
    work.emit("payment_method.detached", method, {"customer": customer_id}, customer_id=customer_id)
    return method
