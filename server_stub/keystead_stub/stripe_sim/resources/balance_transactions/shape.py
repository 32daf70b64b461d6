"""The account's own money: balance transactions, the balance, payouts; and customers' credit."""

from __future__ import annotations

from collections.abc import Mapping

from keystead_stub.stripe_sim.engine.objects import Json, nulls

#: What Stripe's reports count each type under.
_CATEGORIES = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
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


def balance(available: Mapping[str, int], pending: Mapping[str, int]) -> Json:
    """Return the balance object; sums by currency."""

    def entries(sums: Mapping[str, int]) -> list[Json]:
        return [
            {"amount": amount, "currency": currency, "source_types": {"card": amount}}
            for currency, amount in sorted(sums.items())
        ]

    return {
        "object": "balance",
        "available": entries(available),
        "livemode": False,
        "pending": entries(pending),
        "refund_and_dispute_prefunding": {
            "available": entries(dict.fromkeys(available, 0)),
            "pending": entries(dict.fromkeys(pending, 0)),
        },
    }


def bank_account(*, account_id: str, bank_id: str, currency: str) -> Json:
    """Return where the payouts go."""
    requirements: Json = {
        name: [] for name in ("currently_due", "errors", "past_due", "pending_verification")
    }
    return {
        **nulls("account_holder_name account_holder_type account_type"),
        "id": bank_id,
        "object": "bank_account",
        "account": account_id,
        "available_payout_methods": ["standard"],
        "bank_name": "STRIPE TEST BANK",
        "country": "DE",
        "currency": currency,
        "default_for_currency": True,
        "fingerprint": "KeysteadBank0001",
        "future_requirements": requirements,
        "last4": "3000",
        "metadata": {},
        "requirements": requirements,
        "routing_number": "37040044",
        "status": "new",
    }


def payout(
    *,
    payout_id: str,
    created: int,
    arrival_date: int,
    amount: int,
    currency: str,
    bank_id: str,
    transaction_id: str,
) -> Json:
    return {
        **nulls("application_fee application_fee_amount failure_balance_transaction failure_code"),
        **nulls("failure_message original_payout payout_method reversed_by statement_descriptor"),
        "id": payout_id,
        "object": "payout",
        "amount": amount,
        "arrival_date": arrival_date,
        "automatic": True,
        "balance_transaction": transaction_id,
        "created": created,
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": bank_id,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "reconciliation_status": "in_progress",
        "source_type": "card",
        "status": "in_transit",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }


def customer_balance_transaction(
    *,
    transaction_id: str,
    created: int,
    customer_id: str,
    amount: int,
    ending_balance: int,
    currency: str,
    invoice_id: str | None,
    kind: str,
    note_id: str | None = None,
) -> Json:
    """Return one change of a customer's balance; a negative `amount` is credit."""
    return {
        **nulls("checkout_session customer_account description"),
        "id": transaction_id,
        "object": "customer_balance_transaction",
        "amount": amount,
        "created": created,
        "credit_note": note_id,
        "currency": currency,
        "customer": customer_id,
        "ending_balance": ending_balance,
        "invoice": invoice_id,
        "livemode": False,
        "metadata": {},
        "type": kind,
    }
