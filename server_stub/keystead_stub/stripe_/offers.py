"""What is offered to a customer beside a plan's plain price: coupons and promotion codes, terms.

Instants are epoch milliseconds, amounts integers in the currency's smallest unit.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from keystead_stub.stripe_.interface import Document

Duration = Literal["once", "repeating", "forever"]


class NewCoupon(msgspec.Struct, frozen=True, kw_only=True):
    """A coupon to be made: `percent_off` (above 0, to 100) or `amount_off` with its `currency`.

    `repeating` goes with `duration_in_months`. Without an `id` Stripe makes one.
    """

    id: str | None = None
    name: str | None = None
    percent_off: float | None = None
    amount_off: int | None = None
    currency: str | None = None
    duration: Duration = "once"
    duration_in_months: int | None = None
    max_redemptions: int | None = None
    redeem_by_ms: int | None = None
    metadata: dict[str, str] = {}
    idempotency_key: str | None = None


class NewPromotionCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code that people type, for a coupon; letters are the same in either case.

    It can be limited to one customer, to first purchases, or to a smallest amount.
    """

    coupon_id: str
    code: str | None = None
    active: bool = True
    customer_id: str | None = None
    expires_at_ms: int | None = None
    max_redemptions: int | None = None
    first_time_transaction: bool = False
    minimum_amount: int | None = None
    minimum_amount_currency: str | None = None
    metadata: dict[str, str] = {}
    idempotency_key: str | None = None


class Reduction(msgspec.Struct, frozen=True, kw_only=True):
    """What a coupon takes off, and for how long; `months` where it is repeating."""

    name: str
    percent_off: float | None
    amount_off: int | None
    currency: str | None
    duration: Duration
    months: int | None


class PromotionCode(msgspec.Struct, frozen=True, kw_only=True):
    """One promotion code with what its coupon gives."""

    id: str
    code: str
    active: bool
    times_redeemed: int
    max_redemptions: int | None
    expires_at_ms: int | None
    reduction: Reduction
    document: Document


class Discounted(msgspec.Struct, frozen=True, kw_only=True):
    """A reduction at work: `amount` is what it takes off here, `code` what was typed for it."""

    reduction: Reduction
    code: str | None
    amount: int


class CheckoutTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What the person at a checkout is asked to agree to.

    `subtotal` and `total` are due today; `recurring` is the plain price of each period, `then` what
    the invoice after a trial asks for, which ends at `trial_end_ms`.
    """

    currency: str
    subtotal: int
    total: int
    recurring: int
    then: int
    discount: Discounted | None
    trial_end_ms: int | None
    needs_card: bool
    takes_codes: bool
