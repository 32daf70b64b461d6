"""Checkout sessions: opened, given a promotion code, expired. Paying one is `buying`."""

from __future__ import annotations

from collections.abc import Sequence

from keystead.instants import to_ms, to_seconds
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.charges import operations as charging
from keystead_stub.stripe_sim.resources.checkout_sessions import line_items
from keystead_stub.stripe_sim.resources.checkout_sessions import shape as shapes
from keystead_stub.stripe_sim.resources.coupons import operations as coupons
from keystead_stub.stripe_sim.resources.coupons import shape as discounts
from keystead_stub.stripe_sim.resources.coupons.requests import (
    CheckoutLine,
    CheckoutTerms,
    Discounted,
)
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.requests import NewCheckout

#: Stripe's default, and its longest (https://docs.stripe.com/api/checkout/sessions/create).
SESSION_LIFE_S = 86_400
_SHORTEST_LIFE_S = 1_800
#: Stripe's longest trial.
LONGEST_TRIAL_DAYS = 730
DAY_S = 86_400
KIND = "checkout.session"


def refuse(sentence: str, *, code: str = "invalid_request", status: int = 400) -> StripeError:
    return StripeError(sentence, code=code, status=status)


def open_session(work: UnitOfWork, request: NewCheckout) -> Json:
    """Open a session; raises StripeError for a price, customer or quantity that is not there."""
    if request.customer_id is not None:
        living_customer(work, request.customer_id)
    if not 0 <= request.trial_period_days <= LONGEST_TRIAL_DAYS:
        raise refuse(f"A trial lasts 0 to {LONGEST_TRIAL_DAYS} days.")
    expires_at = _end(work, request)
    chosen = line_items.choose(work, request)
    session_id = work.ids.new("cs_test_")
    session = shapes.checkout_session(
        request,
        session_id=session_id,
        created=work.now_s,
        expires_at=expires_at,
        url=f"{work.rules.base_url}/_stub/checkout/{session_id}",
        amount=0 if request.trial_period_days else sum(one.amount for one in chosen),
        currency=chosen[0].price["currency"],
    )
    work.add(session, private=_private(request, chosen))
    work.at(expires_at, "expire", session_id)
    _preset(work, session, request)
    return session


def _end(work: UnitOfWork, request: NewCheckout) -> int:
    if request.expires_at_ms is None:
        return work.now_s + SESSION_LIFE_S
    expires_at = to_seconds(request.expires_at_ms)
    if not work.now_s + _SHORTEST_LIFE_S <= expires_at <= work.now_s + SESSION_LIFE_S:
        raise refuse("A checkout lives half an hour to a day.")
    return expires_at


def _private(request: NewCheckout, chosen: Sequence[line_items.Chosen]) -> Json:
    """Return what the session does not show, and paying it needs."""
    return {
        "items": line_items.kept(chosen),
        "subscription_metadata": dict(request.subscription_metadata),
        "trial_days": request.trial_period_days,
        "trial_end_behavior": request.trial_end_behavior,
        "payment_metadata": dict(request.payment_metadata),
        "payment_description": request.payment_description,
        "setup_future_usage": request.setup_future_usage,
    }


def items(work: UnitOfWork, session: Json) -> list[line_items.Chosen]:
    """Return what is in the session."""
    return line_items.of(work.private(session["id"])["items"], work.get)


def _preset(work: UnitOfWork, session: Json, request: NewCheckout) -> None:
    """Give the session the discount that it was opened with."""
    found = coupons.named(work, request.coupon_id, request.promotion_code_id)
    if found is None:
        return
    if request.allow_promotion_codes:
        raise refuse("A session takes a discount, or codes that people type, not both.")
    _discount(work, session, *found)


def apply_code(work: UnitOfWork, session_id: str, typed: str) -> Json:
    """Take a promotion code that a person typed; raises StripeError with a sentence for them."""
    session = open_or_refuse(work, session_id)
    if not session["allow_promotion_codes"]:
        raise refuse("This checkout takes no promotion codes.")
    code = coupons.find_code(work, typed)
    if code is None:
        raise refuse(coupons.UNKNOWN, code="resource_missing", status=404)
    _discount(work, session, work.get("coupon", code["promotion"]["coupon"]), code)
    return session


def remove_code(work: UnitOfWork, session_id: str) -> Json:
    """Let the session cost its plain price again."""
    session = open_or_refuse(work, session_id)
    if not session["allow_promotion_codes"]:
        raise refuse("This checkout takes no promotion codes.")
    _put(work, session, None, [])
    return session


def _discount(work: UnitOfWork, session: Json, coupon: Json, code: Json | None) -> None:
    check_discount(work, session, coupon, code)
    used: Json = {
        "coupon": None if code else coupon["id"],
        "promotion_code": code["id"] if code else None,
    }
    _put(work, session, coupon, [used])


def check_discount(work: UnitOfWork, session: Json, coupon: Json, code: Json | None) -> None:
    """Raise StripeError unless whoever pays the session may have the discount."""
    subtotal = sum(one.amount for one in items(work, session))
    buyer = coupons.buyer(work, session["customer"], subtotal, session["currency"])
    coupons.check(work, coupon, code, buyer)


def _put(work: UnitOfWork, session: Json, coupon: Json | None, used: list[Json]) -> None:
    subtotal = session["amount_subtotal"]
    # A trial is free already.
    off = sum(line_items.discounts(items(work, session), coupon)) if subtotal else 0
    work.change(
        session,
        None,
        amount_total=subtotal - off,
        discounts=used,
        total_details=session["total_details"] | {"amount_discount": off},
    )


def terms(
    session: Document,
    wanted: Json,
    chosen: Sequence[line_items.Chosen],
    *,
    coupon: Document | None,
    code: Document | None,
    now_s: int,
) -> CheckoutTerms:
    """Return what the session asks the person to agree to. Pure."""
    once = session["mode"] == "payment"
    recurring = 0 if once else sum(one.amount for one in chosen)
    off = session["total_details"]["amount_discount"]
    later = sum(line_items.discounts(chosen, coupon))
    discount = None
    if coupon is not None:
        reduction = discounts.reduction(coupon)
        discount = Discounted(reduction=reduction, code=code["code"] if code else None, amount=off)
    days = wanted["trial_days"]
    total = session["amount_total"]
    return CheckoutTerms(
        currency=session["currency"],
        once=once,
        lines=tuple(
            CheckoutLine(
                name=one.name,
                quantity=one.quantity,
                unit_amount=one.price["unit_amount"],
                amount=one.amount,
            )
            for one in chosen
        ),
        subtotal=session["amount_subtotal"],
        total=total,
        recurring=recurring,
        then=recurring - later if days else recurring,
        discount=discount,
        trial_end_ms=to_ms(now_s + days * DAY_S) if days else None,
        needs_card=total > 0 or session["payment_method_collection"] == "always",
        takes_codes=bool(session["allow_promotion_codes"]),
    )


def living_customer(work: UnitOfWork, customer_id: str) -> Json:
    customer = work.get("customer", customer_id)
    if customer.get("deleted"):
        raise refuse("No such customer.", code="resource_missing", status=404)
    return customer


def open_or_refuse(work: UnitOfWork, session_id: str) -> Json:
    session = work.get(KIND, session_id)
    if session["status"] != "open":
        raise refuse(
            f"This checkout session is {session['status']}.", code="illegal_transition", status=409
        )
    return session


def expire(work: UnitOfWork, session_id: str) -> Json:
    session = open_or_refuse(work, session_id)
    work.clear(session_id)
    work.change(session, None, status="expired", url=None)
    if session["payment_intent"] is not None:
        intent = work.get("payment_intent", session["payment_intent"])
        charging.cancel(work, intent, "expired")
    work.emit("checkout.session.expired", session)
    return session
