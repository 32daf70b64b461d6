"""Payment methods that are kept for later: attached and detached, and what sets them up.

https://docs.stripe.com/payments/save-and-reuse, https://docs.stripe.com/payments/setupintents/lifecycle
"""

from __future__ import annotations

import msgspec

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.checkout_sessions.operations import living_customer, refuse
from keystead_stub.stripe_sim.resources.payment_intents import shape as payments
from keystead_stub.stripe_sim.resources.payment_intents.requests import METHOD_TYPES, NewSetup
from keystead_stub.stripe_sim.resources.payment_methods import operations as methods
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import find_card
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle
from keystead_stub.stripe_types.errors import StripeError

KIND = "setup_intent"
METHOD = "payment_method"
_OPEN = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """How a setup intent is confirmed; `authenticate` is the person's answer to 3-D Secure."""

    method: str | None = None
    return_url: str | None = None
    authenticate: bool | None = None


def attach(work: UnitOfWork, name: str, customer_id: str) -> Json:
    """Let the customer have a payment method, or a new one of a test card.

    It is not what is charged from now on: see `methods.default`. Raises StripeError for a card
    that its bank declines, and for a method that is another's or was detached.
    """
    customer = living_customer(work, customer_id)
    card = find_card(name)
    if card is None:
        card = methods.card_of(work, methods.owned(work, name, customer_id))
    if card.at_checkout == "declined":
        raise methods.declined(card.decline_code)
    if find_card(name) is not None:
        return methods.keep(work, card, customer_id=customer_id, email=customer["email"])
    method = work.get(METHOD, name)
    if method["customer"] is None:
        methods.give(work, method, customer_id)
    return method


def detach(work: UnitOfWork, method_id: str) -> Json:
    """Take a payment method from its customer for good: nothing is charged to it any more."""
    method = work.get(METHOD, method_id)
    customer_id = method["customer"]
    if customer_id is None:
        raise refuse("This payment method is attached to no customer.", code="resource_missing")
    for one in work.of_customer("subscription", customer_id):
        if one["default_payment_method"] == method_id and not lifecycle.is_over(one):
            work.change(one, lifecycle.UPDATED, default_payment_method=None)
    customer = work.get("customer", customer_id)
    settings = customer.get("invoice_settings", {})
    if settings.get("default_payment_method") == method_id:
        unset = settings | {"default_payment_method": None}
        work.change(customer, "customer.updated", invoice_settings=unset)
    work.remember(method_id, detached=True)
    method["customer"] = None
    work.leave(method)
    work.emit("payment_method.detached", method, {"customer": customer_id}, customer_id=customer_id)
    return method


def create(work: UnitOfWork, request: NewSetup) -> Json:
    """Make a setup intent, and where that is asked for, confirm it."""
    if request.customer_id is not None:
        living_customer(work, request.customer_id)
    if request.confirm and request.method is None:
        raise refuse("Confirming needs a payment method.", code="parameter_missing")
    intent = payments.setup_intent(
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
        method = methods.chosen(work, request.method, request.customer_id)
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    work.add(intent)
    work.emit("setup_intent.created", intent)
    if request.confirm:
        _confirm(work, intent, Wish(return_url=request.return_url))
    return intent


def confirm(work: UnitOfWork, intent_id: str, wish: Wish) -> Json:
    """Set the payment method up; where its bank declines, the error stays on the intent."""
    intent = work.get(KIND, intent_id)
    _confirm(work, intent, wish)
    return intent


def _confirm(work: UnitOfWork, intent: Json, wish: Wish) -> None:
    _check_open(intent, "confirmed")
    name = wish.method or intent["payment_method"]
    if name is None:
        raise refuse("There is no payment method.", code="setup_intent_unexpected_state")
    method = methods.chosen(work, name, intent["customer"])
    if method["type"] not in intent["payment_method_types"]:
        raise refuse("This intent does not set up this type of payment method.")
    if wish.return_url is not None:
        work.remember(intent["id"], return_url=wish.return_url)
    work.change(intent, None, payment_method=method["id"], last_setup_error=None)
    card = methods.card_of(work, method)
    if card.at_checkout == "requires_action" and wish.authenticate is None:
        _ask(work, intent)
    elif card.at_checkout == "declined":
        _refuse(work, intent, method, card.decline_code)
    elif card.at_checkout == "requires_action" and not wish.authenticate:
        _refuse(work, intent, method, "authentication_failed")
    else:
        _keep(work, intent, method)


def _ask(work: UnitOfWork, intent: Json) -> None:
    url = f"{work.rules.base_url}/_stub/setups/{intent['id']}"
    back = work.private(intent["id"]).get("return_url")
    action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": back, "url": url}}
    work.change(intent, None, status="requires_action", next_action=action)
    work.emit("setup_intent.requires_action", intent)


def _refuse(work: UnitOfWork, intent: Json, method: Json, decline_code: str) -> None:
    error = payments.payment_error(decline_code, charge_id=None, method=method)
    fields = {"status": "requires_payment_method", "payment_method": None, "next_action": None}
    work.change(intent, None, last_setup_error=error, **fields)
    work.emit("setup_intent.setup_failed", intent)


def _keep(work: UnitOfWork, intent: Json, method: Json) -> None:
    if intent["customer"] is not None and method["customer"] is None:
        methods.give(work, method, intent["customer"])
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
    return refuse(
        f"A setup intent that is {intent['status']} cannot be {done}.",
        code="setup_intent_unexpected_state",
    )
