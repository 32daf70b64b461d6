"""Discount objects: https://docs.stripe.com/api/discounts/object. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json, nulls


def discount(
    *,
    discount_id: str,
    start: int,
    end: int | None,
    customer_id: str,
    subscription_id: str | None,
    session_id: str | None,
    coupon_id: str,
    code_id: str | None,
) -> Json:
    """Return the discount of a subscription, a customer or one invoice by a coupon."""
    return {
        **nulls("customer_account invoice invoice_item subscription_item"),
        "id": discount_id,
        "object": "discount",
        "checkout_session": session_id,
        "customer": customer_id,
        "end": end,
        "promotion_code": code_id,
        "source": {"coupon": coupon_id, "type": "coupon"},
        "start": start,
        "subscription": subscription_id,
    }
