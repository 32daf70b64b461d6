"""Discounts of customers: https://docs.stripe.com/api/discounts."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import errors
from keystead_stub.stripe_sim.engine.errors import invalid_request
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.coupons import rules as coupon_rules
from keystead_stub.stripe_sim.resources.customers.operations import retrieve
from keystead_stub.stripe_sim.resources.discounts import rules as discount_rules
from keystead_stub.stripe_sim.resources.discounts import shape as discount_shape
from keystead_stub.stripe_sim.resources.discounts.rules import Buyer, Refusal
from keystead_stub.stripe_sim.resources.promotion_codes import operations as promotion_codes
from keystead_stub.stripe_sim.resources.promotion_codes import rules as promotion_code_rules


def create_for_customer(
    work: UnitOfWork,
    customer_id: str,
    *,
    coupon_id: str | None = None,
    promotion_code_id: str | None = None,
) -> Json:
    """Discount everything the customer is billed for; return the discount."""
    customer = retrieve(work, customer_id)
    found = promotion_codes.resolve(work, coupon_id, promotion_code_id)
    if found is None:
        raise invalid_request("You must specify one of these parameters: coupon, promotion_code.")
    currency = found[0]["currency"] or customer["currency"] or ""
    # Nothing is being bought yet, so a minimum amount is checked against a subtotal of 0.
    check(work, *found, buyer(work, customer_id, 0, currency))
    return replace_on_customer(work, customer, *found)


def delete_from_customer(work: UnitOfWork, customer_id: str) -> Json:
    """Remove the customer's discount; return it."""
    return remove_from_customer(work, retrieve(work, customer_id))


#: Messages for a code that cannot be redeemed.
_MESSAGES: dict[Refusal, str] = {
    "over": "This code is no longer valid.",
    "not_yours": "This code belongs to another customer.",
    "first_time_only": "This code is for a first purchase.",
    "too_little": "This code needs a larger order.",
    "other_currency": "This code is not for this currency.",
}


_UPDATED = "customer.subscription.updated"


#: The coupon's fields that a discount keeps a copy of.
_TERMS = ("amount_off", "currency", "duration", "duration_in_months", "name", "percent_off")


def check(work: UnitOfWork, coupon: Json, code: Json | None, buyer: Buyer) -> None:
    """Raise StripeError `coupon_expired` or `invalid_request` unless the buyer is eligible."""
    # A deleted coupon has no terms left that could be checked.
    if coupon.get("deleted"):
        raise errors.invalid_request(_MESSAGES["over"], "coupon_expired")
    refusal = discount_rules.refusal(coupon, code, buyer, work.now_s)
    if refusal is not None:
        raise errors.invalid_request(
            _MESSAGES[refusal], "coupon_expired" if refusal == "over" else "invalid_request"
        )


def buyer(work: UnitOfWork, customer_id: str | None, subtotal: int, currency: str) -> Buyer:
    charges = work.of_customer("charge", customer_id) if customer_id else []
    return Buyer(
        customer_id=customer_id,
        has_paid=any(charge["paid"] for charge in charges),
        subtotal=subtotal,
        currency=currency,
    )


def create(
    work: UnitOfWork, holder: Json, coupon: Json, code: Json | None, *, session_id: str | None
) -> Json:
    """Create the only discount of a subscription or customer; return it."""
    of_customer = holder["object"] == "customer"
    discount = discount_shape.discount(
        discount_id=work.ids.new("di_1"),
        start=work.now_s,
        end=discount_rules.ends_at(coupon, work.now_s),
        customer_id=holder["id"] if of_customer else holder["customer"],
        subscription_id=None if of_customer else holder["id"],
        session_id=session_id,
        coupon_id=coupon["id"],
        code_id=code["id"] if code else None,
    )
    # The terms are copied, because deleting or editing the coupon must not change running
    # discounts.
    work.add(discount, private={name: coupon[name] for name in _TERMS})
    count_redemption(work, coupon, code)
    work.emit("customer.discount.created", discount)
    return discount


def count_redemption(work: UnitOfWork, coupon: Json, code: Json | None) -> None:
    """Count one more redemption of the coupon, and of the code that was typed for it."""
    redeemed = {**coupon, "times_redeemed": coupon["times_redeemed"] + 1}
    # The last redemption makes a coupon invalid at once, and its codes with it.
    valid = coupon_rules.is_valid(redeemed, work.now_s)
    work.change(coupon, "coupon.updated", times_redeemed=redeemed["times_redeemed"], valid=valid)
    if code is None:
        return
    redeemed = {**code, "times_redeemed": code["times_redeemed"] + 1}
    active = valid and promotion_code_rules.is_active(redeemed, work.now_s)
    work.change(
        code,
        "promotion_code.updated",
        times_redeemed=redeemed["times_redeemed"],
        active=active,
    )


def end(work: UnitOfWork, discount_id: str) -> None:
    """End a discount and emit its deletion."""
    discount = work.get("discount", discount_id)
    # An earlier end stays: a discount found expired late has ended at its own date.
    work.change(discount, None, end=min(discount["end"] or work.now_s, work.now_s))
    work.emit("customer.discount.deleted", discount)


def replace_on_subscription(
    work: UnitOfWork, subscription: Json, coupon: Json, code: Json | None
) -> Json:
    """Replace the discounts of a running subscription."""
    before = subscription["discounts"]
    for discount_id in before:
        end(work, discount_id)
    discount = create(work, subscription, coupon, code, session_id=None)
    work.change(subscription, _UPDATED, discounts=[discount["id"]])
    return discount


def remove_from_subscription(work: UnitOfWork, subscription: Json) -> None:
    """Remove the discounts of a running subscription."""
    for discount_id in subscription["discounts"]:
        end(work, discount_id)
    work.change(subscription, _UPDATED, discounts=[])


def replace_on_customer(work: UnitOfWork, customer: Json, coupon: Json, code: Json | None) -> Json:
    """Replace a customer's discount; return the new one.

    It is for each invoice of a subscription that has no discount of its own.
    """
    if customer["discount"] is not None:
        end(work, customer["discount"]["id"])
    discount = create(work, customer, coupon, code, session_id=None)
    if discount["end"] is not None:
        # Discounts of subscriptions need no timer: they are removed when a period begins after
        # their end.
        work.set_timer(discount["end"], "discount_over", discount["id"])
    # A copy, because the customer contains the discount as an object of its own.
    work.change(customer, "customer.updated", discount=dict(discount))
    return discount


def remove_from_customer(work: UnitOfWork, customer: Json) -> Json:
    """Remove a customer's discount; return it."""
    if customer["discount"] is None:
        raise errors.invalid_request("No active discount for customer.", "resource_missing")
    discount_id = customer["discount"]["id"]
    work.clear_timers(discount_id)
    end(work, discount_id)
    work.change(customer, "customer.updated", discount=None)
    return work.get("discount", discount_id)


def expire(work: UnitOfWork, discount_id: str) -> None:
    """Remove a customer's discount that has reached its end."""
    customer = work.get("customer", work.get("discount", discount_id)["customer"])
    # Another discount may have replaced it since the timer was set.
    if (customer.get("discount") or {}).get("id") == discount_id:
        remove_from_customer(work, customer)
