"""Parameters of subscriptions: https://docs.stripe.com/api/subscriptions."""

from __future__ import annotations

from typing import Literal

import msgspec

from keystead_stub.stripe_sim.resources.subscription_items.requests import ItemChange
from keystead_stub.stripe_types.requests import AfterTrial, CheckoutItem

#: How a subscription starts if its first payment does not succeed at once.
PaymentBehavior = Literal["allow_incomplete", "default_incomplete", "error_if_incomplete"]


class NewSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription that begins without a checkout; instants are epoch milliseconds.

    Its first invoice is paid at once (`allow_incomplete`, or refused as a whole with
    `error_if_incomplete`), or by whoever confirms its payment intent (`default_incomplete`). What
    is not paid within 23 hours expires.
    """

    customer_id: str
    items: tuple[CheckoutItem, ...]
    payment_behavior: PaymentBehavior = "allow_incomplete"
    payment_method_id: str | None = None
    coupon_id: str | None = None
    promotion_code_id: str | None = None
    trial_end_ms: int | None = None
    trial_period_days: int = 0
    trial_end_behavior: AfterTrial = "create_invoice"
    cancel_at_period_end: bool = False
    description: str | None = None
    metadata: dict[str, str] = {}
    idempotency_key: str | None = None


ProrationBehavior = Literal["create_prorations", "always_invoice", "none"]


class SubscriptionChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a subscription; null fields stay unchanged.

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
NO_CHANGE = SubscriptionChange()
