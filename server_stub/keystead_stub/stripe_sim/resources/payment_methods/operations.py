"""Payment methods: created from test cards, attached to customers, and their outcomes."""

from __future__ import annotations

from datetime import UTC, datetime

from keystead_stub.stripe_sim.engine.errors import missing
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.payment_methods import attempts
from keystead_stub.stripe_sim.resources.payment_methods import shape as payment_method_shape
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import (
    TestCard,
    find_card,
)
from keystead_stub.stripe_types.errors import StripeError

#: For how many years a new card is valid.
_CARD_YEARS = 8


def create(work: UnitOfWork, card_name: str, *, email: str | None = None) -> Json:
    """Create a payment method of a test card, attached to no customer; raises StripeError."""
    return create_from_card(work, card_named(card_name), customer_id=None, email=email)


def build(work: UnitOfWork, card: TestCard, *, customer_id: str | None, email: str | None) -> Json:
    """Return a payment method without storing it."""
    return payment_method_shape.payment_method(
        card,
        method_id=work.ids.new("pm_1"),
        created=work.now_s,
        customer_id=customer_id,
        email=email,
        expires=(12, datetime.fromtimestamp(work.now_s, UTC).year + _CARD_YEARS),
        fingerprint=work.ids.text(16),
    )


def create_from_card(
    work: UnitOfWork, card: TestCard, *, customer_id: str | None, email: str | None
) -> Json:
    """Create a payment method, attached to the customer if one is given."""
    method = build(work, card, customer_id=customer_id, email=email)
    # Stripe's object contains no card number, but the simulation needs it to find the test card.
    work.add(method, private={"number": card.number})
    if customer_id is not None:
        work.emit("payment_method.attached", method)
    return method


def create_default(work: UnitOfWork, card: TestCard, customer: Json) -> Json:
    """Create a payment method for the customer and make it their default."""
    method = create_from_card(work, card, customer_id=customer["id"], email=customer["email"])
    settings = customer["invoice_settings"] | {"default_payment_method": method["id"]}
    work.change(customer, "customer.updated", invoice_settings=settings)
    return method


def card_named(text: str) -> TestCard:
    """Return the test card, or raise StripeError `incorrect_number`."""
    card = find_card(text)
    if card is None:
        raise attempts.card_error("incorrect_number")
    return card


def resolve(work: UnitOfWork, name: str, customer_id: str | None) -> Json:
    """Return the payment method of an id, or a new one of the test card of this name.

    Raises StripeError for one of another customer, or one that was detached.
    """
    if find_card(name) is not None:
        # A new method for each use, as Stripe's `pm_card_…` names create one
        # (https://docs.stripe.com/testing).
        return create_from_card(work, card_named(name), customer_id=None, email=None)
    return retrieve_usable(work, name, customer_id)


def retrieve_usable(work: UnitOfWork, method_id: str, customer_id: str | None) -> Json:
    """Return a payment method that the customer can pay with; raises StripeError for others."""
    method = work.get("payment_method", method_id)
    if method["customer"] not in {None, customer_id}:
        raise StripeError(
            "The payment method you provided is attached to another customer.",
            code="payment_method_unexpected",
        )
    if work.private(method_id).get("detached"):
        raise StripeError(
            "The provided PaymentMethod was previously detached from a Customer and may not be"
            " used again.",
            code="invalid_request",
        )
    return method


def attach_to(work: UnitOfWork, method: Json, customer_id: str) -> None:
    """Attach a payment method that has no customer yet."""
    work.change(method, None, customer=customer_id)
    work.emit("payment_method.attached", method)


def card_of(work: UnitOfWork, method: Json) -> TestCard:
    """Return the test card behind a payment method."""
    card = find_card(work.private(method["id"]).get("number", ""))
    if card is None:
        raise missing("payment_method", method["id"])
    return card


def default_for(work: UnitOfWork, customer: Json, billed: Json | None = None) -> Json | None:
    """Return the payment method to charge: the subscription's or invoice's, else the customer's.

    As at Stripe that is `default_payment_method`, then the customer's
    `invoice_settings.default_payment_method`; a method that is only attached is never charged
    (https://docs.stripe.com/api/subscriptions/object#subscription_object-default_payment_method).
    """
    if billed is not None and billed["default_payment_method"]:
        return work.get("payment_method", billed["default_payment_method"])
    method_id = customer.get("invoice_settings", {}).get("default_payment_method")
    return work.find("payment_method", method_id) if method_id else None


def off_session_decline(work: UnitOfWork, customer: Json, method: Json | None) -> str | None:
    """Return the decline code of an off-session charge, or null if it would succeed."""
    if method is None or work.private(customer["id"]).get("failing"):
        return "generic_decline"
    card = card_of(work, method)
    if card.later == "requires_action":
        return "authentication_required"
    return card.decline_code if card.later == "declined" else None
