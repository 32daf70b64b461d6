"""Merging two billing histories."""

from __future__ import annotations

from typing import Any

import pytest

from keystead_stub.billing.billing_history import (
    EMPTY,
    RECENT_PAYMENTS,
    BillingHistory,
    Latest,
    decode,
    encode,
    merge,
)
from keystead_stub.billing.event_facts import replay
from support.billing_events import (
    BOUGHT,
    HISTORIES,
    MONTH_S,
    T0,
    checkout_completed,
    event,
    invoice_event,
    subscription_event,
)

EARLY, LATE = (1, 0, "evt_1"), (2, 0, "evt_2")


def both_ways(one: BillingHistory, other: BillingHistory) -> BillingHistory:
    merged = merge(one, other)
    assert merge(other, one) == merged
    return merged


@pytest.mark.parametrize("history", [replay(events) for events in HISTORIES])
def test_merging_a_history_with_itself_or_an_empty_one_changes_nothing(
    history: BillingHistory,
) -> None:
    assert merge(history, history) == both_ways(history, EMPTY) == history


@pytest.mark.parametrize("history", [replay(events) for events in HISTORIES])
def test_a_history_survives_encoding_and_decoding(history: BillingHistory) -> None:
    assert decode(encode(history)) == history


def test_a_changed_encoding_of_histories_needs_a_new_fold_version() -> None:
    """A change of this text needs a new FOLD_VERSION, so that stored histories are rebuilt."""
    assert encode(replay(BOUGHT[:3])) == (
        '{"subscriptions":{"sub_1":[[1800000000000,4,"evt_0002"],'
        '[[1800000000000,4,"evt_0002"],"incomplete"],[[1800000000000,4,"evt_0002"],'
        '[1800000000000,[["price_1",null,1,1800000000000,1802678400000,false,false]],null,false,"in_0",'
        "{},null,null,null]],null,false]},"
        '"payments":{"sub_1":[1802678400000,[[[1800000000000,6,"evt_0003"],"in_0"]]]},'
        '"newest_payment":[1800000000000,[1800000000000,6,"evt_0003"],"in_0"],'
        '"checkouts":{"cs_1":[[1800000000000,2,"evt_0001"],[1800000000000,2,"evt_0001"],'
        '["sub_1",false,false,"price_1",null,2,{},null,false,null,null,false]]},'
        '"other_intents":[],"payment_failed":[[1800000000000,6,"evt_0003"],false]}'
    )


def test_merge_keeps_the_newest_customer_email_and_the_first_invoice_email() -> None:
    merged = both_ways(
        BillingHistory(email=Latest(EARLY, "old"), invoice_email=Latest(EARLY, "first")),
        BillingHistory(email=Latest(LATE, "new"), invoice_email=Latest(LATE, "second")),
    )
    assert merged.email == Latest(LATE, "new")
    assert merged.invoice_email == Latest(EARLY, "first")
    assert both_ways(merged, EMPTY) == merged


def test_merging_with_a_deleted_history_is_deleted() -> None:
    assert both_ways(EMPTY, BillingHistory(deleted=True)).deleted


def test_a_checkout_keeps_its_first_event_and_its_newest_version() -> None:
    first, second = checkout_completed(1, T0, "unpaid"), checkout_completed(2, T0 + 5)
    checkout = both_ways(replay([first]), replay([second])).checkouts["cs_1"]
    assert (checkout.first, checkout.last) == (first.order, second.order)
    assert checkout.value.pending is False


def test_the_newest_payment_is_the_one_of_the_newest_invoice() -> None:
    old, new = invoice_event(2, "paid", T0 + 5, 0), invoice_event(1, "paid", T0, 1)
    newest = both_ways(replay([old]), replay([new])).newest_payment
    assert newest is not None
    assert newest.invoice_id == "in_1"


def test_a_subscription_is_paid_until_the_latest_end_of_its_periods() -> None:
    payments = both_ways(
        replay([invoice_event(1, "paid", T0, 1)]), replay([invoice_event(2, "paid", T0 + 5, 0)])
    ).payments["sub_1"]
    assert payments.until_ms == (T0 + 2 * MONTH_S) * 1000
    assert payments.invoices == {"in_0", "in_1"}
    proration = event(
        3,
        "invoice.paid",
        T0,
        id="in_x",
        parent={"subscription_details": {"subscription": "sub_1"}},
    )
    alone = both_ways(replay([proration]), EMPTY)
    assert alone.payments["sub_1"].until_ms is None
    both = both_ways(alone, replay([invoice_event(1, "paid", T0, 1)]))
    assert both.payments["sub_1"].until_ms == (T0 + 2 * MONTH_S) * 1000


def test_merge_keeps_the_newest_payments_in_any_order() -> None:
    paid = [invoice_event(n, "paid", T0 + n, n) for n in range(RECENT_PAYMENTS + 6)]
    expected = {f"in_{n}" for n in range(6, RECENT_PAYMENTS + 6)}
    for arrived in (paid, paid[::-1], paid[10:] + paid[:10]):
        assert replay(arrived).payments["sub_1"].invoices == expected
    assert len(replay(paid).payments["sub_1"].recent) == RECENT_PAYMENTS


def test_an_event_without_items_changes_a_subscriptions_status_only() -> None:
    def history_of(number: int, at_s: int, status: str, **changes: Any) -> BillingHistory:
        return replay([subscription_event(number, "updated", at_s, status, **changes)])

    complete = history_of(1, T0, "active", cancel_at_period_end=False)
    bare = history_of(2, T0 + 5, "past_due", items={}, cancel_at_period_end=True)
    merged = both_ways(complete, bare).subscriptions["sub_1"]
    assert merged.status.value == "past_due"
    assert merged.version.value.items
    assert merged.version.value.cancel_at_period_end is False
    barer = history_of(3, T0 + 9, "canceled", items={}, cancel_at_period_end=False)
    newest = both_ways(bare, barer).subscriptions["sub_1"]
    assert newest.version.order[0] == (T0 + 9) * 1000


def test_merge_keeps_the_newest_named_plan_of_a_subscription() -> None:
    named = replay([subscription_event(1, "updated", T0, "active", metadata={"plan": "pro"})])
    unnamed = replay(
        [subscription_event(2, "updated", T0 + 5, "active", metadata={"tenantId": "acme"})]
    )
    found = both_ways(named, unnamed).subscriptions["sub_1"]
    assert found.plan is not None
    assert (found.plan.value, found.unnamed_plan) == ("pro", True)
    assert found.first[0] == T0 * 1000


def test_a_won_dispute_stays_won_when_its_creation_event_arrives_late() -> None:
    opened = event(1, "charge.dispute.created", T0, id="dp_1")
    won = event(2, "charge.dispute.closed", T0 + 5, id="dp_1", status="won")
    assert both_ways(replay([won]), replay([opened])).disputes["dp_1"].value is None


def test_merge_unites_the_payment_intents_without_a_subscription() -> None:
    one = BillingHistory(other_intents=frozenset({"pi_1"}))
    assert both_ways(one, BillingHistory(other_intents=frozenset({"pi_2"}))).other_intents == {
        "pi_1",
        "pi_2",
    }
