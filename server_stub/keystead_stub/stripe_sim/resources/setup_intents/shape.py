"""Setup intent objects: https://docs.stripe.com/api/setup_intents/object. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json, nulls

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
