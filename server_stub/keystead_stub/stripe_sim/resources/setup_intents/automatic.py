"""Setup intents that Checkout and the portal create to save a card."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.payment_intents import shape as payment_intent_shape
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import TestCard
from keystead_stub.stripe_sim.resources.setup_intents import shape as setup_intent_shape


def set_up_card(work: UnitOfWork, card: TestCard, customer: Json) -> Json:
    """Attach a payment method without a payment: by a setup intent, as the portal does."""
    # Created before the method is attached, which is the order of Stripe's events.
    intent = _create(work, customer["id"])
    method = payment_methods.create_default(work, card, customer)
    work.change(intent, None, status="succeeded", payment_method=method["id"])
    work.emit("setup_intent.succeeded", intent)
    return method


def record_failure(
    work: UnitOfWork, method: Json, *, customer_id: str | None, decline_code: str
) -> None:
    """Record a declined payment method when nothing was to be paid."""
    intent = _create(work, customer_id)
    error = payment_intent_shape.payment_error(decline_code, charge_id=None, method=method)
    work.change(intent, None, last_setup_error=error)
    work.emit("setup_intent.setup_failed", intent)


def _create(work: UnitOfWork, customer_id: str | None) -> Json:
    intent = setup_intent_shape.setup_intent(
        intent_id=work.ids.new("seti_1"),
        secret=work.ids.text(25),
        created=work.now_s,
        customer_id=customer_id,
    )
    work.add(intent)
    work.emit("setup_intent.created", intent)
    return intent
