"""Payment intents and their charges, from what is asked for to the money on the balance."""

from __future__ import annotations

from collections.abc import Mapping

from keystead_stub.stripe_.simulated import funds, methods
from keystead_stub.stripe_.simulated.ledger import Ledger
from keystead_stub.stripe_.simulated.shapes import payments
from keystead_stub.stripe_.simulated.shapes.parts import Json

#: An intent in one of these can no longer be paid.
_OVER = frozenset({"succeeded", "canceled"})


def ask(
    ledger: Ledger,
    *,
    amount: int,
    currency: str,
    customer_id: str | None,
    description: str | None,
    metadata: Mapping[str, str] | None = None,
    setup_future_usage: str | None = "off_session",
) -> Json:
    """Make a payment intent."""
    intent = payments.payment_intent(
        intent_id=ledger.ids.new("pi_3"),
        secret=ledger.ids.text(25),
        created=ledger.now_s,
        amount=amount,
        currency=currency,
        customer_id=customer_id,
        description=description,
        metadata=metadata or {},
        setup_future_usage=setup_future_usage,
    )
    ledger.add(intent)
    ledger.emit("payment_intent.created", intent)
    return intent


def charge(ledger: Ledger, intent: Json, method: Json, decline_code: str | None) -> None:
    """Charge an intent: it succeeds, or fails with the decline code."""
    made = payments.charge(
        charge_id=ledger.ids.new("ch_3"),
        created=ledger.now_s,
        intent=intent,
        method=method,
        decline_code=decline_code,
    )
    if decline_code is None:
        made["balance_transaction"] = funds.book_payment(ledger, made)
    ledger.add(made)
    fields = _paid(intent, method) if decline_code is None else _failed(made, method, decline_code)
    outcome = "succeeded" if decline_code is None else "payment_failed"
    ledger.change(intent, None, latest_charge=made["id"], **fields)
    ledger.emit(f"payment_intent.{outcome}", intent)
    ledger.emit("charge.succeeded" if decline_code is None else "charge.failed", made)
    if decline_code is not None and method["type"] == "sepa_debit":
        _book_failed_debit(ledger, made)


def _paid(intent: Json, method: Json) -> Json:
    return {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "payment_method": method["id"],
        "last_payment_error": None,
        "next_action": None,
    }


def _failed(made: Json, method: Json, decline_code: str) -> Json:
    error = payments.payment_error(decline_code, charge_id=made["id"], method=method)
    needs_action = decline_code == "authentication_required"
    status = "requires_action" if needs_action else "requires_payment_method"
    return {
        "status": status,
        "last_payment_error": error,
        "next_action": None,
        "payment_method": None,
    }


def _book_failed_debit(ledger: Ledger, made: Json) -> None:
    if fee := ledger.rules.fees.failed_debit:
        funds.book(
            ledger,
            "stripe_fee",
            amount=-fee,
            currency=made["currency"],
            source_id=None,
            description="Failed SEPA Direct Debit",
        )


def promise(ledger: Ledger, intent: Json, method: Json) -> None:
    """Let a bank debit be on its way; how it ends, `debit_known` tells."""
    ledger.change(intent, None, status="processing", payment_method=method["id"])
    ledger.emit("payment_intent.processing", intent)


def debit_known(ledger: Ledger, intent: Json) -> bool:
    """Let the bank's answer to a promised debit arrive; return whether it paid."""
    method = ledger.get("payment_method", intent["payment_method"])
    card = methods.card_of(ledger, method)
    declined = card.decline_code if card.later == "declined" else None
    charge(ledger, intent, method, declined)
    return declined is None


def ask_for_action(ledger: Ledger, intent: Json, url: str) -> None:
    """Let an intent wait for the person at a page (3-D Secure)."""
    action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": None, "url": url}}
    if intent["next_action"] == action:
        return
    ledger.change(intent, None, status="requires_action", next_action=action)
    ledger.emit("payment_intent.requires_action", intent)


def cancel(ledger: Ledger, intent: Json, reason: str) -> None:
    """Ask no more for the money."""
    if intent["status"] in _OVER:
        return
    ledger.change(
        intent,
        None,
        status="canceled",
        canceled_at=ledger.now_s,
        cancellation_reason=reason,
        next_action=None,
    )
    ledger.emit("payment_intent.canceled", intent)
