"""Checkout sessions: opened, given a promotion code, expired. Paying one is `buying`."""

from __future__ import annotations

from keystead.instants import to_ms
from keystead_stub.stripe_.interface import Document, NewCheckout, StripeRefused
from keystead_stub.stripe_.offers import CheckoutTerms, Discounted
from keystead_stub.stripe_.simulated import coupons, discounting
from keystead_stub.stripe_.simulated.ledger import Ledger
from keystead_stub.stripe_.simulated.shapes import discounts, sale
from keystead_stub.stripe_.simulated.shapes.parts import Json

#: Stripe's default, and its longest (https://docs.stripe.com/api/checkout/sessions/create).
SESSION_LIFE_S = 86_400
#: Stripe's longest trial.
_LONGEST_TRIAL_DAYS = 730
DAY_S = 86_400
#: Of a price that is in no catalogue of ours.
_MOST_UNITS = 999_999
KIND = "checkout.session"


def refuse(sentence: str, *, code: str = "invalid_request", status: int = 400) -> StripeRefused:
    return StripeRefused(sentence, code=code, status=status)


def open_session(ledger: Ledger, request: NewCheckout) -> Json:
    """Open a session; raises StripeRefused for a price, customer or quantity that is not there."""
    price = ledger.get("price", request.price_id)
    check_price(ledger, price, request.quantity)
    if request.customer_id is not None:
        living_customer(ledger, request.customer_id)
    if not 0 <= request.trial_period_days <= _LONGEST_TRIAL_DAYS:
        raise refuse(f"A trial lasts 0 to {_LONGEST_TRIAL_DAYS} days.")
    session_id = ledger.ids.new("cs_test_")
    session = sale.checkout_session(
        request,
        session_id=session_id,
        created=ledger.now_s,
        expires_at=ledger.now_s + SESSION_LIFE_S,
        url=f"{ledger.rules.base_url}/_stub/checkout/{session_id}",
        amount=0 if request.trial_period_days else price["unit_amount"] * request.quantity,
        currency=price["currency"],
    )
    private = {
        "price": price["id"],
        "quantity": request.quantity,
        "subscription_metadata": dict(request.subscription_metadata),
        "trial_days": request.trial_period_days,
        "trial_end_behavior": request.trial_end_behavior,
    }
    ledger.add(session, private=private)
    ledger.at(ledger.now_s + SESSION_LIFE_S, "expire", session_id)
    _preset(ledger, session, request)
    return session


def check_price(ledger: Ledger, price: Json, quantity: int) -> None:
    """Raise StripeRefused unless so many of the price can be subscribed to."""
    if price["recurring"] is None or not price["active"]:
        raise refuse("A subscription needs an active, recurring price.")
    found = ledger.rules.catalogue.find_price(price["id"])
    lowest, highest = (found[0].min_seats, found[0].max_seats) if found else (1, _MOST_UNITS)
    if not lowest <= quantity <= highest:
        raise refuse(f"The quantity must be {lowest} to {highest}.")


def _preset(ledger: Ledger, session: Json, request: NewCheckout) -> None:
    """Give the session the discount that it was opened with."""
    coupon_id, code = request.coupon_id, None
    if request.promotion_code_id is not None:
        code = ledger.get("promotion_code", request.promotion_code_id)
        coupon_id = code["promotion"]["coupon"]
    if coupon_id is None:
        return
    if request.allow_promotion_codes:
        raise refuse("A session takes a discount, or codes that people type, not both.")
    _discount(ledger, session, ledger.get("coupon", coupon_id), code)


def apply_code(ledger: Ledger, session_id: str, typed: str) -> Json:
    """Take a promotion code that a person typed; raises StripeRefused with a sentence for them."""
    session = open_or_refuse(ledger, session_id)
    if not session["allow_promotion_codes"]:
        raise refuse("This checkout takes no promotion codes.")
    code = coupons.find_code(ledger, typed)
    if code is None:
        raise refuse(coupons.UNKNOWN, code="resource_missing", status=404)
    _discount(ledger, session, ledger.get("coupon", code["promotion"]["coupon"]), code)
    return session


def remove_code(ledger: Ledger, session_id: str) -> Json:
    """Let the session cost its plain price again."""
    session = open_or_refuse(ledger, session_id)
    if not session["allow_promotion_codes"]:
        raise refuse("This checkout takes no promotion codes.")
    _put(ledger, session, None, [])
    return session


def _discount(ledger: Ledger, session: Json, coupon: Json, code: Json | None) -> None:
    check_discount(ledger, session, coupon, code)
    used: Json = {
        "coupon": None if code else coupon["id"],
        "promotion_code": code["id"] if code else None,
    }
    _put(ledger, session, coupon, [used])


def check_discount(ledger: Ledger, session: Json, coupon: Json, code: Json | None) -> None:
    """Raise StripeRefused unless whoever pays the session may have the discount."""
    subtotal, currency = plain_price(ledger, session), session["currency"]
    buyer = coupons.buyer(ledger, session["customer"], subtotal, currency)
    coupons.check(ledger, coupon, code, buyer)


def plain_price(ledger: Ledger, session: Json) -> int:
    wanted = ledger.private(session["id"])
    amount: int = ledger.get("price", wanted["price"])["unit_amount"] * wanted["quantity"]
    return amount


def _put(ledger: Ledger, session: Json, coupon: Json | None, used: list[Json]) -> None:
    subtotal = session["amount_subtotal"]
    off = discounting.split([subtotal], coupon)[0] if coupon else 0
    ledger.change(
        session,
        None,
        amount_total=subtotal - off,
        discounts=used,
        total_details=session["total_details"] | {"amount_discount": off},
    )


def terms(
    session: Document,
    wanted: Json,
    price: Document,
    *,
    coupon: Document | None,
    code: Document | None,
    now_s: int,
) -> CheckoutTerms:
    """Return what the session asks the person to agree to. Pure."""
    recurring = price["unit_amount"] * wanted["quantity"]
    off = session["total_details"]["amount_discount"]
    later = discounting.split([recurring], coupon)[0] if coupon else 0
    discount = None
    if coupon is not None:
        reduction = discounts.reduction(coupon)
        discount = Discounted(reduction=reduction, code=code["code"] if code else None, amount=off)
    days = wanted["trial_days"]
    total = session["amount_total"]
    return CheckoutTerms(
        currency=session["currency"],
        subtotal=session["amount_subtotal"],
        total=total,
        recurring=recurring,
        then=recurring - later if days else recurring,
        discount=discount,
        trial_end_ms=to_ms(now_s + days * DAY_S) if days else None,
        needs_card=total > 0 or session["payment_method_collection"] == "always",
        takes_codes=bool(session["allow_promotion_codes"]),
    )


def living_customer(ledger: Ledger, customer_id: str) -> Json:
    customer = ledger.get("customer", customer_id)
    if customer.get("deleted"):
        raise refuse("No such customer.", code="resource_missing", status=404)
    return customer


def open_or_refuse(ledger: Ledger, session_id: str) -> Json:
    session = ledger.get(KIND, session_id)
    if session["status"] != "open":
        raise refuse(
            f"This checkout session is {session['status']}.", code="illegal_transition", status=409
        )
    return session


def expire(ledger: Ledger, session_id: str) -> Json:
    session = open_or_refuse(ledger, session_id)
    ledger.clear(session_id)
    ledger.change(session, None, status="expired", url=None)
    ledger.emit("checkout.session.expired", session)
    return session
