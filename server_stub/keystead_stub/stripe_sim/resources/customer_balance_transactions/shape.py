"""Customer balance transactions: https://docs.stripe.com/api/customer_balance_transactions."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json, nulls


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
