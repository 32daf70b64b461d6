"""What a discount takes off, for how long, and who may have it. Pure.

https://docs.stripe.com/billing/subscriptions/coupons; instants in seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from keystead_stub.stripe_sim.engine.amounts import part
from keystead_stub.stripe_sim.engine.calendar import months_after
from keystead_stub.stripe_sim.resources.coupons import rules as coupon_rules
from keystead_stub.stripe_sim.resources.coupons.rules import Document
from keystead_stub.stripe_sim.resources.promotion_codes import rules as promotion_code_rules


class Buyer(msgspec.Struct, frozen=True, kw_only=True):
    """The customer who redeems a discount; `subtotal` is what they are about to pay."""

    customer_id: str | None
    has_paid: bool
    subtotal: int
    currency: str


Refusal = Literal["over", "not_yours", "first_time_only", "too_little", "other_currency"]


def split(lines: Sequence[int], coupon: Document) -> tuple[int, ...]:
    """Return what the coupon takes off each line, at most the line's amount."""
    if coupon["percent_off"] is not None:
        # In whole basis points, the percentage is computed in exact integers.
        basis_points = round(coupon["percent_off"] * 100)
        return tuple(part(max(line, 0), basis_points, 10_000) for line in lines)
    room = [max(line, 0) for line in lines]
    whole = sum(room)
    off = min(coupon["amount_off"], whole)
    taken, reached, shares = 0, 0, []
    for line in room:
        reached += line
        # Shares come from the running total, so that rounding never loses or adds a cent in the
        # sum.
        share = off * reached // whole - taken if whole else 0
        taken += share
        shares.append(share)
    return tuple(shares)


def ends_at(coupon: Document, start_s: int) -> int | None:
    """Return when a discount that starts now ends by itself; null where no date ends it."""
    # `once` ends with the invoice that uses it and `forever` never, so neither has a date.
    if coupon["duration"] != "repeating":
        return None
    return months_after(start_s, coupon["duration_in_months"])


def refusal(coupon: Document, code: Document | None, buyer: Buyer, now_s: int) -> Refusal | None:
    """Return why this buyer cannot have the discount, or null."""
    if not coupon_rules.is_valid(coupon, now_s):
        return "over"
    if coupon["amount_off"] is not None and coupon["currency"] != buyer.currency:
        return "other_currency"
    if code is None:
        return None
    if not code["active"] or not promotion_code_rules.is_active(code, now_s):
        return "over"
    if code["customer"] not in (None, buyer.customer_id):
        return "not_yours"
    return _restriction(code["restrictions"], buyer)


def _restriction(restrictions: Document, buyer: Buyer) -> Refusal | None:
    if restrictions["first_time_transaction"] and buyer.has_paid:
        return "first_time_only"
    minimum = restrictions["minimum_amount"]
    if minimum is None:
        return None
    if restrictions["minimum_amount_currency"] != buyer.currency:
        return "other_currency"
    return "too_little" if buyer.subtotal < minimum else None
