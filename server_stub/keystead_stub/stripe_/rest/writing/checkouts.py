"""Checkout sessions."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_.interface import Document, NewCheckout, StripeRefused
from keystead_stub.stripe_.rest.parameters import Parameters, invalid
from keystead_stub.stripe_.rest.writing.area import Area
from keystead_stub.stripe_.simulated.stripe import SimulatedStripe


async def create_checkout(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    if given.text("mode") not in {None, "subscription"}:
        raise StripeRefused("Only subscriptions are sold here.", code="parameter_invalid")
    lines = [Parameters(one) for one in given.list("line_items") if isinstance(one, dict)]
    if len(lines) != 1:
        raise invalid("line_items")
    data = given.nested("subscription_data")
    ending = data.nested("trial_settings").nested("end_behavior").text("missing_payment_method")
    behavior: Any = ending or "create_invoice"
    discounts = [Parameters(one) for one in given.list("discounts") if isinstance(one, dict)]
    discount = discounts[0] if discounts else Parameters({})
    request = NewCheckout(
        price_id=lines[0].required("price"),
        quantity=lines[0].whole("quantity") or 1,
        success_url=given.text("success_url") or "",
        cancel_url=given.text("cancel_url") or "",
        client_reference_id=given.text("client_reference_id"),
        metadata=given.metadata(),
        subscription_metadata=data.metadata(),
        customer_id=given.text("customer"),
        customer_email=given.text("customer_email"),
        locale=given.text("locale"),
        allow_promotion_codes=given.flag("allow_promotion_codes") or False,
        coupon_id=discount.text("coupon"),
        promotion_code_id=discount.text("promotion_code"),
        trial_period_days=data.whole("trial_period_days") or 0,
        trial_end_behavior=behavior,
        idempotency_key=key,
    )
    given.text("payment_method_collection")
    for one in (*lines, data, discount, given):
        one.done()
    return (await stripe.create_checkout_session(request)).document


def expire_checkout(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    given.done()
    return stripe.expire_checkout(object_id).document


AREA = Area(
    create={"checkout/sessions": create_checkout},
    act={("checkout/sessions", "expire"): expire_checkout},
)
