"""Money out and the overview: payouts, balance transactions, and figures of a range of days.

A day is one of the account's time zone. Amounts are in the currency that Stripe books them in.
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

#: A longer range than this is not looked at.
MAX_DAYS = 366


class Payout(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Money on its way to the bank, or there; `status` is Stripe's."""

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
    """A movement of the balance: `net` is `amount` without `fee`.

    `charge_id` and `customer_id` are those of the payment that it comes from, or gives back.
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
    """The balance transactions of one type and currency together."""

    type: str
    currency: str
    count: int
    gross: int
    fee: int
    net: int


class CurrencySum(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All balance transactions of one currency together."""

    currency: str
    count: int
    gross: int
    fee: int
    net: int


class BalanceSummary(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`total` has a line a currency; amounts of two currencies are never added."""

    by_type: tuple[TypeSum, ...]
    total: tuple[CurrencySum, ...]


class Refunds(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`amount` went back to customers, less what of it came back because it did not arrive."""

    count: int
    amount: int


class Disputes(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`amount` was taken by banks for new disputes; `returned` came back for disputes won."""

    count: int
    amount: int
    returned: int


class Figures(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One currency's figures of some days.

    `net_volume` = `gross_volume` - `refunds.amount` - `disputes.amount` + `disputes.returned` -
    `fees` + `other`, and is the sum of `net` of those days' balance transactions, apart from what
    only moves between the balance and the bank. `mrr` is at the end of the last day: each running
    subscription's items at their prices, made a month's (a year has 12 months, 52 weeks and 365
    days), discounts apart; the sum is rounded once, half up.
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
    """Against as many days before: 0.25 is a quarter more; null where there was nothing before.

    Rounded to four decimals; of refunds and disputes it is the amount's.
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
    """One day; a currency without anything stands in no total."""

    date: str
    new_customers: int
    totals: tuple[Figures, ...]


class Overview(Figures, frozen=True, kw_only=True, rename="camel"):
    """A range of days, both ends included. The figures at the top are the main currency's.

    That is the account's own, or where nothing was taken in it the one with the most payments.
    """

    start_date: str
    end_date: str
    time_zone: str
    new_customers: int
    growth: GrowthOfAll
    totals: tuple[GrowingFigures, ...]
    days: tuple[Day, ...]


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`time_zone` is an IANA name."""

    time_zone: str


class SettingsChange(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    time_zone: Annotated[str, Meta(min_length=1, max_length=64)]
