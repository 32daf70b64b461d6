"""Refund objects: https://docs.stripe.com/api/refunds/object. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from keystead_stub.stripe_sim.engine.objects import Json, nulls


def refund(
    *,
    refund_id: str,
    created: int,
    charge_document: Json,
    amount: int,
    reason: str | None,
    metadata: Mapping[str, str],
) -> Json:
    return {
        **nulls("balance_transaction customer customer_account receipt_number"),
        **nulls("source_transfer_reversal transfer_reversal"),
        "id": refund_id,
        "object": "refund",
        "amount": amount,
        "charge": charge_document["id"],
        "created": created,
        "currency": charge_document["currency"],
        "customer": charge_document["customer"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": dict(metadata),
        "payment_intent": charge_document["payment_intent"],
        "payment_method": charge_document["payment_method"],
        "reason": reason,
        "status": "succeeded",
    }
