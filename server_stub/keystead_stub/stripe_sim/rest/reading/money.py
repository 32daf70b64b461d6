"""Payments, what came back of them, and what is paid out."""

from __future__ import annotations

from keystead_stub.stripe_sim.rest.reading.area import Area, Resource

AREA = Area(
    resources={
        "balance_transactions": Resource(
            "balance_transaction",
            {"currency": "currency", "source": "source", "type": "type"},
            of_payout=True,
        ),
        "charges": Resource("charge", {"payment_intent": "payment_intent"}, of_customer=True),
        "disputes": Resource("dispute", {"charge": "charge", "payment_intent": "payment_intent"}),
        "payment_intents": Resource("payment_intent", {}, of_customer=True),
        "payouts": Resource("payout", {"status": "status", "destination": "destination"}),
        "refunds": Resource("refund", {"charge": "charge", "payment_intent": "payment_intent"}),
        "setup_intents": Resource("setup_intent", {}, of_customer=True),
    },
)
