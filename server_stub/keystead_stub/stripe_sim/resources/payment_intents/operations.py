"""Payment intents that somebody makes through the API: confirmed, captured, changed, canceled.

https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_port.interface import StripeRefused
from keystead_stub.stripe_sim.engine.amounts import check_charge
from keystead_stub.stripe_sim.engine.objects import Json, merged
from keystead_stub.stripe_sim.engine.unit_of_work import Ledger
from keystead_stub.stripe_sim.resources.charges import operations as charging
from keystead_stub.stripe_sim.resources.checkout_sessions.operations import living_customer, refuse
from keystead_stub.stripe_sim.resources.payment_intents.requests import Confirmation, NewPayment
from keystead_stub.stripe_sim.resources.payment_methods import operations as methods
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import Answer

KIND = "payment_intent"
_CONFIRMABLE = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
_CANCELABLE = _CONFIRMABLE | {"requires_capture", "processing"}
#: What can be told of an intent whatever has become of it.
_WORDS = frozenset({"description", "metadata", "receipt_email"})


def create(ledger: Ledger, request: NewPayment) -> Json:
    """Make an intent, and where that is asked for, confirm it; it stands even if it is declined."""
    check_charge(request.amount, request.currency)
    if request.customer_id is not None:
        living_customer(ledger, request.customer_id)
    if request.confirm and request.method is None:
        raise refuse("Confirming needs a payment method.", code="parameter_missing")
    intent = charging.ask(
        ledger,
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
        method = methods.chosen(ledger, request.method, request.customer_id)
        fields = {"payment_method": method["id"], "status": "requires_confirmation"}
        ledger.change(intent, None, **fields)
    if request.confirm:
        wish = Confirmation(off_session=request.off_session, return_url=request.return_url)
        confirm(ledger, intent, wish)
    return intent


def confirm(
    ledger: Ledger, intent: Json, wish: Confirmation, *, authenticate: bool | None = None
) -> None:
    """Try to take the money; `authenticate` is the person's answer to 3-D Secure.

    A declined try leaves its traces on the intent. Raises StripeRefused where there is nothing to
    confirm.
    """
    _check_own(ledger, intent)
    method = method_for(ledger, intent, wish)
    if wish.receipt_email is not None:
        ledger.change(intent, None, receipt_email=wish.receipt_email)
    ledger.change(intent, None, payment_method=method["id"], last_payment_error=None)
    if wish.return_url is not None:
        ledger.remember(intent["id"], return_url=wish.return_url)
    answer, why = _answer(ledger, intent, method, wish, authenticate)
    if answer == "requires_action":
        back = ledger.private(intent["id"]).get("return_url")
        url = page_of(ledger, intent)
        charging.ask_for_action(ledger, intent, url, return_url=back)
    elif answer == "processing":
        charging.promise(ledger, intent, method)
        ledger.at(ledger.now_s + ledger.rules.debit_delay_s, "intent_debit", intent["id"])
    elif answer == "declined":
        charging.charge(ledger, intent, method, why)
    else:
        _take(ledger, intent, method)


def method_for(ledger: Ledger, intent: Json, wish: Confirmation) -> Json:
    """Return what an intent that can be confirmed is to be paid with; raises StripeRefused."""
    if intent["status"] not in _CONFIRMABLE:
        raise _unexpected(intent, "confirmed")
    name = wish.method or intent["payment_method"]
    if name is None:
        raise refuse("This intent has no payment method.", code="payment_intent_unexpected_state")
    method = methods.chosen(ledger, name, intent["customer"])
    _check_type(intent, method)
    return method


def page_of(ledger: Ledger, intent: Json) -> str:
    """Return where a person pays an intent, and answers their bank's question."""
    return f"{ledger.rules.base_url}/_stub/payments/{intent['id']}"


def _check_type(intent: Json, method: Json) -> None:
    if method["type"] not in intent["payment_method_types"]:
        raise refuse("This intent cannot be paid by this type of payment method.")
    if intent["capture_method"] == "manual" and method["type"] == "sepa_debit":
        raise refuse("A bank debit cannot be held.", code="capture_unsupported_payment_method")


def _answer(
    ledger: Ledger,
    intent: Json,
    method: Json,
    wish: Confirmation,
    authenticate: bool | None,
) -> tuple[Answer, str]:
    """Return how the try ends, and the decline code if it is declined."""
    card = methods.card_of(ledger, method)
    customer_id = intent["customer"]
    if wish.off_session and customer_id and ledger.private(customer_id).get("failing"):
        return "declined", "generic_decline"
    answer = card.at_checkout
    if wish.off_session and not card.is_debit:
        answer = card.later
    if answer != "requires_action":
        return answer, card.decline_code
    if wish.off_session:
        return "declined", "authentication_required"
    if authenticate is None:
        return answer, ""
    return ("paid", "") if authenticate else ("declined", "authentication_failed")


def _take(ledger: Ledger, intent: Json, method: Json) -> None:
    if intent["setup_future_usage"] and intent["customer"] and method["customer"] is None:
        methods.give(ledger, method, intent["customer"])
    charging.charge(ledger, intent, method, None)


def debit_known(ledger: Ledger, intent_id: str) -> None:
    """Let the bank's answer to a promised debit arrive."""
    intent = ledger.get(KIND, intent_id)
    if intent["status"] == "processing":
        charging.debit_known(ledger, intent)


def cancel(ledger: Ledger, intent: Json, reason: str | None) -> None:
    """Ask no more for the money, and let go what was held."""
    _check_own(ledger, intent)
    if intent["status"] not in _CANCELABLE:
        raise _unexpected(intent, "canceled")
    ledger.clear(intent["id"])
    if intent["status"] == "requires_capture":
        charging.let_go(ledger, ledger.get("charge", intent["latest_charge"]))
    charging.cancel(ledger, intent, reason)


def capture(ledger: Ledger, intent: Json, amount: int | None) -> None:
    """Take what was held, or a part of it; the rest is let go."""
    if intent["status"] != "requires_capture":
        raise _unexpected(intent, "captured")
    amount = intent["amount_capturable"] if amount is None else amount
    if not 0 < amount <= intent["amount_capturable"]:
        raise refuse(f"The amount must be 1 to {intent['amount_capturable']}.")
    charging.capture(ledger, intent, amount)


def update(ledger: Ledger, intent: Json, fields: dict[str, Any]) -> None:
    """Set fields of an intent; what it asks for only while nobody has begun to pay it."""
    if set(fields) - _WORDS:
        _check_own(ledger, intent)
        if intent["status"] not in _CONFIRMABLE:
            raise _unexpected(intent, "changed")
    amount, currency = fields.get("amount"), fields.get("currency")
    check_charge(amount or intent["amount"], currency or intent["currency"])
    customer_id = fields.get("customer") or intent["customer"]
    if fields.get("customer"):
        living_customer(ledger, customer_id)
    if name := fields.get("payment_method"):
        method = methods.chosen(ledger, name, customer_id)
        fields |= {"payment_method": method["id"], "status": "requires_confirmation"}
    ledger.change(intent, None, **merged(intent, fields))


def _check_own(ledger: Ledger, intent: Json) -> None:
    """Raise StripeRefused for what a checkout or an invoice asks for: they say how it is paid."""
    if ledger.private(intent["id"]).get("behind") is not None:
        raise refuse(
            "This payment intent belongs to a checkout session or an invoice.",
            code="payment_intent_unexpected_state",
        )


def _unexpected(intent: Json, done: str) -> StripeRefused:
    return refuse(
        f"A payment intent that is {intent['status']} cannot be {done}.",
        code="payment_intent_unexpected_state",
    )
