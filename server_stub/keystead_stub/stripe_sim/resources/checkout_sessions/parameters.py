"""Checkout sessions in the REST API: https://docs.stripe.com/api/checkout/sessions."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine.errors import invalid_parameter
from keystead_stub.stripe_sim.engine.search import Page
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout_sessions
from keystead_stub.stripe_sim.resources.checkout_sessions import queries
from keystead_stub.stripe_sim.resources.prices import parameters as price_parameters
from keystead_stub.stripe_sim.rest.list_pages import list_object
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects, action
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.requests import CheckoutItem, NewCheckout


def line_items(stripe: SimulatedStripe, session: Document) -> Document:
    found = Page(stripe.read(queries.line_items, session["id"]), has_more=False)
    return list_object(found, f"checkout/sessions/{session['id']}/line_items")


def list_line_items(stripe: SimulatedStripe, session_id: str, params: Parameters) -> Document:
    return line_items(stripe, stripe.read(queries.get, session_id).document)


def create(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    mode: Any = params.text("mode") or "subscription"
    if mode not in {"payment", "subscription"}:
        raise invalid_parameter("mode")
    discounts = params.each("discounts")
    # Stripe takes one discount for a session.
    discount = discounts[0] if discounts else Parameters({})
    request = NewCheckout(
        mode=mode,
        items=tuple(line_item(one) for one in params.each("line_items")),
        success_url=params.text("success_url") or "",
        cancel_url=params.text("cancel_url") or "",
        client_reference_id=params.text("client_reference_id"),
        metadata=params.metadata(),
        customer_id=params.text("customer"),
        customer_email=params.text("customer_email"),
        locale=params.text("locale"),
        allow_promotion_codes=params.flag("allow_promotion_codes") or False,
        coupon_id=discount.text("coupon"),
        promotion_code_id=discount.text("promotion_code"),
        expires_at_ms=params.instant_ms("expires_at"),
        idempotency_key=key,
        **(_payment_fields(params) if mode == "payment" else _subscription_fields(params)),
    )
    for one in (discount, params):
        one.done()
    return stripe.submit(checkout_sessions.create, request)


def line_item(item: Parameters) -> CheckoutItem:
    """Read a line item of a checkout or a new subscription."""
    quantity = item.whole("quantity")
    price = (
        price_parameters.inline_price(item.nested("price_data")) if item.has("price_data") else None
    )
    found = CheckoutItem(
        price_id=item.text("price"), price=price, quantity=1 if quantity is None else quantity
    )
    item.done()
    return found


def _payment_fields(params: Parameters) -> dict[str, Any]:
    """Read the parameters of payment mode."""
    data, invoice = params.nested("payment_intent_data"), params.nested("invoice_creation")
    found = {
        "payment_metadata": data.metadata(),
        "payment_description": data.text("description"),
        "setup_future_usage": data.choice("setup_future_usage", "off_session", "on_session"),
        "customer_creation": params.choice("customer_creation", "always", "if_required")
        # Stripe's default over its API, unlike that of the stub's own `NewCheckout`.
        or "if_required",
        "invoice_creation": invoice.flag("enabled") or False,
    }
    for one in (data, invoice):
        one.done()
    return found


def _subscription_fields(params: Parameters) -> dict[str, Any]:
    """Read the parameters of subscription mode."""
    data = params.nested("subscription_data")
    ending = data.nested("trial_settings").nested("end_behavior").text("missing_payment_method")
    collected = params.choice("payment_method_collection", "always", "if_required")
    found = {
        "subscription_metadata": data.metadata(),
        "trial_period_days": data.whole("trial_period_days") or 0,
        "trial_end_behavior": ending or "create_invoice",
        "payment_method_collection": collected or "always",
    }
    data.done()
    return found


_FILTERS = {
    "status": "status",
    "subscription": "subscription",
    "payment_intent": "payment_intent",
}
RESOURCES = (
    Resource(
        path="checkout/sessions",
        objects=StoredObjects("checkout.session", _FILTERS, of_customer=True),
        nested={"line_items": list_line_items},
        expandable={"checkout.session": {"line_items": line_items}},
        create=create,
        actions={"expire": action(checkout_sessions.expire)},
    ),
)
