"""Payouts, balance transactions, and the figures of a range of days.

Days are those of the account's time zone. Amounts are in the currency of Stripe's balance.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from keystead.wire.dashclicks import BASE

PAYOUTS = f"{BASE}/payouts"
TRANSACTIONS = f"{BASE}/balance-transactions"
SUMMARY = f"{TRANSACTIONS}/summary"
OVERVIEW = f"{BASE}/overview"
SETTINGS = f"{BASE}/account/settings"

#: Maximum length of a range of days.
MAX_DAYS = 366


class Payout(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A transfer to the merchant's bank account; `status` is Stripe's."""

    id: str
    amount: int
    currency: str
    status: str
    automatic: bool
    created_at: int
    arrival_at: int
    description: str | None
    failure_code: str | None
    failure_message: str | None


class BalanceTransaction(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A movement of the balance: `net` is `amount` minus `fee`.

    `charge_id` and `customer_id` are those of the payment, or of the payment being returned.
    """

    id: str
    type: str
    category: str
    amount: int
    fee: int
    net: int
    currency: str
    status: str
    created_at: int
    available_at: int
    description: str | None
    source_id: str | None
    charge_id: str | None
    customer_id: str | None


class TypeSum(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The sums of the balance transactions of one type and currency."""

    type: str
    currency: str
    count: int
    gross: int
    fee: int
    net: int


class CurrencySum(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The sums of all balance transactions of one currency."""

    currency: str
    count: int
    gross: int
    fee: int
    net: int


class BalanceSummary(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`total` has one entry per currency, because amounts of two currencies are never added."""

    by_type: tuple[TypeSum, ...]
    total: tuple[CurrencySum, ...]


class Refunds(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`amount` is what was refunded, minus refunds that failed and were returned."""

    count: int
    amount: int


class Disputes(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`amount` is what new disputes withdrew, `returned` what won disputes reinstated."""

    count: int
    amount: int
    returned: int


class Figures(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The figures of one currency for a range of days.

    `net_volume` = `gross_volume` - `refunds.amount` - `disputes.amount` + `disputes.returned` -
    `fees` + `other`. It equals the sum of `net` of the balance transactions of these days, without
    transfers between the balance and the bank. `mrr` is the monthly recurring revenue at the end of
    the last day: the prices of all items of running subscriptions, converted to months (a year has
    12 months, 52 weeks and 365 days), before discounts. Only the sum is rounded, half up.
    """

    currency: str
    gross_volume: int
    net_volume: int
    fees: int
    refunds: Refunds
    disputes: Disputes
    other: int
    successful_payments: int
    mrr: int


class Growth(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The growth relative to the preceding period of equal length: 0.25 is an increase by 25 %.

    Rounded to four decimals; null if the earlier figure is zero. For refunds and disputes it is
    the growth of their amount.
    """

    gross_volume: float | None
    net_volume: float | None
    fees: float | None
    refunds: float | None
    disputes: float | None
    successful_payments: float | None
    mrr: float | None


class GrowingFigures(Figures, frozen=True, kw_only=True, rename="camel"):
    growth: Growth


class GrowthOfAll(Growth, frozen=True, kw_only=True, rename="camel"):
    new_customers: float | None


class Day(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The figures of one day; `totals` leaves out currencies without movements."""

    date: str
    new_customers: int
    totals: tuple[Figures, ...]


class DisputeReason(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    reason: str
    count: int


class DisputeAnalytics(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The disputes that were opened in these days, by what became of them.

    `inquiries` move no money. `win_rate` is the part of the decided ones that was won, null if none
    is decided; `dispute_rate` is disputes per successful payment, null without payments.
    """

    opened: int
    inquiries: int
    won: int
    lost: int
    undecided: int
    win_rate: float | None
    dispute_rate: float | None
    reasons: tuple[DisputeReason, ...]


class PayoutSum(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The payouts of one currency that were created in these days, by their status."""

    currency: str
    count: int
    amount: int
    paid: int
    in_transit: int
    failed: int


class ProductFigures(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A product with its running subscriptions; `name` is null for one that Stripe doesn't have."""

    product_id: str
    name: str | None
    subscriptions: int


class Overview(Figures, frozen=True, kw_only=True, rename="camel"):
    """A range of days, both ends included. The top-level figures are in the main currency.

    That is the account's default currency or, if it had no payments, the one with the most.
    """

    start_date: str
    end_date: str
    time_zone: str
    new_customers: int
    growth: GrowthOfAll
    totals: tuple[GrowingFigures, ...]
    days: tuple[Day, ...]
    dispute_analytics: DisputeAnalytics
    payouts: tuple[PayoutSum, ...]
    products: tuple[ProductFigures, ...]


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`time_zone` is an IANA name."""

    time_zone: str


class SettingsChange(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    time_zone: Annotated[str, Meta(min_length=1, max_length=64)]
