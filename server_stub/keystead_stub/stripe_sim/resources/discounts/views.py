"""Discounts as the hosted pages and the console show them."""

from __future__ import annotations

import msgspec

from keystead_stub.stripe_sim.resources.coupons.requests import Duration
from keystead_stub.stripe_types.api import Document


class Reduction(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of a coupon; `months` if its duration is repeating."""

    name: str
    percent_off: float | None
    amount_off: int | None
    currency: str | None
    duration: Duration
    months: int | None


class AppliedDiscount(msgspec.Struct, frozen=True, kw_only=True):
    """A discount in use: `amount` is what it takes off here, `code` its promotion code.

    `ends_at_ms` is null if no date ends it, or if the date is still unknown.
    """

    reduction: Reduction
    code: str | None
    amount: int
    ends_at_ms: int | None = None


def reduction(terms: Document) -> Reduction:
    """Return the reduction of a coupon, or of a discount's stored terms."""
    return Reduction(
        name=terms["name"] or "Discount",
        percent_off=terms["percent_off"],
        amount_off=terms["amount_off"],
        currency=terms["currency"],
        duration=terms["duration"],
        months=terms["duration_in_months"],
    )
