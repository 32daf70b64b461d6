"""Another card for a customer and everything they subscribe to."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.customers.operations import retrieve
from keystead_stub.stripe_sim.resources.payment_methods import attempts
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods
from keystead_stub.stripe_sim.resources.setup_intents import automatic as automatic_setup
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle


def replace(work: UnitOfWork, customer_id: str, card_name: str) -> Json:
    """Attach a test card and charge it from now on; raises StripeError if it is declined.

    Returns the payment method.
    """
    customer = retrieve(work, customer_id)
    card = payment_methods.card_named(card_name)
    if card.at_checkout == "declined":
        raise attempts.card_error(card.decline_code)
    method = automatic_setup.set_up_card(work, card, customer)
    # The simulated failure belongs to the old card.
    work.update_private(customer_id, failing=False)
    # A subscription's own method comes before the customer's default, so it must be replaced too.
    for subscription in work.of_customer("subscription", customer_id):
        if not lifecycle.has_ended(subscription):
            work.change(subscription, lifecycle.UPDATED, default_payment_method=method["id"])
    return method
