"""Charge objects: https://docs.stripe.com/api/charges/object. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json, listing, nulls
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import error_code, sentence

_CHARGE_NULLS = (
    "application application_fee application_fee_amount balance_transaction"
    " failure_balance_transaction failure_code failure_message on_behalf_of receipt_email"
    " receipt_number receipt_url review shipping source source_transfer statement_descriptor"
    " statement_descriptor_suffix transfer_data transfer_group"
)


_AUTHORIZED = {
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
        # Stripe copies the intent's metadata once: later changes of the intent don't reach it.
        "metadata": dict(intent["metadata"]),
        "outcome": _declined(decline_code) if decline_code else _AUTHORIZED,
        "paid": not failed,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _payment_method_details(method, amount),
        "receipt_email": intent["receipt_email"],
        "refunded": False,
        "refunds": listing([], f"/v1/charges/{charge_id}/refunds"),
        "status": "failed" if failed else "succeeded",
    }


def _declined(decline_code: str) -> Json:
    return {
        **_AUTHORIZED,
        "network_status": "declined_by_network",
        "reason": decline_code,
        "seller_message": "The bank did not accept the charge.",
        "type": "issuer_declined",
    }


def _payment_method_details(method: Json, amount: int) -> Json:
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
