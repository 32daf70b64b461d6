"""Operations on payment intents created through the API.

https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine.amounts import check_charge
from keystead_stub.stripe_sim.engine.errors import invalid_request
from keystead_stub.stripe_sim.engine.objects import Json, merged
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.charges import operations as charges
from keystead_stub.stripe_sim.resources.customers.operations import retrieve
from keystead_stub.stripe_sim.resources.payment_intents import lifecycle as intent_lifecycle
from keystead_stub.stripe_sim.resources.payment_intents.requests import (
    Confirmation,
    NewPaymentIntent,
)
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import Answer
from keystead_stub.stripe_types.errors import StripeError

KIND = "payment_intent"
_CONFIRMABLE = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
_CANCELABLE = _CONFIRMABLE | {"requires_capture", "processing"}
#: Fields that can be changed in every status.
_DESCRIPTIVE = frozenset({"description", "metadata", "receipt_email"})


def create(work: UnitOfWork, request: NewPaymentIntent) -> Json:
    """Create an intent and confirm it if requested; it is kept even if declined."""
    check_charge(request.amount, request.currency)
    if request.customer_id is not None:
        retrieve(work, request.customer_id)
    if request.confirm and request.method is None:
        raise invalid_request(
            "You cannot confirm this intent because it is missing a payment method.",
            code="parameter_missing",
        )
    intent = intent_lifecycle.create(
        work,
        amount=request.amount,
        currency=request.currency,
        customer_id=request.customer_id,
        description=request.description,
        metadata=request.metadata,
        setup_future_usage=request.setup_future_usage,
        capture_method=request.capture_method,
        automatic_methods=request.automatic_methods,
        receipt_email=request.receipt_email,
        method_types=request.method_types,
    )
    if request.method is not None:
        method = payment_methods.resolve(work, request.method, request.customer_id)
        fields = {"payment_method": method["id"], "status": "requires_confirmation"}
        work.change(intent, None, **fields)
    if request.confirm:
        confirmation = Confirmation(off_session=request.off_session, return_url=request.return_url)
        confirm(work, intent, confirmation)
    return intent


def confirm(
    work: UnitOfWork, intent: Json, confirmation: Confirmation, *, authenticate: bool | None = None
) -> None:
    """Attempt the payment; `authenticate` is the answer to 3-D Secure.

    A declined attempt stays on the intent as its last error. Raises StripeError if its status
    does not allow a confirmation.
    """
    _check_standalone(work, intent)
    method = payment_method_for(work, intent, confirmation)
    if confirmation.receipt_email is not None:
        work.change(intent, None, receipt_email=confirmation.receipt_email)
    work.change(intent, None, payment_method=method["id"], last_payment_error=None)
    if confirmation.return_url is not None:
        work.update_private(intent["id"], return_url=confirmation.return_url)
    answer, decline_code = _answer(work, intent, method, confirmation, authenticate)
    if answer == "requires_action":
        back = work.private(intent["id"]).get("return_url")
        url = page_url(work, intent)
        intent_lifecycle.require_action(work, intent, url, return_url=back)
    elif answer == "processing":
        intent_lifecycle.start_processing(work, intent, method)
        work.set_timer(work.now_s + work.rules.debit_delay_s, "intent_debit", intent["id"])
    elif answer == "declined":
        intent_lifecycle.charge(work, intent, method, decline_code)
    else:
        _pay(work, intent, method)


def payment_method_for(work: UnitOfWork, intent: Json, confirmation: Confirmation) -> Json:
    """Return the payment method to confirm an intent with; raises StripeError."""
    if intent["status"] not in _CONFIRMABLE:
        raise _unexpected(intent, "confirmed")
    name = confirmation.method or intent["payment_method"]
    if name is None:
        raise invalid_request(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    method = payment_methods.resolve(work, name, intent["customer"])
    _check_type(intent, method)
    return method


def page_url(work: UnitOfWork, intent: Json) -> str:
    """Return the page where a person pays an intent and confirms 3-D Secure."""
    return f"{work.rules.base_url}/_stub/payments/{intent['id']}"


def _check_type(intent: Json, method: Json) -> None:
    if method["type"] not in intent["payment_method_types"]:
        raise invalid_request(
            "The provided payment method type is not in this PaymentIntent's payment_method_types."
        )
    # A bank debit can't reserve an amount, so there would be nothing to capture.
    if intent["capture_method"] == "manual" and method["type"] == "sepa_debit":
        raise invalid_request(
            "This payment method type does not support manual capture.",
            code="capture_unsupported_payment_method",
        )


def _answer(
    work: UnitOfWork,
    intent: Json,
    method: Json,
    confirmation: Confirmation,
    authenticate: bool | None,
) -> tuple[Answer, str]:
    """Return the outcome of the attempt, and the decline code if it is declined."""
    card = payment_methods.card_of(work, method)
    customer_id = intent["customer"]
    if confirmation.off_session and customer_id and work.private(customer_id).get("failing"):
        return "declined", "generic_decline"
    answer = card.at_checkout
    if confirmation.off_session and not card.is_debit:
        answer = card.later
    if answer != "requires_action":
        return answer, card.decline_code
    if confirmation.off_session:
        return "declined", "authentication_required"
    if authenticate is None:
        return answer, ""
    return ("paid", "") if authenticate else ("declined", "authentication_failed")


def _pay(work: UnitOfWork, intent: Json, method: Json) -> None:
    if intent["setup_future_usage"] and intent["customer"] and method["customer"] is None:
        payment_methods.attach_to(work, method, intent["customer"])
    intent_lifecycle.charge(work, intent, method, None)


def finish_processing(work: UnitOfWork, intent_id: str) -> None:
    """Finish a bank debit that is processing."""
    intent = work.get(KIND, intent_id)
    if intent["status"] == "processing":
        intent_lifecycle.finish_processing(work, intent)


def cancel(work: UnitOfWork, intent_id: str, *, reason: str | None = None) -> Json:
    """Cancel an intent; funds that were authorized are released."""
    intent = work.get(KIND, intent_id)
    _check_standalone(work, intent)
    if intent["status"] not in _CANCELABLE:
        raise _unexpected(intent, "canceled")
    # A debit that is processing would otherwise still succeed.
    work.clear_timers(intent["id"])
    if intent["status"] == "requires_capture":
        charges.release(work, work.get("charge", intent["latest_charge"]))
    intent_lifecycle.cancel(work, intent, reason)
    return intent


def capture(work: UnitOfWork, intent_id: str, *, amount: int | None = None) -> Json:
    """Capture the authorized amount or a part of it; the rest is released."""
    intent = work.get(KIND, intent_id)
    if intent["status"] != "requires_capture":
        raise _unexpected(intent, "captured")
    amount = intent["amount_capturable"] if amount is None else amount
    if not 0 < amount <= intent["amount_capturable"]:
        raise invalid_request(
            f"amount_to_capture must be between 1 and {intent['amount_capturable']}."
        )
    intent_lifecycle.capture(work, intent, amount)
    return intent


def update(work: UnitOfWork, intent_id: str, fields: dict[str, Any]) -> Json:
    """Set fields of an intent; amount and payment method only before it is processed."""
    intent = work.get(KIND, intent_id)
    if set(fields) - _DESCRIPTIVE:
        _check_standalone(work, intent)
        if intent["status"] not in _CONFIRMABLE:
            raise _unexpected(intent, "changed")
    amount, currency = fields.get("amount"), fields.get("currency")
    check_charge(amount or intent["amount"], currency or intent["currency"])
    customer_id = fields.get("customer") or intent["customer"]
    if fields.get("customer"):
        retrieve(work, customer_id)
    if name := fields.get("payment_method"):
        method = payment_methods.resolve(work, name, customer_id)
        fields |= {"payment_method": method["id"], "status": "requires_confirmation"}
    work.change(intent, None, **merged(intent, fields))
    return intent


def _check_standalone(work: UnitOfWork, intent: Json) -> None:
    """Raise StripeError for an intent of a checkout or an invoice, which control its payment."""
    if work.private(intent["id"]).get("behind") is not None:
        raise invalid_request(
            "This PaymentIntent was created by a Checkout Session or an Invoice.",
            code="payment_intent_unexpected_state",
        )


def _unexpected(intent: Json, done: str) -> StripeError:
    return invalid_request(
        f"This PaymentIntent could not be {done} because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
    )
