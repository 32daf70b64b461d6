"""Payment intent objects: https://docs.stripe.com/api/payment_intents/object. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keystead_stub.stripe_sim.engine.objects import Json, nulls
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


def payment_error(decline_code: str, *, charge_id: str | None, method: Json) -> Json:
    """Return an intent's `last_payment_error` for a declined attempt."""
    return {
        "charge": charge_id,
        "code": error_code(decline_code),
        "decline_code": decline_code,
        "doc_url": f"https://docs.stripe.com/error-codes#{error_code(decline_code)}",
        "message": sentence(decline_code),
        "payment_method": method,
        "type": "card_error",
    }
