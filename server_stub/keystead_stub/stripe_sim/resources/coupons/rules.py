"""What a discount takes off, for how long, and who may have it. Pure.

https://docs.stripe.com/billing/subscriptions/coupons; instants in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from keystead_stub.stripe_sim.engine.amounts import part
from keystead_stub.stripe_sim.engine.calendar import months_after

Document = Mapping[str, Any]


class Buyer(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants a discount, and on what: `subtotal` of what they are about to pay."""

    customer_id: str | None
    has_paid: bool
    subtotal: int
    currency: str


Refusal = Literal["over", "not_yours", "first_time_only", "too_little", "other_currency"]


def split(lines: Sequence[int], coupon: Document) -> tuple[int, ...]:
    """Return what the coupon takes off each line; never more than there is."""
    if coupon["percent_off"] is not None:
        basis_points = round(coupon["percent_off"] * 100)
        return tuple(part(max(line, 0), basis_points, 10_000) for line in lines)
    room = [max(line, 0) for line in lines]
    whole = sum(room)
    off = min(coupon["amount_off"], whole)
    taken, reached, shares = 0, 0, []
    for line in room:
        reached += line
        share = off * reached // whole - taken if whole else 0
        taken += share
        shares.append(share)
    return tuple(shares)


def ends_at(coupon: Document, start_s: int) -> int | None:
    """Return when a discount that starts now ends by itself; null where no date ends it."""
    if coupon["duration"] != "repeating":
        return None
    return months_after(start_s, coupon["duration_in_months"])


def is_valid(coupon: Document, now_s: int) -> bool:
    """Whether a coupon can still be redeemed."""
    return _left(coupon, coupon["redeem_by"], now_s)


def is_active(code: Document, now_s: int) -> bool:
    """Whether a promotion code that was not switched off can still be redeemed."""
    return _left(code, code["expires_at"], now_s)


def _left(document: Document, until_s: int | None, now_s: int) -> bool:
    limit = document["max_redemptions"]
    in_time = until_s is None or now_s < until_s
    return in_time and (limit is None or document["times_redeemed"] < limit)


def why_not(coupon: Document, code: Document | None, buyer: Buyer, now_s: int) -> Refusal | None:
    """Return why this buyer cannot have the discount, or null."""
    if not is_valid(coupon, now_s):
        return "over"
    if coupon["amount_off"] is not None and coupon["currency"] != buyer.currency:
        return "other_currency"
    if code is None:
        return None
    if not code["active"] or not is_active(code, now_s):
        return "over"
    if code["customer"] not in (None, buyer.customer_id):
        return "not_yours"
    return _restricted(code["restrictions"], buyer)


def _restricted(restrictions: Document, buyer: Buyer) -> Refusal | None:
    if restrictions["first_time_transaction"] and buyer.has_paid:
        return "first_time_only"
    minimum = restrictions["minimum_amount"]
    if minimum is None:
        return None
    if restrictions["minimum_amount_currency"] != buyer.currency:
        return "other_currency"
    return "too_little" if buyer.subtotal < minimum else None
