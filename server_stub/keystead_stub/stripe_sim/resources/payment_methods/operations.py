"""Payment methods: made from test cards, attached to customers, asked how they will answer."""

from __future__ import annotations

from datetime import UTC, datetime

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork, missing
from keystead_stub.stripe_sim.resources.customers import shape as people
from keystead_stub.stripe_sim.resources.payment_intents import shape as payments
from keystead_stub.stripe_sim.resources.payment_intents.requests import PaymentRefused
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import (
    TestCard,
    error_code,
    find_card,
    sentence,
)
from keystead_stub.stripe_types.errors import StripeError

#: A card that is shown now is good for so many years.
_CARD_YEARS = 8


def create(work: UnitOfWork, card_name: str, *, email: str | None = None) -> Json:
    """Create a payment method of a test card, attached to no customer; raises StripeError."""
    return keep(work, card_named(card_name), customer_id=None, email=email)


def make(work: UnitOfWork, card: TestCard, *, customer_id: str | None, email: str | None) -> Json:
    """Return a payment method that is not kept yet."""
    return people.payment_method(
        card,
        method_id=work.ids.new("pm_1"),
        created=work.now_s,
        customer_id=customer_id,
        email=email,
        expires=(12, datetime.fromtimestamp(work.now_s, UTC).year + _CARD_YEARS),
        fingerprint=work.ids.text(16),
    )


def keep(work: UnitOfWork, card: TestCard, *, customer_id: str | None, email: str | None) -> Json:
    """Make a payment method, attached to the customer where one is named."""
    method = make(work, card, customer_id=customer_id, email=email)
    work.add(method, private={"number": card.number})
    if customer_id is not None:
        work.emit("payment_method.attached", method)
    return method


def attach(work: UnitOfWork, card: TestCard, customer: Json) -> Json:
    """Give the customer a payment method, and make it the one that is charged."""
    method = keep(work, card, customer_id=customer["id"], email=customer["email"])
    settings = customer["invoice_settings"] | {"default_payment_method": method["id"]}
    work.change(customer, "customer.updated", invoice_settings=settings)
    return method


def set_up(work: UnitOfWork, card: TestCard, customer: Json) -> Json:
    """Attach a payment method without a payment: by a setup intent, as the portal does."""
    intent = _setup_intent(work, customer["id"])
    method = attach(work, card, customer)
    work.change(intent, None, status="succeeded", payment_method=method["id"])
    work.emit("setup_intent.succeeded", intent)
    return method


def fail_to_set_up(
    work: UnitOfWork, method: Json, *, customer_id: str | None, decline_code: str
) -> None:
    """Leave the traces of a payment method that the bank refused, where nothing was to be paid."""
    intent = _setup_intent(work, customer_id)
    error = payments.payment_error(decline_code, charge_id=None, method=method)
    work.change(intent, None, last_setup_error=error)
    work.emit("setup_intent.setup_failed", intent)


def _setup_intent(work: UnitOfWork, customer_id: str | None) -> Json:
    intent = payments.setup_intent(
        intent_id=work.ids.new("seti_1"),
        secret=work.ids.text(25),
        created=work.now_s,
        customer_id=customer_id,
    )
    work.add(intent)
    work.emit("setup_intent.created", intent)
    return intent


def card_named(text: str) -> TestCard:
    """Return the test card, or raise StripeError `incorrect_number`."""
    card = find_card(text)
    if card is None:
        raise declined("incorrect_number")
    return card


def declined(decline_code: str) -> PaymentRefused:
    """Return the refusal that a declined card is, where there is no page to say so."""
    return PaymentRefused(
        sentence(decline_code),
        code=error_code(decline_code),
        about={"decline_code": decline_code},
    )


def chosen(work: UnitOfWork, name: str, customer_id: str | None) -> Json:
    """Return the payment method of an id, or a new one of the test card of this name.

    Raises StripeError for one that belongs to somebody else, or to nobody any more.
    """
    if find_card(name) is not None:
        return keep(work, card_named(name), customer_id=None, email=None)
    return owned(work, name, customer_id)


def owned(work: UnitOfWork, method_id: str, customer_id: str | None) -> Json:
    """Return a payment method that the customer can pay with; raises StripeError for others."""
    method = work.get("payment_method", method_id)
    if method["customer"] not in {None, customer_id}:
        raise StripeError(
            "This payment method belongs to another customer.", code="payment_method_unexpected"
        )
    if work.private(method_id).get("detached"):
        raise StripeError(
            "A payment method that was detached cannot be used again.", code="invalid_request"
        )
    return method


def give(work: UnitOfWork, method: Json, customer_id: str) -> None:
    """Attach a payment method that belongs to nobody."""
    work.change(method, None, customer=customer_id)
    work.emit("payment_method.attached", method)


def card_of(work: UnitOfWork, method: Json) -> TestCard:
    """Return the test card behind a payment method."""
    card = find_card(work.private(method["id"]).get("number", ""))
    if card is None:
        raise missing("payment_method")
    return card


def default(work: UnitOfWork, customer: Json, billed: Json | None = None) -> Json | None:
    """Return what is charged: of a subscription or an invoice its own, else the customer's.

    As at Stripe that is `default_payment_method`, then the customer's
    `invoice_settings.default_payment_method`; a method that is only attached is never charged
    (https://docs.stripe.com/api/subscriptions/object#subscription_object-default_payment_method).
    """
    if billed is not None and billed["default_payment_method"]:
        return work.get("payment_method", billed["default_payment_method"])
    method_id = customer.get("invoice_settings", {}).get("default_payment_method")
    return work.find("payment_method", method_id) if method_id else None


def off_session_decline(work: UnitOfWork, customer: Json, method: Json | None) -> str | None:
    """Return why a charge without the person would fail, or null."""
    if method is None or work.private(customer["id"]).get("failing"):
        return "generic_decline"
    card = card_of(work, method)
    if card.later == "requires_action":
        return "authentication_required"
    return card.decline_code if card.later == "declined" else None
