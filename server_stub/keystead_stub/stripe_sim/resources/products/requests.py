"""What an account sells and to whom, as it is asked to be made."""

from __future__ import annotations

from typing import Literal

import msgspec

from keystead_stub.stripe_types.requests import AfterTrial, CheckoutItem
from keystead_stub.stripe_types.values import Interval

#: How a meter makes one number of what it was told.
Formula = Literal["count", "last", "sum"]
#: What becomes of a subscription whose first payment is not there yet.
PaymentBehavior = Literal["allow_incomplete", "default_incomplete", "error_if_incomplete"]


class NewCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer to be made."""

    email: str | None = None
    name: str | None = None
    description: str | None = None
    phone: str | None = None
    locale: str | None = None
    metadata: dict[str, str] = {}
    idempotency_key: str | None = None


class NewProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product to be made; without an `id` Stripe makes one."""

    name: str
    id: str | None = None
    description: str | None = None
    active: bool = True
    metadata: dict[str, str] = {}
    idempotency_key: str | None = None


class NewPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A price to be made: recurring where it has an `interval`, else for one time."""

    product_id: str
    currency: str
    unit_amount: int
    interval: Interval | None = None
    #: The meter that counts, where the price is for usage.
    meter_id: str | None = None
    nickname: str | None = None
    lookup_key: str | None = None
    active: bool = True
    metadata: dict[str, str] = {}
    idempotency_key: str | None = None


class NewSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription that begins without a checkout; instants are epoch milliseconds.

    Its first invoice is paid at once (`allow_incomplete`, or refused as a whole with
    `error_if_incomplete`), or by whoever confirms its payment intent (`default_incomplete`). What
    is not paid within 23 hours is over.
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


class NewMeter(msgspec.Struct, frozen=True, kw_only=True):
    """A meter to be made: of events of that name, whose payload has a customer and a value."""

    display_name: str
    event_name: str
    formula: Formula
    customer_key: str = "stripe_customer_id"
    value_key: str = "value"
    idempotency_key: str | None = None


class NewUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Usage to be told to a meter; the instant in seconds, null is now.

    Of one `identifier` it is told once; without one it has one of its own.
    """

    event_name: str
    payload: dict[str, str]
    identifier: str | None = None
    timestamp: int | None = None
