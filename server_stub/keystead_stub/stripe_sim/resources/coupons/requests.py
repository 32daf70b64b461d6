"""What is offered to a customer beside a plan's plain price: coupons, terms, changes.

Instants are epoch milliseconds, amounts integers in the currency's smallest unit.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.values import Interval

Duration = Literal["once", "repeating", "forever"]
ProrationBehavior = Literal["create_prorations", "always_invoice", "none"]


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
    """A reduction at work: `amount` is what it takes off here, `code` what was typed for it.

    `ends_at_ms` is null where no date ends it, or none is known yet.
    """

    reduction: Reduction
    code: str | None
    amount: int
    ends_at_ms: int | None = None


class ItemChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of one item: added without an `id`, then it has a price; or taken away."""

    id: str | None = None
    price_id: str | None = None
    quantity: int | None = None
    deleted: bool = False
    metadata: dict[str, str] | None = None


class NewChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a subscription; what is null stays as it is.

    `quantity` and `price_id` are for its main item, `items` for whichever they name.
    Prorations go on the next invoice (`create_prorations`), on one of their own at once, or are
    not made. They count from `proration_date_ms`, null is now. The billing day stays, or is today
    from now on; with another interval it always is.
    """

    quantity: int | None = None
    price_id: str | None = None
    items: tuple[ItemChange, ...] = ()
    proration_behavior: ProrationBehavior = "always_invoice"
    proration_date_ms: int | None = None
    billing_cycle_anchor: Literal["unchanged", "now"] = "unchanged"


#: The change that leaves everything as it is.
NO_CHANGE = NewChange()


class PreviewLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line that a change would bring; credit is negative."""

    description: str
    amount: int
    period_start_ms: int
    period_end_ms: int
    proration: bool


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a change would cost: exactly what it does when its `proration_date_ms` comes with it.

    `total` is of the `lines` less `discount`; `due_now` is what the card would be charged, and
    `balance` the customer's afterwards, negative where they have credit. Not `invoiced_now`, it
    waits for the next invoice at `renews_at_ms`. `recurring` is the plain price of each `interval`.
    `document` is the invoice as it would be.
    """

    currency: str
    lines: tuple[PreviewLine, ...]
    discount: int
    total: int
    due_now: int
    balance: int
    invoiced_now: bool
    recurring: int
    interval: Interval
    renews_at_ms: int
    proration_date_ms: int
    document: Document | None


class CheckoutLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a checkout: `quantity` of a product."""

    name: str
    quantity: int
    unit_amount: int
    amount: int


class CheckoutTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What the person at a checkout is asked to agree to.

    `subtotal` and `total` are due today. What is bought `once` is the `lines` and no more; else
    `recurring` is the plain price of each period, and `then` what the invoice after a trial asks
    for, which ends at `trial_end_ms`.
    """

    currency: str
    once: bool
    lines: tuple[CheckoutLine, ...]
    subtotal: int
    total: int
    recurring: int
    then: int
    discount: Discounted | None
    trial_end_ms: int | None
    needs_card: bool
    takes_codes: bool
