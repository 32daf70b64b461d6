"""Checkout session objects: https://docs.stripe.com/api/checkout/sessions/object. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import NO_ADDRESS, Json, automatic_tax, nulls
from keystead_stub.stripe_types.requests import NewCheckout

_SESSION_NULLS = (
    "after_expiration billing_address_collection client_secret"
    " collected_information consent consent_collection currency_conversion customer_account"
    " customer_details integration_identifier invoice"
    " origin_context payment_intent payment_link payment_method_configuration_details"
    " permissions recovered_from saved_payment_method_options setup_intent"
    " shipping_address_collection shipping_cost submit_type subscription wallet_options"
)


def checkout_session(
    request: NewCheckout,
    *,
    session_id: str,
    created: int,
    expires_at: int,
    url: str,
    amount: int,
    currency: str,
) -> Json:
    def placed(template: str) -> str:
        return template.replace("{CHECKOUT_SESSION_ID}", session_id)

    return {
        **nulls(_SESSION_NULLS),
        **_by_mode(request),
        "id": session_id,
        "object": "checkout.session",
        "allow_promotion_codes": request.allow_promotion_codes or None,
        "adaptive_pricing": {"enabled": False},
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": automatic_tax("provider", "status"),
        "cancel_url": placed(request.cancel_url),
        "client_reference_id": request.client_reference_id,
        "created": created,
        "currency": currency,
        "custom_fields": [],
        "custom_text": nulls("after_submit shipping_address submit terms_of_service_acceptance"),
        "customer": request.customer_id,
        "customer_email": request.customer_email,
        "discounts": [],
        "expires_at": expires_at,
        "livemode": False,
        "locale": request.locale,
        "managed_payments": {"enabled": False},
        "metadata": dict(request.metadata),
        "mode": request.mode,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card", "sepa_debit"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "success_url": placed(request.success_url),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted",
        "url": url,
    }


def _by_mode(request: NewCheckout) -> Json:
    if request.mode == "subscription":
        return {
            "customer_creation": None if request.customer_id else "always",
            "invoice_creation": None,
            "payment_method_collection": request.payment_method_collection,
        }
    return {
        "customer_creation": None if request.customer_id else request.customer_creation,
        "invoice_creation": {
            "enabled": request.invoice_creation,
            "invoice_data": {
                **nulls("account_tax_ids custom_fields description footer rendering_options"),
                "issuer": None,
                "metadata": {},
            },
        },
        "payment_method_collection": "if_required",
    }


def line_item(price: Json, *, item_id: str, description: str, quantity: int, off: int) -> Json:
    """Return one line of a session; `off` is what its discount takes off it."""
    subtotal = price["unit_amount"] * quantity
    return {
        "id": item_id,
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": off,
        "amount_subtotal": subtotal,
        "amount_tax": 0,
        "amount_total": subtotal - off,
        "currency": price["currency"],
        "description": description,
        "metadata": {},
        "price": price,
        "quantity": quantity,
    }


def customer_details(email: str) -> Json:
    """Return the customer details that were entered at checkout."""
    return {
        **nulls("business_name individual_name name phone"),
        "address": NO_ADDRESS,
        "email": email,
        "tax_exempt": "none",
        "tax_ids": [],
    }
