"""What can be made and changed: each request's parameters read, and the account asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from keystead.instants import to_ms
from keystead_stub.stripe_.goods import NewCustomer, NewPrice, NewProduct
from keystead_stub.stripe_.interface import Document, NewCheckout, NewPortal, StripeRefused
from keystead_stub.stripe_.offers import NewChange, NewCoupon, NewPromotionCode
from keystead_stub.stripe_.rest import reading
from keystead_stub.stripe_.rest.parameters import Parameters, invalid
from keystead_stub.stripe_.simulated.stripe import SimulatedStripe

Maker = Callable[[SimulatedStripe, Parameters, str | None], Awaitable[Document]]
Changer = Callable[[SimulatedStripe, str, Parameters], Document]


async def create_customer(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    method = given.text("payment_method")
    locales = given.list("preferred_locales")
    request = NewCustomer(
        email=given.text("email"),
        name=given.text("name"),
        description=given.text("description"),
        phone=given.text("phone"),
        locale=str(locales[0]) if locales else None,
        metadata=given.metadata(),
        idempotency_key=key,
    )
    given.done()
    customer = stripe.create_customer(request)
    if method is not None:
        stripe.update_card(customer["id"], method)
    return stripe.retrieve("customer", customer["id"])


def update_customer(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    fields: dict[str, Any] = {
        name: given.text(name)
        for name in ("email", "name", "description", "phone")
        if given.has(name)
    }
    if given.has("metadata"):
        fields["metadata"] = given.metadata()
    settings = given.nested("invoice_settings")
    method = settings.text("default_payment_method")
    settings.done()
    given.done()
    if method is not None:
        known = stripe.retrieve("payment_method", method)
        if known["customer"] != object_id:
            raise invalid("invoice_settings[default_payment_method]")
        customer = stripe.retrieve("customer", object_id)
        kept = customer["invoice_settings"] | {"default_payment_method": method}
        fields["invoice_settings"] = kept
    return stripe.update_customer(object_id, fields)


async def create_product(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    request = NewProduct(
        name=given.required("name"),
        id=given.text("id"),
        description=given.text("description"),
        active=given.flag("active") is not False,
        metadata=given.metadata(),
        idempotency_key=key,
    )
    given.done()
    return stripe.create_product(request)


async def create_price(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    product_id, product_data = given.text("product"), given.nested("product_data")
    if product_id is None:
        made = await create_product(stripe, product_data, None)
        product_id = str(made["id"])
    product_data.done()
    recurring = given.nested("recurring")
    interval: Any = recurring.text("interval")
    if interval not in {None, "month", "year"} or recurring.text("interval_count") not in {
        None,
        "1",
    }:
        raise invalid("recurring[interval]")
    recurring.done()
    amount = given.whole("unit_amount")
    if amount is None or amount < 0:
        raise invalid("unit_amount")
    request = NewPrice(
        product_id=product_id,
        currency=given.required("currency").lower(),
        unit_amount=amount,
        interval=interval,
        nickname=given.text("nickname"),
        lookup_key=given.text("lookup_key"),
        active=given.flag("active") is not False,
        metadata=given.metadata(),
        idempotency_key=key,
    )
    given.done()
    return stripe.create_price(request)


def update_good(kind: str) -> Changer:
    """Change what may be changed of a product or a price."""

    def update(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
        texts = ("name", "description") if kind == "product" else ("nickname", "lookup_key")
        fields: dict[str, Any] = {name: given.text(name) for name in texts if given.has(name)}
        if given.has("active"):
            fields["active"] = given.flag("active")
        if given.has("metadata"):
            fields["metadata"] = given.metadata()
        given.done()
        return stripe.update_good(kind, object_id, fields)

    return update


async def create_coupon(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    duration: Any = given.text("duration") or "once"
    if duration not in {"once", "repeating", "forever"}:
        raise invalid("duration")
    request = NewCoupon(
        id=given.text("id"),
        name=given.text("name"),
        percent_off=given.number("percent_off"),
        amount_off=given.whole("amount_off"),
        currency=given.text("currency"),
        duration=duration,
        duration_in_months=given.whole("duration_in_months"),
        max_redemptions=given.whole("max_redemptions"),
        redeem_by_ms=_ms(given.whole("redeem_by")),
        metadata=given.metadata(),
        idempotency_key=key,
    )
    given.done()
    return stripe.create_coupon(request)


async def create_promotion_code(
    stripe: SimulatedStripe, given: Parameters, key: str | None
) -> Document:
    promotion = given.nested("promotion")
    coupon_id = promotion.text("coupon") or given.text("coupon")
    if promotion.text("type") not in {None, "coupon"} or coupon_id is None:
        raise invalid("promotion")
    promotion.done()
    restrictions = given.nested("restrictions")
    request = NewPromotionCode(
        coupon_id=coupon_id,
        code=given.text("code"),
        active=given.flag("active") is not False,
        customer_id=given.text("customer"),
        expires_at_ms=_ms(given.whole("expires_at")),
        max_redemptions=given.whole("max_redemptions"),
        first_time_transaction=restrictions.flag("first_time_transaction") or False,
        minimum_amount=restrictions.whole("minimum_amount"),
        minimum_amount_currency=restrictions.text("minimum_amount_currency"),
        metadata=given.metadata(),
        idempotency_key=key,
    )
    restrictions.done()
    given.done()
    return stripe.create_promotion_code(request)


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


async def create_portal(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    flow_data = given.nested("flow_data")
    flow: Any = flow_data.text("type")
    if flow not in {None, "payment_method_update", "subscription_cancel", "subscription_update"}:
        raise invalid("flow_data[type]")
    for name in ("subscription_cancel", "subscription_update"):
        about = flow_data.nested(name)
        about.text("subscription")
        about.done()
    flow_data.tree("after_completion")
    flow_data.done()
    request = NewPortal(
        customer_id=given.required("customer"),
        return_url=given.text("return_url"),
        flow=flow,
        locale=given.text("locale"),
    )
    given.text("configuration")
    given.done()
    return (await stripe.create_portal_session(request)).document


async def create_refund(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    charge_id, intent_id = given.text("charge"), given.text("payment_intent")
    amount = given.whole("amount")
    given.text("reason")
    given.done()
    if charge_id is None:
        if intent_id is None:
            raise invalid("charge")
        charge_id = stripe.retrieve("payment_intent", intent_id)["latest_charge"]
    charge = stripe.retrieve("charge", charge_id or "")
    refunded = stripe.refund(charge["customer"], amount=amount)
    if refunded["id"] != charge["id"]:
        raise StripeRefused("Only the newest payment is given back here.", code="charge_invalid")
    newest: Document = refunded["refunds"]["data"][0]
    return newest


async def create_endpoint(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    url, events = given.required("url"), [str(one) for one in given.list("enabled_events")]
    for name in ("api_version", "description"):
        given.text(name)
    given.metadata()
    given.done()
    secret = stripe.new_id("whsec_")
    known = stripe.register_endpoint(url, [secret], events or ["*"])
    return {**reading.endpoint(known), "secret": secret}


def update_subscription(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    subscription = stripe.retrieve("subscription", object_id)
    customer_id = subscription["customer"]
    if given.has("pause_collection"):
        _pause(stripe, customer_id, given)
    if given.has("cancel_at_period_end"):
        ends = given.flag("cancel_at_period_end")
        if ends and not subscription["cancel_at_period_end"]:
            stripe.cancel(customer_id, at_period_end=True)
        elif ends is False and subscription["cancel_at_period_end"]:
            stripe.resume(customer_id)
    change = _change(given)
    given.done()
    if change != NewChange():
        stripe.update_subscription(customer_id, change)
    return stripe.retrieve("subscription", object_id)


def _pause(stripe: SimulatedStripe, customer_id: str, given: Parameters) -> None:
    halt = given.rest_of("pause_collection")
    if isinstance(halt, str):
        # An empty text takes the pause away.
        stripe.resume(customer_id)
    else:
        stripe.pause(customer_id, behavior="collection")


def _change(given: Parameters) -> NewChange:
    items = [Parameters(one) for one in given.list("items") if isinstance(one, dict)]
    if len(items) > 1:
        raise invalid("items")
    item = items[0] if items else Parameters({})
    item.text("id")
    behavior: Any = given.text("proration_behavior")
    anchor: Any = given.text("billing_cycle_anchor") or "unchanged"
    if anchor not in {"now", "unchanged"}:
        raise invalid("billing_cycle_anchor")
    if behavior not in {None, "create_prorations", "always_invoice", "none"}:
        raise invalid("proration_behavior")
    quantity, price_id = item.whole("quantity"), item.text("price")
    item.done()
    if quantity is None and price_id is None and anchor == "unchanged":
        return NewChange()
    return NewChange(
        quantity=quantity,
        price_id=price_id,
        # Stripe's own default; ours is what a person expects who changes seats in a portal.
        proration_behavior=behavior or "create_prorations",
        proration_date_ms=_ms(given.whole("proration_date")),
        billing_cycle_anchor=anchor,
    )


def cancel_subscription(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    for name in ("invoice_now", "prorate"):
        given.text(name)
    given.tree("cancellation_details")
    given.done()
    customer_id = stripe.retrieve("subscription", object_id)["customer"]
    stripe.cancel(customer_id, at_period_end=False)
    return stripe.retrieve("subscription", object_id)


def resume_subscription(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    for name in ("billing_cycle_anchor", "proration_behavior"):
        given.text(name)
    given.done()
    stripe.resume(stripe.retrieve("subscription", object_id)["customer"])
    return stripe.retrieve("subscription", object_id)


def pay_invoice(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    method = given.text("payment_method")
    for name in ("off_session", "paid_out_of_band"):
        given.text(name)
    given.done()
    result = stripe.pay_invoice(object_id, card=method)
    if result.status in {"declined", "requires_action"}:
        sentence = result.sentence or "The card was declined."
        raise StripeRefused(sentence, code=result.code or "card_declined", status=402)
    return stripe.retrieve("invoice", object_id)


def expire_checkout(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    given.done()
    return stripe.expire_checkout(object_id).document


def attach_method(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    customer_id = given.required("customer")
    given.done()
    card = stripe.update_card(customer_id, object_id)
    return stripe.retrieve("payment_method", card.payment_method_id)


def delete_customer(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    given.done()
    stripe.delete_customer(object_id)
    return {"id": object_id, "object": "customer", "deleted": True}


def delete_coupon(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    given.done()
    stripe.delete_coupon(object_id)
    return {"id": object_id, "object": "coupon", "deleted": True}


def _ms(seconds: int | None) -> int | None:
    return None if seconds is None else to_ms(seconds)


#: `POST /v1/<path>`.
CREATE: dict[str, Maker] = {
    "billing_portal/sessions": create_portal,
    "checkout/sessions": create_checkout,
    "coupons": create_coupon,
    "customers": create_customer,
    "prices": create_price,
    "products": create_product,
    "promotion_codes": create_promotion_code,
    "refunds": create_refund,
    "webhook_endpoints": create_endpoint,
}
#: `POST /v1/<path>/<id>`.
UPDATE: dict[str, Changer] = {
    "customers": update_customer,
    "prices": update_good("price"),
    "products": update_good("product"),
    "subscriptions": update_subscription,
}
#: `POST /v1/<path>/<id>/<what>`.
ACT: dict[tuple[str, str], Changer] = {
    ("checkout/sessions", "expire"): expire_checkout,
    ("invoices", "pay"): pay_invoice,
    ("payment_methods", "attach"): attach_method,
    ("subscriptions", "resume"): resume_subscription,
}
#: `DELETE /v1/<path>/<id>`.
DELETE: dict[str, Changer] = {
    "coupons": delete_coupon,
    "customers": delete_customer,
    "subscriptions": cancel_subscription,
}
