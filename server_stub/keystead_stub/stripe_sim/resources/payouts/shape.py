"""Payout and bank account objects: https://docs.stripe.com/api/payouts/object. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json, nulls


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
