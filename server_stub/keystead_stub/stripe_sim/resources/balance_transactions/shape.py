"""Balance transaction objects: https://docs.stripe.com/api/balance_transactions/object. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json

#: What Stripe's reports count each type under.
_CATEGORIES = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "refund_failure": "refund_failure",
    "payment_refund": "refund",
    "payout": "payout",
    "payout_failure": "payout_reversal",
    "stripe_fee": "fee",
}


def balance_transaction(
    *,
    transaction_id: str,
    created: int,
    available_on: int,
    pending: bool,
    amount: int,
    fee: int,
    fee_words: str,
    currency: str,
    description: str | None,
    source_id: str | None,
    kind: str,
    category: str | None = None,
) -> Json:
    """Return one movement of the balance: `amount` gross, of which `fee` is Stripe's."""
    taken = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": fee_words,
        "type": "stripe_fee",
    }
    return {
        "id": transaction_id,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available_on,
        "balance_type": "payments",
        "created": created,
        "currency": currency,
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [taken] if fee else [],
        "net": amount - fee,
        "reporting_category": category or _CATEGORIES[kind],
        "source": source_id,
        "status": "pending" if pending else "available",
        "type": kind,
    }
