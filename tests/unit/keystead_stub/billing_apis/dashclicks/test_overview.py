"""The overview of an example, calculated by hand."""

from __future__ import annotations

from typing import Any

import msgspec

from keystead.instants import from_iso, to_seconds
from keystead_stub.billing_apis.dashclicks.reports.overview import Records, overview
from keystead_stub.billing_apis.dashclicks.reports.periods import period
from keystead_stub.billing_apis.dashclicks.reports.summaries import (
    dispute_analytics,
    payout_sums,
    product_figures,
    subscribed_products,
)
from keystead_stub.stripe_types.events import StripeEvent


def booked(
    at: str, category: str, amount: int, fee: int = 0, currency: str = "eur"
) -> dict[str, Any]:
    return {
        "created": to_seconds(from_iso(at)),
        "reporting_category": category,
        "amount": amount,
        "fee": fee,
        "net": amount - fee,
        "currency": currency,
    }


TRANSACTIONS = [
    # The two days before: 10.00 with a fee of 0.40.
    booked("2026-03-26T12:00:00Z", "charge", 1000, 40),
    booked("2026-03-27T12:00:00Z", "payout", -960),
    # Saturday the 28th in Berlin begins at 23:00 on Friday, UTC.
    booked("2026-03-27T23:00:00Z", "charge", 2000, 55),
    booked("2026-03-28T22:59:59Z", "charge", 3000, 70),
    booked("2026-03-28T12:00:00Z", "charge", 500, 33, currency="usd"),
    # Sunday the 29th has 23 hours, and ends at 22:00, UTC.
    booked("2026-03-28T23:00:00Z", "refund", -700),
    booked("2026-03-29T08:00:00Z", "dispute", -3000, 2000),
    booked("2026-03-29T09:00:00Z", "dispute_reversal", 3000),
    booked("2026-03-29T10:00:00Z", "fee", -350),
    booked("2026-03-29T11:00:00Z", "refund_failure", 200),
    booked("2026-03-29T12:00:00Z", "other_adjustment", -11),
    booked("2026-03-29T13:00:00Z", "payout", -1000),
    # Monday.
    booked("2026-03-29T22:00:00Z", "charge", 9999, 175),
]
CUSTOMERS = ["2026-03-26T00:00:00Z", "2026-03-28T00:00:00Z", "2026-03-29T21:59:59Z"]


def subscribed(at: str, amount: int, interval: str, name: str) -> StripeEvent:
    price = {"unit_amount": amount, "currency": "eur", "recurring": {"interval": interval}}
    document = {
        "id": name,
        "object": "subscription",
        "status": "active",
        "items": {"data": [{"quantity": 1, "price": price}]},
    }
    return StripeEvent(
        id=f"evt_{name}",
        type="customer.subscription.created",
        created_ms=from_iso(at),
        object=document,
    )


RECORDS = Records(
    transactions=TRANSACTIONS,
    customers=[from_iso(at) for at in CUSTOMERS],
    subscriptions=[
        subscribed("2026-03-26T12:00:00Z", 1000, "month", "a"),
        # 20.00 a year is 1.67 a month.
        subscribed("2026-03-28T01:00:00Z", 2000, "year", "b"),
    ],
)


def test_the_overview_matches_an_example_calculated_by_hand() -> None:
    shown = overview(RECORDS, period("2026-03-28", "2026-03-29", "Europe/Berlin"), "eur")
    found = msgspec.to_builtins(shown)
    days, totals = found.pop("days"), found.pop("totals")
    euro = {
        "currency": "eur",
        # 20.00 + 30.00
        "grossVolume": 5000,
        # 0.55 + 0.70 + 20.00 of the dispute + 3.50 by itself
        "fees": 2475,
        # 7.00, of which 2.00 came back
        "refunds": {"count": 1, "amount": 500},
        "disputes": {"count": 1, "amount": 3000, "returned": 3000},
        "other": -11,
        # 50.00 - 5.00 - 30.00 + 30.00 - 24.75 - 0.11
        "netVolume": 2014,
        "successfulPayments": 2,
        # 10.00 + 1.67
        "mrr": 1167,
    }
    growth = {
        # 50.00 for 10.00
        "grossVolume": 4.0,
        # 20.14 for 9.60
        "netVolume": 1.0979,
        # 24.75 for 0.40
        "fees": 60.875,
        "refunds": None,
        "disputes": None,
        "successfulPayments": 1.0,
        # 11.67 for 10.00
        "mrr": 0.167,
    }
    assert found == euro | {
        "startDate": "2026-03-28",
        "endDate": "2026-03-29",
        "timeZone": "Europe/Berlin",
        "newCustomers": 2,
        "growth": growth | {"newCustomers": 1.0},
        # The disputes and payouts of these records are balance transactions only.
        "disputeAnalytics": {
            "opened": 0,
            "inquiries": 0,
            "won": 0,
            "lost": 0,
            "undecided": 0,
            "winRate": None,
            "disputeRate": 0.0,
            "reasons": (),
        },
        "payouts": (),
        "products": (),
    }
    dollar = totals[1]
    assert totals[0] == euro | {"growth": growth}
    assert (dollar["currency"], dollar["grossVolume"], dollar["netVolume"]) == ("usd", 500, 467)
    assert set(dollar["growth"].values()) == {None}
    # What Stripe's balance says of the two days, but for the payout of 10.00.
    assert sum(one["net"] for one in TRANSACTIONS[2:-1] if one["currency"] == "eur") + 1000 == 2014
    saturday, sunday = days
    assert [saturday["date"], sunday["date"]] == ["2026-03-28", "2026-03-29"]
    assert [saturday["newCustomers"], sunday["newCustomers"]] == [1, 1]
    assert [one["grossVolume"] for one in saturday["totals"]] == [5000, 500]
    assert [one["netVolume"] for one in saturday["totals"]] == [4875, 467]
    assert [one["netVolume"] for one in sunday["totals"]] == [2014 - 4875]


def test_an_empty_account_has_zero_figures() -> None:
    nothing = Records(transactions=[], customers=[], subscriptions=[])
    shown = overview(nothing, period("2026-01-01", "2026-01-03", "UTC"), "chf")
    assert (shown.currency, shown.gross_volume, shown.totals) == ("chf", 0, ())
    assert [(day.new_customers, day.totals) for day in shown.days] == [(0, ())] * 3
    assert set(msgspec.structs.asdict(shown.growth).values()) == {None}


def test_the_main_currency_is_the_accounts_or_else_the_most_used() -> None:
    days = period("2026-03-28", "2026-03-28", "UTC")
    assert overview(RECORDS, days, "usd").currency == "usd"
    assert overview(RECORDS, days, "chf").currency == "eur"


def test_disputes_are_counted_by_what_became_of_them() -> None:
    def dispute(status: str, reason: str | None = "fraudulent") -> dict[str, Any]:
        return {"status": status, "reason": reason}

    statuses = ("won", "lost", "lost", "needs_response", "warning_closed")
    found = dispute_analytics([*map(dispute, statuses), dispute("under_review", None)], 50)
    assert (found.opened, found.inquiries) == (5, 1)
    assert (found.won, found.lost, found.undecided) == (1, 2, 2)
    assert (found.win_rate, found.dispute_rate) == (0.3333, 0.1)
    assert [(one.reason, one.count) for one in found.reasons] == [("fraudulent", 5), ("general", 1)]
    assert dispute_analytics([], 0).dispute_rate is None


def test_payouts_are_summed_by_currency_and_status() -> None:
    def payout(currency: str, amount: int, status: str) -> dict[str, Any]:
        return {"currency": currency, "amount": amount, "status": status}

    euro, dollar = payout_sums(
        [
            payout("usd", 5, "failed"),
            payout("eur", 10, "paid"),
            payout("eur", 20, "pending"),
            payout("eur", 30, "in_transit"),
        ]
    )
    assert (euro.count, euro.amount, euro.paid, euro.in_transit, euro.failed) == (3, 60, 10, 50, 0)
    assert (dollar.currency, dollar.failed) == ("usd", 5)


def test_products_are_listed_by_their_running_subscriptions() -> None:
    def subscription(status: str, *products: str | None) -> dict[str, Any]:
        items = [{"price": {"product": one}} for one in products]
        return {"status": status, "items": {"data": items}}

    counts = subscribed_products(
        [
            subscription("active", "prod_a", "prod_b"),
            subscription("past_due", "prod_b", "prod_b"),
            subscription("canceled", "prod_a"),
            subscription("trialing", None),
            {"status": "active"},
        ]
    )
    shown = product_figures(counts, {"prod_b": {"name": "B"}})
    assert [(one.product_id, one.name, one.subscriptions) for one in shown] == [
        ("prod_b", "B", 2),
        ("prod_a", None, 1),
    ]
