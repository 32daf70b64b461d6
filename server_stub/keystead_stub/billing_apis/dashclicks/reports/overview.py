"""A merchant's figures for a range of days, from raw records. Pure.

All money comes from balance transactions, each on the day on which Stripe booked it, so that every
figure can be reconciled with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from keystead.instants import to_ms
from keystead.wire.dashclicks import money as wire
from keystead_stub.billing_apis.dashclicks.reports.periods import Period, day_of
from keystead_stub.billing_apis.dashclicks.reports.recurring_revenue import Revenue, revenue_of
from keystead_stub.billing_apis.dashclicks.reports.summaries import dispute_analytics, payout_sums
from keystead_stub.stripe_types.events import StripeEvent

_PAYMENTS = frozenset({"charge"})
#: A payment that failed later, or was captured in part.
_UNPAID = frozenset({"charge_failure", "partial_capture_reversal"})
_FEES = frozenset({"fee", "network_cost", "tax"})
_BACK = frozenset({"refund", "refund_failure"})
_DISPUTED = frozenset({"dispute", "dispute_reversal"})
#: Transfers between the balance and the bank.
_BANK = frozenset(
    {
        "payout",
        "payout_minimum_balance_hold",
        "payout_minimum_balance_release",
        "payout_reversal",
        "topup",
        "topup_reversal",
    }
)
_FIGURED = _PAYMENTS | _UNPAID | _FEES | _BACK | _DISPUTED | _BANK
_NOTHING = Revenue((), ())


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """The records of a merchant's account.

    Balance transactions as Stripe has them, the creation instants (ms) of customers, and all events
    about subscriptions.
    """

    transactions: Sequence[Mapping[str, Any]]
    customers: Sequence[int]
    subscriptions: Iterable[StripeEvent]
    #: Disputes and payouts that were created in the range.
    disputes: Sequence[Mapping[str, Any]] = ()
    payouts: Sequence[Mapping[str, Any]] = ()


class Sums(msgspec.Struct):
    """Sums of some days in one currency, by Stripe's reporting category."""

    amounts: Counter[str]
    counts: Counter[str]
    fees: int = 0

    def add(self, transaction: Mapping[str, Any]) -> None:
        category = transaction["reporting_category"]
        self.amounts[category] += transaction["amount"]
        self.counts[category] += 1
        self.fees += transaction["fee"]

    def sum(self, categories: Collection[str]) -> int:
        return sum(self.amounts[name] for name in categories)

    def figures(self, currency: str, mrr: int) -> wire.Figures:
        # Categories that Stripe adds later are reported as `other` instead of being lost.
        others = self.amounts.keys() - _FIGURED
        moved = self.amounts.keys() - _BANK
        return wire.Figures(
            currency=currency,
            gross_volume=self.sum(_PAYMENTS | _UNPAID),
            net_volume=self.sum(moved) - self.fees,
            # A separate fee is a transaction with a negative amount.
            fees=self.fees - self.sum(_FEES),
            refunds=wire.Refunds(count=self.counts["refund"], amount=-self.sum(_BACK)),
            disputes=wire.Disputes(
                count=self.counts["dispute"],
                amount=-self.amounts["dispute"],
                returned=self.amounts["dispute_reversal"],
            ),
            other=self.sum(others),
            successful_payments=sum(self.counts[name] for name in _PAYMENTS),
            mrr=mrr,
        )


def overview(
    records: Records,
    period: Period,
    main_currency: str,
    products: tuple[wire.ProductFigures, ...] = (),
) -> wire.Overview:
    """Return the figures of the range and of each of its days, and their growth.

    `main_currency` is the account's own. `records` cover the range and the one before.
    """
    revenue = revenue_of(records.subscriptions)
    now, then = _whole(records, period, revenue), _whole(records, period.before, revenue)
    totals = tuple(_growing(one, then) for one in now.values())
    main = now.get(_main(now, main_currency)) or _none(_main(now, main_currency))
    customers = _customers(records, period)
    growth = wire.GrowthOfAll(
        new_customers=growth_rate(sum(customers), sum(_customers(records, period.before))),
        **msgspec.structs.asdict(_growth(main, then.get(main.currency))),
    )
    return wire.Overview(
        start_date=period.start.isoformat(),
        end_date=period.end.isoformat(),
        time_zone=period.zone,
        new_customers=sum(customers),
        growth=growth,
        totals=totals,
        days=_days(records, period, revenue, customers),
        dispute_analytics=dispute_analytics(
            records.disputes, sum(one.successful_payments for one in now.values())
        ),
        payouts=payout_sums(records.payouts),
        products=products,
        **msgspec.structs.asdict(main),
    )


def _main(now: Mapping[str, wire.Figures], own: str) -> str:
    if own in now or not now:
        return own
    # An account may sell in other currencies only: then the one with most payments leads.
    return max(now.values(), key=lambda one: one.successful_payments).currency


def _whole(
    records: Records, period: Period, revenue: Mapping[str, Revenue]
) -> dict[str, wire.Figures]:
    """Return the figures of the whole range by currency, in alphabetical order."""
    bounds = period.bounds
    whole = _sums(records, [bounds[0], bounds[-1]])[0]
    return _figures(whole, revenue, bounds[-1])


def _days(
    records: Records, period: Period, revenue: Mapping[str, Revenue], customers: Sequence[int]
) -> tuple[wire.Day, ...]:
    bounds = period.bounds
    each = zip(period.days, _sums(records, bounds), bounds[1:], customers, strict=True)
    return tuple(
        wire.Day(
            date=day.isoformat(),
            new_customers=new,
            totals=tuple(_figures(sums, revenue, ends).values()),
        )
        for day, sums, ends, new in each
    )


def _sums(records: Records, bounds: Sequence[int]) -> list[dict[str, Sums]]:
    """Return sums by currency for each span between two bounds."""
    spans: list[dict[str, Sums]] = [{} for _ in bounds[1:]]
    for one in records.transactions:
        found = day_of(bounds, to_ms(one["created"]))
        if found is not None:
            spans[found].setdefault(one["currency"], Sums(Counter(), Counter())).add(one)
    return spans


def _figures(
    sums: Mapping[str, Sums], revenue: Mapping[str, Revenue], end_ms: int
) -> dict[str, wire.Figures]:
    found: dict[str, wire.Figures] = {}
    for currency in sorted({*sums, *revenue}):
        mrr = revenue.get(currency, _NOTHING).before(end_ms)
        if currency in sums or mrr:
            own = sums.get(currency) or Sums(Counter(), Counter())
            found[currency] = own.figures(currency, mrr)
    return found


def _customers(records: Records, period: Period) -> list[int]:
    """Return the number of new customers by day."""
    bounds = period.bounds
    found = Counter(day_of(bounds, at_ms) for at_ms in records.customers)
    return [found[n] for n in range(period.length)]


def _growing(now: wire.Figures, then: Mapping[str, wire.Figures]) -> wire.GrowingFigures:
    growth = _growth(now, then.get(now.currency))
    return wire.GrowingFigures(growth=growth, **msgspec.structs.asdict(now))


def _growth(now: wire.Figures, then: wire.Figures | None) -> wire.Growth:
    before = then or _none(now.currency)
    return wire.Growth(
        gross_volume=growth_rate(now.gross_volume, before.gross_volume),
        net_volume=growth_rate(now.net_volume, before.net_volume),
        fees=growth_rate(now.fees, before.fees),
        refunds=growth_rate(now.refunds.amount, before.refunds.amount),
        disputes=growth_rate(now.disputes.amount, before.disputes.amount),
        successful_payments=growth_rate(now.successful_payments, before.successful_payments),
        mrr=growth_rate(now.mrr, before.mrr),
    )


def growth_rate(now: int, before: int) -> float | None:
    """Return the relative growth, rounded to four places; null where there was nothing before."""
    # By the absolute value, or growth from a negative net volume would have the wrong sign.
    return round((now - before) / abs(before), 4) if before else None


def _none(currency: str) -> wire.Figures:
    return Sums(Counter(), Counter()).figures(currency, 0)
