"""Discounts of customers: https://docs.stripe.com/api/discounts."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.checkout_sessions.operations import living_customer, refuse
from keystead_stub.stripe_sim.resources.coupons import operations as coupons


def create_for_customer(
    work: UnitOfWork,
    customer_id: str,
    *,
    coupon_id: str | None = None,
    promotion_code_id: str | None = None,
) -> Json:
    """Discount everything the customer is billed for; return the discount."""
    customer = living_customer(work, customer_id)
    found = coupons.named(work, coupon_id, promotion_code_id)
    if found is None:
        raise refuse("Name a coupon or a promotion code.")
    currency = found[0]["currency"] or customer["currency"] or ""
    # Nothing is being bought yet, so a minimum amount is checked against a subtotal of 0.
    coupons.check(work, *found, coupons.buyer(work, customer_id, 0, currency))
    return coupons.give_customer(work, customer, *found)


def delete_from_customer(work: UnitOfWork, customer_id: str) -> Json:
    """Remove the customer's discount; return it."""
    return coupons.take_from_customer(work, living_customer(work, customer_id))
