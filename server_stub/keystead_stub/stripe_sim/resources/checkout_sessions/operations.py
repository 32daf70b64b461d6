"""Operations on checkout sessions: https://docs.stripe.com/api/checkout/sessions.

`payment_mode` and `subscription_mode` complete them.
"""

from __future__ import annotations

from collections.abc import Sequence

from keystead.instants import to_seconds
from keystead_stub.stripe_sim.engine import amounts, errors
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.checkout_sessions import line_items, shape
from keystead_stub.stripe_sim.resources.customers import operations as customers
from keystead_stub.stripe_sim.resources.discounts import operations as discount_operations
from keystead_stub.stripe_sim.resources.payment_intents import lifecycle as intent_lifecycle
from keystead_stub.stripe_sim.resources.promotion_codes import operations as promotion_codes
from keystead_stub.stripe_sim.resources.promotion_codes.operations import UNKNOWN
from keystead_stub.stripe_sim.resources.subscriptions.rules import MAX_TRIAL_DAYS
from keystead_stub.stripe_types.requests import NewCheckout

#: Stripe's default, and its longest (https://docs.stripe.com/api/checkout/sessions/create).
SESSION_LIFE_S = 86_400
_SHORTEST_LIFE_S = 1_800
KIND = "checkout.session"


def create(work: UnitOfWork, request: NewCheckout) -> Json:
    """Open a session; raises StripeError for a price, customer or quantity that is not there."""
    if request.customer_id is not None:
        customers.retrieve(work, request.customer_id)
    if not 0 <= request.trial_period_days <= MAX_TRIAL_DAYS:
        raise errors.invalid_request(
            f"Invalid trial_period_days: must be between 0 and {MAX_TRIAL_DAYS}."
        )
    expires_at = _expires_at(work, request)
    lines = line_items.for_session(work, request)
    session_id = work.ids.new("cs_test_")
    session = shape.checkout_session(
        request,
        session_id=session_id,
        created=work.now_s,
        expires_at=expires_at,
        url=f"{work.rules.base_url}/_stub/checkout/{session_id}",
        # Nothing is due at the start of a trial: its first invoice is free.
        amount=0 if request.trial_period_days else sum(one.amount for one in lines),
        currency=lines[0].price["currency"],
    )
    work.add(session, private=_private(request, lines))
    work.set_timer(expires_at, "expire", session_id)
    # After the session is stored, because the discount is checked against its line items.
    _apply_given_discount(work, session, request)
    return session


def _expires_at(work: UnitOfWork, request: NewCheckout) -> int:
    if request.expires_at_ms is None:
        return work.now_s + SESSION_LIFE_S
    expires_at = to_seconds(request.expires_at_ms)
    if not work.now_s + _SHORTEST_LIFE_S <= expires_at <= work.now_s + SESSION_LIFE_S:
        raise errors.invalid_request(
            "The expires_at timestamp must be between 30 minutes and 24 hours from now."
        )
    return expires_at


def _private(request: NewCheckout, lines: Sequence[line_items.LineItem]) -> Json:
    """Return what completing the session needs and Stripe's object does not show."""
    # Stripe's session object has no fields for these, so they must not be part of it.
    return {
        "items": line_items.to_private(lines),
        "subscription_metadata": dict(request.subscription_metadata),
        "trial_days": request.trial_period_days,
        "trial_end_behavior": request.trial_end_behavior,
        "payment_metadata": dict(request.payment_metadata),
        "payment_description": request.payment_description,
        "setup_future_usage": request.setup_future_usage,
    }


def line_items_of(work: UnitOfWork, session: Json) -> list[line_items.LineItem]:
    """Return the session's line items."""
    return line_items.from_private(work.private(session["id"])["items"], work.get)


def _apply_given_discount(work: UnitOfWork, session: Json, request: NewCheckout) -> None:
    """Apply the discount that the request names."""
    found = promotion_codes.resolve(work, request.coupon_id, request.promotion_code_id)
    if found is None:
        return
    if request.allow_promotion_codes:
        raise errors.invalid_request(
            "You may only specify one of these parameters: allow_promotion_codes, discounts."
        )
    _apply_discount(work, session, *found)


def apply_promotion_code(work: UnitOfWork, session_id: str, typed: str) -> Json:
    """Apply a promotion code as typed; raises StripeError with a message for the page."""
    session = retrieve_open(work, session_id)
    if not session["allow_promotion_codes"]:
        raise errors.invalid_request("This checkout takes no promotion codes.")
    code = promotion_codes.find(work, typed)
    if code is None:
        raise errors.invalid_request(UNKNOWN, code="resource_missing", status=404)
    _apply_discount(work, session, work.get("coupon", code["promotion"]["coupon"]), code)
    return session


def remove_promotion_code(work: UnitOfWork, session_id: str) -> Json:
    """Remove the promotion code."""
    session = retrieve_open(work, session_id)
    if not session["allow_promotion_codes"]:
        raise errors.invalid_request("This checkout takes no promotion codes.")
    _set_discounts(work, session, None, [])
    return session


def _apply_discount(work: UnitOfWork, session: Json, coupon: Json, code: Json | None) -> None:
    check_discount(work, session, coupon, code)
    used: Json = {
        "coupon": None if code else coupon["id"],
        "promotion_code": code["id"] if code else None,
    }
    _set_discounts(work, session, coupon, [used])


def check_discount(work: UnitOfWork, session: Json, coupon: Json, code: Json | None) -> None:
    """Raise StripeError unless the session's buyer is eligible for the discount."""
    subtotal = sum(one.amount for one in line_items_of(work, session))
    buyer = discount_operations.buyer(work, session["customer"], subtotal, session["currency"])
    discount_operations.check(work, coupon, code, buyer)
    due = subtotal - sum(line_items.discount_amounts(line_items_of(work, session), coupon))
    # A one-time payment has no next invoice that could take over an amount below the minimum.
    if session["mode"] == "payment" and due:
        amounts.check_charge(due, session["currency"])


def _set_discounts(work: UnitOfWork, session: Json, coupon: Json | None, used: list[Json]) -> None:
    subtotal = session["amount_subtotal"]
    # A trial is free already.
    off = sum(line_items.discount_amounts(line_items_of(work, session), coupon)) if subtotal else 0
    work.change(
        session,
        None,
        amount_total=subtotal - off,
        discounts=used,
        total_details=session["total_details"] | {"amount_discount": off},
    )


def retrieve_open(work: UnitOfWork, session_id: str) -> Json:
    session = work.get(KIND, session_id)
    if session["status"] != "open":
        raise errors.invalid_request(
            f"This checkout session is {session['status']}.", code="illegal_transition", status=409
        )
    return session


def expire(work: UnitOfWork, session_id: str) -> Json:
    session = retrieve_open(work, session_id)
    # A session expired through the API must not expire a second time.
    work.clear_timers(session_id)
    work.change(session, None, status="expired", url=None)
    if session["payment_intent"] is not None:
        intent = work.get("payment_intent", session["payment_intent"])
        # The intent of a declined attempt would otherwise stay open, and could still be paid.
        intent_lifecycle.cancel(work, intent, "expired")
    work.emit("checkout.session.expired", session)
    return session
