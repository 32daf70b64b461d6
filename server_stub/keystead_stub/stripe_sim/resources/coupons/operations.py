"""Coupons and promotion codes: made, redeemed for a discount on a subscription, used up."""

from __future__ import annotations

from collections.abc import Sequence

from keystead.instants import to_seconds
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.seed import SeedPromotion
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.coupons import rules as discounting
from keystead_stub.stripe_sim.resources.coupons import shape as shapes
from keystead_stub.stripe_sim.resources.coupons.requests import NewCoupon, NewPromotionCode
from keystead_stub.stripe_sim.resources.coupons.rules import Buyer, Refusal
from keystead_stub.stripe_types.errors import StripeError

#: What people are told of a code that does nothing for them.
_SENTENCES: dict[Refusal, str] = {
    "over": "This code is no longer valid.",
    "not_yours": "This code belongs to another customer.",
    "first_time_only": "This code is for a first purchase.",
    "too_little": "This code needs a larger order.",
    "other_currency": "This code is not for this currency.",
}
_UPDATED = "customer.subscription.updated"
UNKNOWN = "We do not know this code. Check how it is written."
#: What a coupon is made of as long as a discount lives, whatever becomes of the coupon.
_TERMS = ("amount_off", "currency", "duration", "duration_in_months", "name", "percent_off")


def _invalid(sentence: str, code: str = "invalid_request") -> StripeError:
    return StripeError(sentence, code=code)


def create(work: UnitOfWork, request: NewCoupon) -> Json:
    """Make a coupon; raises StripeError for terms that make no sense, or an id that is taken."""
    _check_terms(request)
    coupon_id = request.id or work.ids.text(8)
    if work.is_taken(coupon_id):
        raise _invalid("A coupon with this id exists.", "resource_already_exists")
    if request.redeem_by_ms is not None and to_seconds(request.redeem_by_ms) <= work.now_s:
        raise _invalid("The coupon must be redeemable at some time to come.")
    coupon = work.add(shapes.coupon(request, coupon_id=coupon_id, created=work.now_s))
    work.emit("coupon.created", coupon)
    if coupon["redeem_by"] is not None:
        work.at(coupon["redeem_by"], "coupon_over", coupon_id)
    return coupon


def _check_terms(request: NewCoupon) -> None:
    percent, amount = request.percent_off, request.amount_off
    if (percent is None) == (amount is None):
        raise _invalid("A coupon takes off a percentage or an amount.")
    if percent is not None and not 0 < percent <= 100:
        raise _invalid("The percentage must be above 0, and 100 at most.")
    if amount is not None and (amount <= 0 or request.currency is None):
        raise _invalid("An amount off is positive, and has a currency.")
    if (request.duration == "repeating") != (request.duration_in_months is not None):
        raise _invalid("A repeating coupon, and no other, has months.")
    limits = (request.duration_in_months, request.max_redemptions)
    if any(limit is not None and limit < 1 for limit in limits):
        raise _invalid("Months and redemptions are 1 or more.")


def create_promotion_code(work: UnitOfWork, request: NewPromotionCode) -> Json:
    """Make a code for a coupon; raises StripeError where an active one is the same."""
    work.get("coupon", request.coupon_id)
    code = request.code or work.ids.text(8).upper()
    if not code.isascii() or not code.replace("-", "").isalnum():
        raise _invalid("A code has letters, digits and dashes only.")
    known = find_code(work, code)
    if known is not None and known["active"]:
        raise _invalid("An active promotion code is the same.", "resource_already_exists")
    if request.customer_id is not None:
        work.get("customer", request.customer_id)
    made = shapes.promotion_code(
        request, code_id=work.ids.new("promo_1"), code=code, created=work.now_s
    )
    work.add(made)
    work.emit("promotion_code.created", made)
    if made["expires_at"] is not None:
        work.at(made["expires_at"], "code_over", made["id"])
    return made


def stock(work: UnitOfWork, promotion: SeedPromotion) -> None:
    """Create a seeded coupon and its promotion code unless they exist. Emits no event."""
    coupon_id = promotion.code.lower()
    if work.is_taken(coupon_id):
        return
    coupon = NewCoupon(
        name=promotion.name,
        percent_off=promotion.percent_off,
        amount_off=promotion.amount_off,
        currency=promotion.currency,
        duration="repeating" if promotion.months else "once",
        duration_in_months=promotion.months,
    )
    work.add(shapes.coupon(coupon, coupon_id=coupon_id, created=work.now_s))
    code = NewPromotionCode(coupon_id=coupon_id, active=promotion.active)
    code_id = work.ids.new("promo_1")
    made = shapes.promotion_code(code, code_id=code_id, code=promotion.code, created=work.now_s)
    work.add(made)


def find_code(work: UnitOfWork, code: str) -> Json | None:
    """Return the promotion code that people type so, an active one first."""
    wanted = code.strip().casefold()
    found = [one for one in work.all("promotion_code") if one["code"].casefold() == wanted]
    return max(found, key=lambda one: (one["active"], one["created"]), default=None)


def named(
    work: UnitOfWork, coupon_id: str | None, code_id: str | None
) -> tuple[Json, Json | None] | None:
    """Return the coupon that is asked for by its id, or with the promotion code that gives it."""
    code = work.get("promotion_code", code_id) if code_id else None
    wanted = code["promotion"]["coupon"] if code else coupon_id
    return (work.get("coupon", wanted), code) if wanted else None


def delete(work: UnitOfWork, coupon_id: str) -> None:
    """Let a coupon be redeemed no more; discounts that it gave go on."""
    coupon = work.get("coupon", coupon_id)
    work.clear(coupon_id)
    work.change(coupon, None, valid=False)
    work.emit("coupon.deleted", coupon)
    for name in set(coupon) - {"id", "object"}:
        del coupon[name]
    coupon["deleted"] = True
    work.save(coupon)


def coupon_over(work: UnitOfWork, coupon_id: str) -> None:
    work.change(work.get("coupon", coupon_id), "coupon.updated", valid=False)


def code_over(work: UnitOfWork, code_id: str) -> None:
    work.change(work.get("promotion_code", code_id), "promotion_code.updated", active=False)


# Redeeming


def check(work: UnitOfWork, coupon: Json, code: Json | None, buyer: Buyer) -> None:
    """Raise StripeError `coupon_expired` or `invalid_request` unless this buyer may have it."""
    if coupon.get("deleted"):
        raise _invalid(_SENTENCES["over"], "coupon_expired")
    refusal = discounting.why_not(coupon, code, buyer, work.now_s)
    if refusal is not None:
        raise _invalid(
            _SENTENCES[refusal], "coupon_expired" if refusal == "over" else "invalid_request"
        )


def buyer(work: UnitOfWork, customer_id: str | None, subtotal: int, currency: str) -> Buyer:
    charges = work.of_customer("charge", customer_id) if customer_id else []
    return Buyer(
        customer_id=customer_id,
        has_paid=any(charge["paid"] for charge in charges),
        subtotal=subtotal,
        currency=currency,
    )


def redeem(
    work: UnitOfWork, holder: Json, coupon: Json, code: Json | None, *, session_id: str | None
) -> Json:
    """Put the coupon to work on a subscription or a customer, as its only discount; return that."""
    of_customer = holder["object"] == "customer"
    discount = shapes.discount(
        discount_id=work.ids.new("di_1"),
        start=work.now_s,
        end=discounting.ends_at(coupon, work.now_s),
        customer_id=holder["id"] if of_customer else holder["customer"],
        subscription_id=None if of_customer else holder["id"],
        session_id=session_id,
        coupon_id=coupon["id"],
        code_id=code["id"] if code else None,
    )
    work.add(discount, private={name: coupon[name] for name in _TERMS})
    count(work, coupon, code)
    work.emit("customer.discount.created", discount)
    return discount


def count(work: UnitOfWork, coupon: Json, code: Json | None) -> None:
    """Count one more redemption of the coupon, and of the code that was typed for it."""
    redeemed = {**coupon, "times_redeemed": coupon["times_redeemed"] + 1}
    valid = discounting.is_valid(redeemed, work.now_s)
    work.change(coupon, "coupon.updated", times_redeemed=redeemed["times_redeemed"], valid=valid)
    if code is None:
        return
    redeemed = {**code, "times_redeemed": code["times_redeemed"] + 1}
    active = valid and discounting.is_active(redeemed, work.now_s)
    work.change(
        code,
        "promotion_code.updated",
        times_redeemed=redeemed["times_redeemed"],
        active=active,
    )


def drop(work: UnitOfWork, discount_id: str) -> None:
    """Tell that a discount is at work no more."""
    discount = work.get("discount", discount_id)
    work.change(discount, None, end=min(discount["end"] or work.now_s, work.now_s))
    work.emit("customer.discount.deleted", discount)


def put(work: UnitOfWork, subscription: Json, coupon: Json, code: Json | None) -> Json:
    """Give a running subscription a discount, in the place of the one it had."""
    before = subscription["discounts"]
    for discount_id in before:
        drop(work, discount_id)
    discount = redeem(work, subscription, coupon, code, session_id=None)
    work.change(subscription, _UPDATED, discounts=[discount["id"]])
    return discount


def take_off(work: UnitOfWork, subscription: Json) -> None:
    """Let a running subscription cost its plain price again."""
    for discount_id in subscription["discounts"]:
        drop(work, discount_id)
    work.change(subscription, _UPDATED, discounts=[])


def give_customer(work: UnitOfWork, customer: Json, coupon: Json, code: Json | None) -> Json:
    """Give a customer a discount, in the place of the one they had; return the discount.

    It is for each invoice of a subscription that has no discount of its own.
    """
    if customer["discount"] is not None:
        drop(work, customer["discount"]["id"])
    discount = redeem(work, customer, coupon, code, session_id=None)
    if discount["end"] is not None:
        work.at(discount["end"], "discount_over", discount["id"])
    work.change(customer, "customer.updated", discount=dict(discount))
    return discount


def take_from_customer(work: UnitOfWork, customer: Json) -> Json:
    """Let a customer have no discount any more; return the one they had."""
    if customer["discount"] is None:
        raise _invalid("This customer has no discount.", "resource_missing")
    discount_id = customer["discount"]["id"]
    work.clear(discount_id)
    drop(work, discount_id)
    work.change(customer, "customer.updated", discount=None)
    return work.get("discount", discount_id)


def discount_over(work: UnitOfWork, discount_id: str) -> None:
    """Let a customer's discount end by itself."""
    customer = work.get("customer", work.get("discount", discount_id)["customer"])
    if (customer.get("discount") or {}).get("id") == discount_id:
        take_from_customer(work, customer)


# On invoices


def at_work(
    work: UnitOfWork, customer: Json, subscription: Json | None, currency: str
) -> list[str]:
    """Return the discounts of a subscription's invoice: its own, else the customer's."""
    if subscription is None:
        return []
    own: list[str] = subscription["discounts"]
    theirs = customer.get("discount")
    if own or theirs is None:
        return own
    fits = work.private(theirs["id"])["currency"] in {None, currency}
    return [theirs["id"]] if fits else []


def shares(
    work: UnitOfWork, discounts: Sequence[str], lines: Sequence[int]
) -> dict[str, tuple[int, ...]]:
    """Return what each discount takes off each line, by discount."""
    left = list(lines)
    found: dict[str, tuple[int, ...]] = {}
    for discount_id in discounts:
        terms = work.private(discount_id)
        found[discount_id] = discounting.split(left, terms)
        left = [amount - off for amount, off in zip(left, found[discount_id], strict=True)]
    return found


def drop_ended(work: UnitOfWork, subscription: Json, at_s: int) -> None:
    """Take off what has ended by the instant at which a period begins; tells no update."""
    ends = {one: work.get("discount", one)["end"] for one in subscription["discounts"]}
    _keep(work, subscription, {one for one, end in ends.items() if end is None or end > at_s})


def drop_used(work: UnitOfWork, subscription: Json, invoice: Json) -> None:
    """Take off what was for one invoice, if this was the one; tells no update of it."""
    used = {one["discount"] for one in invoice["total_discount_amounts"] if one["amount"]}
    once = {one for one in used if work.private(one)["duration"] == "once"}
    _keep(work, subscription, set(subscription["discounts"]) - once)
    customer = work.get("customer", subscription["customer"])
    if (customer.get("discount") or {}).get("id") in once:
        take_from_customer(work, customer)


def _keep(work: UnitOfWork, subscription: Json, kept: set[str]) -> None:
    for discount_id in subscription["discounts"]:
        if discount_id not in kept:
            drop(work, discount_id)
    left = [one for one in subscription["discounts"] if one in kept]
    work.change(subscription, None, discounts=left)
