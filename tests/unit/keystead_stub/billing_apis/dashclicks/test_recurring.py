"""Monthly recurring revenue from events about subscriptions."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead_stub.billing_apis.dashclicks.reports.recurring_revenue import (
    monthly,
    revenue_of,
    rounded,
)
from keystead_stub.stripe_types.events import StripeEvent


def item(
    amount: int | None, interval: str = "month", *, quantity: int | None = 1, **price: Any
) -> dict[str, Any]:
    recurring = {"interval": interval, "interval_count": price.pop("every", 1)}
    recurring["usage_type"] = price.pop("usage", "licensed")
    shown = {"unit_amount": amount, "currency": "eur", "recurring": recurring}
    return {"quantity": quantity, "price": shown | price}


def subscription(*items: dict[str, Any], status: str = "active", name: str = "s") -> dict[str, Any]:
    return {
        "id": name,
        "object": "subscription",
        "status": status,
        "items": {"data": list(items)},
    }


def word(at_ms: int, document: dict[str, Any], kind: str = "updated") -> StripeEvent:
    event_type = f"customer.subscription.{kind}"
    return StripeEvent(id=f"evt_{at_ms}_{kind}", type=event_type, created_ms=at_ms, object=document)


@pytest.mark.parametrize(
    ("one", "sum_"),
    [
        (item(1200), Fraction(1200)),
        (item(1200, quantity=3), Fraction(3600)),
        (item(12_000, "year"), Fraction(1000)),
        (item(1000, "year"), Fraction(1000, 12)),
        (item(300, "week"), Fraction(1300)),
        (item(12, "day"), Fraction(365)),
        (item(3000, "month", every=3), Fraction(1000)),
        (item(None, unit_amount_decimal="0.5", quantity=10), Fraction(5)),
        (item(1200, unit_amount_decimal="1200"), Fraction(1200)),
    ],
)
def test_items_are_converted_to_monthly_amounts(one: dict[str, Any], sum_: Fraction) -> None:
    assert monthly(subscription(one)) == {"eur": sum_}


@pytest.mark.parametrize("one", [item(5, usage="metered", quantity=None), item(5, "decade")])
def test_metered_and_unknown_prices_have_no_recurring_revenue(one: dict[str, Any]) -> None:
    assert monthly(subscription(one)) == {}


@pytest.mark.parametrize("status", ["trialing", "paused", "unpaid", "canceled", "incomplete"])
def test_inactive_subscriptions_have_no_recurring_revenue(status: str) -> None:
    assert monthly(subscription(item(1200), status=status)) == {}


def test_past_due_subscriptions_have_recurring_revenue() -> None:
    assert monthly(subscription(item(1200), status="past_due")) == {"eur": 1200}


def test_past_revenue_is_not_changed_by_later_events() -> None:
    words = [
        word(9_000, subscription(item(1200), status="canceled"), "deleted"),
        word(1_000, subscription(item(1200), status="trialing"), "created"),
        word(5_000, subscription(item(1200, quantity=2))),
        word(3_000, subscription(item(1200))),
        word(4_000, subscription(item(900, currency="usd"), name="t"), "created"),
    ]
    revenue = revenue_of(words)
    instants = (1_000, 3_000, 3_001, 5_001, 9_000, 9_001)
    assert [revenue["eur"].before(at_ms) for at_ms in instants] == [0, 0, 1200, 2400, 2400, 0]
    assert [revenue["usd"].before(at_ms) for at_ms in instants] == [0, 0, 0, 900, 900, 900]


def test_revenue_is_rounded_only_after_summing() -> None:
    # Three times 83.33 is 250.00, and not three times 83.
    words = [word(1, subscription(item(1000, "year"), name=name)) for name in "abc"]
    assert revenue_of(words)["eur"].before(2) == 250


@given(st.fractions(0, 10**9))
def test_half_a_cent_is_rounded_up(amount: Fraction) -> None:
    assert amount - Fraction(1, 2) < rounded(amount) <= amount + Fraction(1, 2)


@pytest.mark.parametrize("ids", ["123", "321", "213"])
def test_several_changes_in_one_second_are_ordered_by_what_was_before(ids: str) -> None:
    """A plan tried out and given back leaves the revenue that was there."""
    steps = [(1, 2), (2, 3), (3, 1)]
    for count, sum_ in ((1, 200), (2, 300), (3, 100)):
        words = [word(1_000, subscription(item(100)))]
        for name, (was, now) in zip(ids, steps[:count], strict=False):
            earlier = {"items": {"data": [item(100, quantity=was)]}}
            said = word(2_000, subscription(item(100, quantity=now)))
            words.append(msgspec.structs.replace(said, id=f"evt_{name}", previous=earlier))
        for order in permutations(words):
            revenue = revenue_of([*order, *words])["eur"]
            assert (revenue.before(2_000), revenue.before(2_001)) == (100, sum_)


@pytest.mark.parametrize("ids", ["12", "21"])
def test_without_what_was_before_a_later_status_counts(ids: str) -> None:
    words = [
        msgspec.structs.replace(
            word(1_000, subscription(item(100), status=status)), id=f"evt_{name}"
        )
        for name, status in zip(ids, ("active", "unpaid"), strict=True)
    ]
    assert revenue_of(words) == revenue_of(words[::-1]) == {}
