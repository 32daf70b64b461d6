"""Setup intents, which save payment methods for later use.

https://docs.stripe.com/payments/save-and-reuse, https://docs.stripe.com/payments/setupintents/lifecycle
"""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.errors import invalid_request
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.customers.operations import retrieve
from keystead_stub.stripe_sim.resources.payment_intents import shape as payment_intent_shape
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods
from keystead_stub.stripe_sim.resources.payment_methods.shape import METHOD_TYPES
from keystead_stub.stripe_sim.resources.setup_intents import shape as setup_intent_shape
from keystead_stub.stripe_sim.resources.setup_intents.requests import (
    NewSetupIntent,
    SetupConfirmation,
)
from keystead_stub.stripe_types.errors import StripeError

KIND = "setup_intent"
_OPEN = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})


def create(work: UnitOfWork, request: NewSetupIntent) -> Json:
    """Create a setup intent, and confirm it if requested."""
    if request.customer_id is not None:
        retrieve(work, request.customer_id)
    if request.confirm and request.method is None:
        raise invalid_request(
            "You cannot confirm this intent because it is missing a payment method.",
            code="parameter_missing",
        )
    intent = setup_intent_shape.setup_intent(
        intent_id=work.ids.new("seti_1"),
        secret=work.ids.text(25),
        created=work.now_s,
        customer_id=request.customer_id,
    )
    intent |= {
        "description": request.description,
        "metadata": dict(request.metadata),
        "payment_method_types": list(request.method_types or METHOD_TYPES),
        "usage": request.usage,
    }
    if request.method is not None:
        method = payment_methods.resolve(work, request.method, request.customer_id)
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    # Stored before it is confirmed, so that `created` shows the intent as it was before.
    work.add(intent)
    work.emit("setup_intent.created", intent)
    if request.confirm:
        _confirm(work, intent, SetupConfirmation(return_url=request.return_url))
    return intent


def confirm(work: UnitOfWork, intent_id: str, confirmation: SetupConfirmation) -> Json:
    """Set up the payment method; if its bank declines, the error stays on the intent."""
    intent = work.get(KIND, intent_id)
    _confirm(work, intent, confirmation)
    return intent


def _confirm(work: UnitOfWork, intent: Json, confirmation: SetupConfirmation) -> None:
    _check_open(intent, "confirmed")
    name = confirmation.method or intent["payment_method"]
    if name is None:
        raise invalid_request(
            "You cannot confirm this SetupIntent because it's missing a payment method.",
            code="setup_intent_unexpected_state",
        )
    method = payment_methods.resolve(work, name, intent["customer"])
    if method["type"] not in intent["payment_method_types"]:
        raise invalid_request(
            "The provided payment method type is not in this SetupIntent's payment_method_types."
        )
    if confirmation.return_url is not None:
        work.update_private(intent["id"], return_url=confirmation.return_url)
    # Cleared first: an earlier attempt's error must not look like this one's.
    work.change(intent, None, payment_method=method["id"], last_setup_error=None)
    card = payment_methods.card_of(work, method)
    if card.at_checkout == "requires_action" and confirmation.authenticate is None:
        _require_action(work, intent)
    elif card.at_checkout == "declined":
        _fail(work, intent, method, card.decline_code)
    elif card.at_checkout == "requires_action" and not confirmation.authenticate:
        _fail(work, intent, method, "authentication_failed")
    else:
        _succeed(work, intent, method)


def _require_action(work: UnitOfWork, intent: Json) -> None:
    url = f"{work.rules.base_url}/_stub/setups/{intent['id']}"
    back = work.private(intent["id"]).get("return_url")
    action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": back, "url": url}}
    work.change(intent, None, status="requires_action", next_action=action)
    work.emit("setup_intent.requires_action", intent)


def _fail(work: UnitOfWork, intent: Json, method: Json, decline_code: str) -> None:
    error = payment_intent_shape.payment_error(decline_code, charge_id=None, method=method)
    fields = {"status": "requires_payment_method", "payment_method": None, "next_action": None}
    work.change(intent, None, last_setup_error=error, **fields)
    work.emit("setup_intent.setup_failed", intent)


def _succeed(work: UnitOfWork, intent: Json, method: Json) -> None:
    # A setup intent without a customer only verifies the card
    # (https://docs.stripe.com/payments/setupintents/lifecycle).
    if intent["customer"] is not None and method["customer"] is None:
        payment_methods.attach_to(work, method, intent["customer"])
    work.change(intent, None, status="succeeded", next_action=None)
    work.emit("setup_intent.succeeded", intent)


def cancel(work: UnitOfWork, intent_id: str, *, reason: str | None = None) -> Json:
    intent = work.get(KIND, intent_id)
    _check_open(intent, "canceled")
    work.change(intent, None, status="canceled", cancellation_reason=reason, next_action=None)
    work.emit("setup_intent.canceled", intent)
    return intent


def _check_open(intent: Json, done: str) -> None:
    if intent["status"] not in _OPEN:
        raise _unexpected(intent, done)


def _unexpected(intent: Json, done: str) -> StripeError:
    return invalid_request(
        f"This SetupIntent could not be {done} because it has a status of {intent['status']}.",
        code="setup_intent_unexpected_state",
    )
