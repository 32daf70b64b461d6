"""A payment intent's status and the charges of its attempts.

https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.balance_transactions import (
    operations as balance_transactions,
)
from keystead_stub.stripe_sim.resources.charges import shape as charge_shape
from keystead_stub.stripe_sim.resources.payment_intents import shape
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods
from keystead_stub.stripe_sim.resources.payment_methods.shape import METHOD_TYPES

#: An intent in one of these can no longer be paid.
_FINAL = frozenset({"succeeded", "canceled"})


def create(
    work: UnitOfWork,
    *,
    amount: int,
    currency: str,
    customer_id: str | None,
    description: str | None,
    metadata: Mapping[str, str] | None = None,
    setup_future_usage: str | None = "off_session",
    capture_method: str = "automatic",
    automatic_methods: bool = False,
    receipt_email: str | None = None,
    method_types: Sequence[str] = METHOD_TYPES,
    pays_for: str | None = None,
) -> Json:
    """Create a payment intent; `pays_for` is the checkout session or invoice that it pays."""
    intent = shape.payment_intent(
        intent_id=work.ids.new("pi_3"),
        secret=work.ids.text(25),
        created=work.now_s,
        amount=amount,
        currency=currency,
        customer_id=customer_id,
        description=description,
        metadata=metadata or {},
        setup_future_usage=setup_future_usage,
        capture_method=capture_method,
        automatic_methods=automatic_methods,
        receipt_email=receipt_email,
        method_types=method_types,
    )
    # Stripe's intent does not say what it pays, in this API version.
    work.add(intent, private={"behind": pays_for})
    work.emit("payment_intent.created", intent)
    return intent


def charge(work: UnitOfWork, intent: Json, method: Json, decline_code: str | None) -> None:
    """Charge an intent: it succeeds, or fails with the decline code."""
    charge_document = charge_shape.charge(
        charge_id=work.ids.new("ch_3"),
        created=work.now_s,
        intent=intent,
        method=method,
        decline_code=decline_code,
    )
    # With manual capture the bank only reserves the amount; money moves at the capture.
    held = decline_code is None and intent["capture_method"] == "manual"
    if decline_code is None and not held:
        charge_document["balance_transaction"] = balance_transactions.create_for_charge(
            work, charge_document
        )
    work.add(charge_document)
    if held:
        fields, outcome = _authorized(intent, method), "amount_capturable_updated"
    elif decline_code is None:
        fields, outcome = _succeeded(intent, method), "succeeded"
    else:
        # An invoice waits for its customer on the hosted page. An API caller has to confirm again.
        waits = work.private(intent["id"]).get("behind") is not None
        fields, outcome = (
            _failed(charge_document, method, decline_code, waits=waits),
            "payment_failed",
        )
    work.change(intent, None, latest_charge=charge_document["id"], **fields)
    # Stripe does not guarantee an order of events; receivers may rely on none.
    work.emit(f"payment_intent.{outcome}", intent)
    work.emit("charge.succeeded" if decline_code is None else "charge.failed", charge_document)
    # A returned debit costs the merchant a bank's fee; a declined card costs nothing.
    if decline_code is not None and method["type"] == "sepa_debit":
        _charge_failed_debit_fee(work, charge_document)


def _authorized(intent: Json, method: Json) -> Json:
    return {
        "status": "requires_capture",
        "amount_capturable": intent["amount"],
        "payment_method": method["id"],
        "last_payment_error": None,
        "next_action": None,
    }


def capture(work: UnitOfWork, intent: Json, amount: int) -> None:
    """Capture part of the authorized amount; the rest is released."""
    charge_document = work.get("charge", intent["latest_charge"])
    # Stripe shows the part that is not captured as refunded
    # (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).
    work.change(
        charge_document,
        None,
        captured=True,
        amount_captured=amount,
        amount_refunded=charge_document["amount"] - amount,
    )
    # After the amounts are set, because the fee is computed from the captured amount.
    work.change(
        charge_document,
        None,
        balance_transaction=balance_transactions.create_for_charge(work, charge_document),
    )
    fields = {"status": "succeeded", "amount_capturable": 0, "amount_received": amount}
    work.change(intent, None, **fields)
    work.emit("charge.captured", charge_document)
    work.emit("payment_intent.succeeded", intent)


def _succeeded(intent: Json, method: Json) -> Json:
    return {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "payment_method": method["id"],
        "last_payment_error": None,
        "next_action": None,
    }


def _failed(charge_document: Json, method: Json, decline_code: str, *, waits: bool) -> Json:
    error = shape.payment_error(decline_code, charge_id=charge_document["id"], method=method)
    fields: Json = {"last_payment_error": error, "next_action": None}
    if waits and decline_code == "authentication_required":
        return fields | {"status": "requires_action"}
    # The declined method is removed, so that the next confirmation has to name one.
    return fields | {"status": "requires_payment_method", "payment_method": None}


def _charge_failed_debit_fee(work: UnitOfWork, charge_document: Json) -> None:
    if fee := work.rules.fees.failed_debit:
        balance_transactions.create(
            work,
            "stripe_fee",
            amount=-fee,
            currency=charge_document["currency"],
            source_id=None,
            description="Failed SEPA Direct Debit",
        )


def start_processing(work: UnitOfWork, intent: Json, method: Json) -> None:
    """Start a bank debit; `finish_processing` ends it."""
    work.change(intent, None, status="processing", payment_method=method["id"])
    work.emit("payment_intent.processing", intent)


def finish_processing(work: UnitOfWork, intent: Json) -> bool:
    """Finish a bank debit; return whether it succeeded."""
    method = work.get("payment_method", intent["payment_method"])
    card = payment_methods.card_of(work, method)
    declined = card.decline_code if card.later == "declined" else None
    charge(work, intent, method, declined)
    return declined is None


def require_action(
    work: UnitOfWork, intent: Json, url: str, *, return_url: str | None = None
) -> None:
    """Require 3-D Secure on a page."""
    redirect = {"return_url": return_url, "url": url}
    action = {"type": "redirect_to_url", "redirect_to_url": redirect}
    # A reload of the payment page must not emit the event again.
    if intent["next_action"] == action:
        return
    work.change(intent, None, status="requires_action", next_action=action)
    work.emit("payment_intent.requires_action", intent)


def cancel(work: UnitOfWork, intent: Json, reason: str | None) -> None:
    """Cancel the intent unless it is final already."""
    if intent["status"] in _FINAL:
        return
    work.change(
        intent,
        None,
        status="canceled",
        canceled_at=work.now_s,
        cancellation_reason=reason,
        amount_capturable=0,
        next_action=None,
    )
    work.emit("payment_intent.canceled", intent)
