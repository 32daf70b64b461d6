"""Dispute objects: https://docs.stripe.com/api/disputes/object. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json, nulls

_NO_EVIDENCE = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure"
    " cancellation_rebuttal customer_communication customer_email_address customer_name"
    " customer_purchase_ip customer_signature duplicate_charge_documentation"
    " duplicate_charge_explanation duplicate_charge_id product_description receipt refund_policy"
    " refund_policy_disclosure refund_refusal_explanation service_date service_documentation"
    " shipping_address shipping_carrier shipping_date shipping_documentation"
    " shipping_tracking_number uncategorized_file uncategorized_text"
)


def dispute(
    *, dispute_id: str, created: int, due_by: int, charge_document: Json, reason: str
) -> Json:
    brand = charge_document["payment_method_details"].get("card", {}).get("brand", "visa")
    return {
        "id": dispute_id,
        "object": "dispute",
        # The bank can only take back what has not been refunded already.
        "amount": charge_document["amount"] - charge_document["amount_refunded"],
        "balance_transactions": [],
        "charge": charge_document["id"],
        "created": created,
        "currency": charge_document["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**nulls(_NO_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": due_by,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge_document["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": brand,
                "case_type": "chargeback",
                "network": brand,
                "network_reason_code": "10.4",
            },
            "type": "card",
        },
        "reason": reason,
        "status": "needs_response",
    }
