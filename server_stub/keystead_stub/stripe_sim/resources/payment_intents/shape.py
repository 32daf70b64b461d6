"""Money that moves: payment intents, charges, refunds, disputes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keystead_stub.stripe_sim.engine.objects import Json, listing, nulls
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import error_code, sentence

_INTENT_NULLS = (
    "application application_fee_amount automatic_payment_methods canceled_at"
    " cancellation_reason customer_account excluded_payment_method_types last_payment_error"
    " latest_charge managed_payments next_action on_behalf_of"
    " payment_method_configuration_details processing receipt_email review"
    " shipping source statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
)


def payment_intent(
    *,
    intent_id: str,
    secret: str,
    created: int,
    amount: int,
    currency: str,
    customer_id: str | None,
    description: str | None,
    metadata: Mapping[str, str],
    setup_future_usage: str | None,
    capture_method: str,
    automatic_methods: bool,
    receipt_email: str | None,
    method_types: Sequence[str],
) -> Json:
    automatic = {"allow_redirects": "always", "enabled": True} if automatic_methods else None
    return {
        **nulls(_INTENT_NULLS),
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "automatic_payment_methods": automatic,
        "capture_method": capture_method,
        "client_secret": f"{intent_id}_secret_{secret}",
        "confirmation_method": "automatic",
        "created": created,
        "currency": currency,
        "customer": customer_id,
        "description": description,
        "livemode": False,
        "metadata": dict(metadata),
        "payment_method": None,
        "payment_method_options": {},
        "payment_method_types": list(method_types),
        "receipt_email": receipt_email,
        "setup_future_usage": setup_future_usage,
        "status": "requires_payment_method",
    }


_CHARGE_NULLS = (
    "application application_fee application_fee_amount balance_transaction"
    " failure_balance_transaction failure_code failure_message on_behalf_of receipt_email"
    " receipt_number receipt_url review shipping source source_transfer statement_descriptor"
    " statement_descriptor_suffix transfer_data transfer_group"
)

_PASSED = {
    **nulls("advice_code network_advice_code network_decline_code reason"),
    "network_status": "approved_by_network",
    "risk_level": "normal",
    "seller_message": "Payment complete.",
    "type": "authorized",
}


def charge(
    *, charge_id: str, created: int, intent: Json, method: Json, decline_code: str | None
) -> Json:
    """Return the charge of an intent: `succeeded`, or `failed` with a decline code."""
    failed = decline_code is not None
    captured = not failed and intent["capture_method"] != "manual"
    amount = intent["amount"]
    return {
        **nulls(_CHARGE_NULLS),
        "id": charge_id,
        "object": "charge",
        "amount": amount,
        "amount_captured": amount if captured else 0,
        "amount_refunded": 0,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "KEYSTEAD",
        "captured": captured,
        "created": created,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_code": error_code(decline_code) if decline_code else None,
        "failure_message": sentence(decline_code) if decline_code else None,
        "fraud_details": {},
        "livemode": False,
        # Taken over from the intent when the charge is made, and not afterwards.
        "metadata": dict(intent["metadata"]),
        "outcome": _declined(decline_code) if decline_code else _PASSED,
        "paid": not failed,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _method_details(method, amount),
        "receipt_email": intent["receipt_email"],
        "refunded": False,
        "refunds": listing([], f"/v1/charges/{charge_id}/refunds"),
        "status": "failed" if failed else "succeeded",
    }


def _declined(decline_code: str) -> Json:
    return {
        **_PASSED,
        "network_status": "declined_by_network",
        "reason": decline_code,
        "seller_message": "The bank did not accept the charge.",
        "type": "issuer_declined",
    }


def _method_details(method: Json, amount: int) -> Json:
    kind = method["type"]
    if kind == "sepa_debit":
        debit = {k: v for k, v in method[kind].items() if k != "generated_from"}
        return {"type": kind, kind: {**debit, "mandate": None}}
    card = method[kind]
    kept = (
        "brand",
        "checks",
        "country",
        "exp_month",
        "exp_year",
        "fingerprint",
        "funding",
        "last4",
    )
    return {
        "type": kind,
        kind: {
            **nulls("amount_authorized authorization_code installments mandate network_token"),
            **nulls("network_transaction_id regulated_status three_d_secure"),
            **nulls("transaction_link_id wallet"),
            "extended_authorization": {"status": "disabled"},
            "incremental_authorization": {"status": "unavailable"},
            "multicapture": {"status": "unavailable"},
            "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
            **{name: card[name] for name in kept},
            "network": card["brand"],
        },
    }


def payment_error(decline_code: str, *, charge_id: str | None, method: Json) -> Json:
    """Return what an intent says of its last failed attempt."""
    return {
        "charge": charge_id,
        "code": error_code(decline_code),
        "decline_code": decline_code,
        "doc_url": f"https://docs.stripe.com/error-codes#{error_code(decline_code)}",
        "message": sentence(decline_code),
        "payment_method": method,
        "type": "card_error",
    }


_SETUP_NULLS = (
    "application automatic_payment_methods cancellation_reason customer_account description"
    " excluded_payment_method_types flow_directions last_setup_error latest_attempt mandate"
    " next_action on_behalf_of payment_method payment_method_configuration_details"
    " single_use_mandate"
)


def setup_intent(*, intent_id: str, secret: str, created: int, customer_id: str | None) -> Json:
    """Return an intent to save a payment method for later."""
    return {
        **nulls(_SETUP_NULLS),
        "id": intent_id,
        "object": "setup_intent",
        "client_secret": f"{intent_id}_secret_{secret}",
        "created": created,
        "customer": customer_id,
        "livemode": False,
        "metadata": {},
        "payment_method_options": {},
        "payment_method_types": ["card", "sepa_debit"],
        "status": "requires_payment_method",
        "usage": "off_session",
    }


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
