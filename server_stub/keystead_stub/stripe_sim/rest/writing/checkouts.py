"""Checkout sessions."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout_sessions
from keystead_stub.stripe_sim.rest.parameters import Parameters, invalid
from keystead_stub.stripe_sim.rest.writing.area import Area, ms_of
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.requests import CheckoutItem, InlinePrice, NewCheckout


async def create_checkout(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    mode: Any = given.text("mode") or "subscription"
    if mode not in {"payment", "subscription"}:
        raise invalid("mode")
    discounts = given.each("discounts")
    discount = discounts[0] if discounts else Parameters({})
    request = NewCheckout(
        mode=mode,
        items=tuple(line_item(one) for one in given.each("line_items")),
        success_url=given.text("success_url") or "",
        cancel_url=given.text("cancel_url") or "",
        client_reference_id=given.text("client_reference_id"),
        metadata=given.metadata(),
        customer_id=given.text("customer"),
        customer_email=given.text("customer_email"),
        locale=given.text("locale"),
        allow_promotion_codes=given.flag("allow_promotion_codes") or False,
        coupon_id=discount.text("coupon"),
        promotion_code_id=discount.text("promotion_code"),
        expires_at_ms=ms_of(given.whole("expires_at")),
        idempotency_key=key,
        **(_once(given) if mode == "payment" else _again_and_again(given)),
    )
    for one in (discount, given):
        one.done()
    return stripe.submit(checkout_sessions.create, request)


def line_item(item: Parameters) -> CheckoutItem:
    """Return so many of a price, as checkouts and new subscriptions ask for it."""
    quantity = item.whole("quantity")
    price = inline_price(item.nested("price_data")) if item.has("price_data") else None
    found = CheckoutItem(
        price_id=item.text("price"), price=price, quantity=1 if quantity is None else quantity
    )
    item.done()
    return found


def inline_price(data: Parameters) -> InlinePrice:
    """Return what `price_data` asks for."""
    product, recurring = data.nested("product_data"), data.nested("recurring")
    amount, interval = data.whole("unit_amount"), recurring.text("interval")
    if amount is None:
        raise invalid("price_data[unit_amount]")
    if interval not in {None, "month", "year"}:
        raise invalid("price_data[recurring][interval]")
    known: Any = interval
    wanted = InlinePrice(
        currency=data.required("currency").lower(),
        unit_amount=amount,
        product_id=data.text("product"),
        name=product.text("name"),
        description=product.text("description"),
        interval=known,
    )
    for one in (product, recurring, data):
        one.done()
    return wanted


def _once(given: Parameters) -> dict[str, Any]:
    """What belongs to a single payment."""
    data, invoice = given.nested("payment_intent_data"), given.nested("invoice_creation")
    found = {
        "payment_metadata": data.metadata(),
        "payment_description": data.text("description"),
        "setup_future_usage": data.choice("setup_future_usage", "off_session", "on_session"),
        "customer_creation": given.choice("customer_creation", "always", "if_required")
        or "if_required",
        "invoice_creation": invoice.flag("enabled") or False,
    }
    for one in (data, invoice):
        one.done()
    return found


def _again_and_again(given: Parameters) -> dict[str, Any]:
    """What belongs to a subscription."""
    data = given.nested("subscription_data")
    ending = data.nested("trial_settings").nested("end_behavior").text("missing_payment_method")
    collected = given.choice("payment_method_collection", "always", "if_required")
    found = {
        "subscription_metadata": data.metadata(),
        "trial_period_days": data.whole("trial_period_days") or 0,
        "trial_end_behavior": ending or "create_invoice",
        "payment_method_collection": collected or "always",
    }
    data.done()
    return found


def expire_checkout(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    given.done()
    return stripe.run(checkout_sessions.expire, object_id)


AREA = Area(
    create={"checkout/sessions": create_checkout},
    act={("checkout/sessions", "expire"): expire_checkout},
)
