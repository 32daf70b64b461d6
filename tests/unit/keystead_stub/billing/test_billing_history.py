"""Merging two billing histories."""

from __future__ import annotations

from typing import Any

import pytest

from keystead_stub.billing.billing_history import (
    EMPTY,
    RECENT_INVOICES,
    BillingHistory,
    Dated,
    decode,
    encode,
    merge,
)
from keystead_stub.billing.event_facts import replay
from keystead_stub.billing.facts.statements import last, state
from keystead_stub.billing.known_subscriptions import subscriptions_of
from support.billing_events import (
    BOUGHT,
    HISTORIES,
    T0,
    checkout_completed,
    event,
    invoice_event,
    subscription_event,
)

EARLY, LATE = (1, 0), (2, 0)


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
        '{"subscriptions":{"sub_1":[[1800000000000,4],[[[1800000000000,4],[[["incomplete",'
        '[1800000000000,[["price_1",null,1,1800000000000,1802678400000,false,false]],null,false,'
        '"in_0",{},null,null,null,null]],null]]]],null,false]},'
        '"invoices":{"sub_1":[[1800000000000,"in_0",[1800000000000,9],false,'
        "[[1800000000000,9],[null,1200,null,[[null,1800000000000,1802678400000]],true,false,null]]]]},"
        '"checkouts":{"cs_1":[[1800000000000,2],[1800000000000,2],'
        '["sub_1",false,"price_1",null,2,{},null,false,null,null,[1800000000000,2],null,false,null]]},'
        '"other_intents":[]}'
    )


def test_merge_keeps_the_newest_customer_email_and_the_first_invoice_email() -> None:
    merged = both_ways(
        BillingHistory(email=state(EARLY, "old"), invoice_email=Dated(EARLY, "first")),
        BillingHistory(email=state(LATE, "new"), invoice_email=Dated(LATE, "second")),
    )
    assert last(merged.email, len) == "new"
    assert merged.invoice_email == Dated(EARLY, "first")
    assert both_ways(merged, EMPTY) == merged


def test_merging_with_a_deleted_history_is_deleted() -> None:
    assert both_ways(EMPTY, BillingHistory(deleted=True)).deleted


def test_a_checkout_keeps_its_first_event_and_its_newest_version() -> None:
    first, second = checkout_completed(1, T0, "unpaid"), checkout_completed(2, T0 + 5)
    checkout = both_ways(replay([first]), replay([second])).checkouts["cs_1"]
    assert (checkout.first, checkout.last) == (first.moment, second.moment)
    assert checkout.value.paid == second.moment
    third = checkout_completed(3, T0 + 9)
    assert both_ways(replay([first, third]), replay([second])).checkouts["cs_1"].value.paid == (
        second.moment
    )


def test_merge_keeps_the_newest_invoices_in_any_order() -> None:
    paid = [invoice_event(n, "paid", T0 + n, n) for n in range(RECENT_INVOICES + 6)]
    for arrived in (paid, paid[::-1], paid[10:] + paid[:10]):
        kept = [one.invoice_id for one in replay(arrived).invoices["sub_1"]]
        assert kept == [f"in_{n}" for n in reversed(range(6, RECENT_INVOICES + 6))]


def test_changes_within_a_period_leave_its_invoice_in_the_history() -> None:
    changes = [
        event(
            n + 2,
            "invoice.paid",
            T0 + n,
            id=f"in_x{n}",
            created=T0 + n,
            billing_reason="subscription_update",
            parent={"subscription_details": {"subscription": "sub_1"}},
        )
        for n in range(3 * RECENT_INVOICES)
    ]
    history = both_ways(replay(changes), replay([invoice_event(1, "paid", T0, 0)]))
    kept = {one.invoice_id for one in history.invoices["sub_1"]}
    assert "in_0" in kept
    assert len(kept) == RECENT_INVOICES + 1


def test_an_invoice_is_paid_since_the_first_event_that_says_so() -> None:
    opened = invoice_event(1, "finalized", T0, 0, amount=0)
    paid, again = invoice_event(2, "paid", T0 + 5, 0), invoice_event(3, "paid", T0 + 9, 0)
    failed = invoice_event(4, "payment_failed", T0 + 20, 0)
    (found,) = both_ways(replay([again, failed]), replay([opened, paid])).invoices["sub_1"]
    assert (found.paid, found.failed) == (paid.moment, True)
    assert found.details.value.amount_paid == 1200


def test_an_event_without_items_changes_a_subscriptions_status_only() -> None:
    def history_of(number: int, at_s: int, status: str, **changes: Any) -> BillingHistory:
        return replay([subscription_event(number, "updated", at_s, status, **changes)])

    complete = history_of(1, T0, "active", cancel_at_period_end=False)
    bare = history_of(2, T0 + 5, "past_due", items={}, cancel_at_period_end=True)
    merged = subscriptions_of(both_ways(complete, bare))["sub_1"]
    assert (merged.status, merged.price_id) == ("past_due", "price_1")
    assert merged.cancel_at_period_end is False
    barer = history_of(3, T0 + 9, "canceled", items={}, cancel_at_period_end=False)
    newest = subscriptions_of(both_ways(bare, barer))["sub_1"]
    assert (newest.status, newest.cancel_at_period_end) == ("canceled", False)
    # However many of them follow, what the subscription is for stays known.
    later = [history_of(n, T0 + n, "active", items={}) for n in range(10, 15)]
    for bare_one in later:
        complete = both_ways(complete, bare_one)
    assert subscriptions_of(complete)["sub_1"].price_id == "price_1"


def test_merge_keeps_the_newest_named_plan_of_a_subscription() -> None:
    named = replay([subscription_event(1, "updated", T0, "active", metadata={"plan": "pro"})])
    unnamed = replay(
        [subscription_event(2, "updated", T0 + 5, "active", metadata={"tenantId": "acme"})]
    )
    found = both_ways(named, unnamed).subscriptions["sub_1"]
    assert found.plan is not None
    assert (found.plan.value, found.unnamed_plan) == ("pro", True)
    assert found.first[0] == T0 * 1000


def test_merge_unites_the_payment_intents_without_a_subscription() -> None:
    one = BillingHistory(other_intents=frozenset({"pi_1"}))
    assert both_ways(one, BillingHistory(other_intents=frozenset({"pi_2"}))).other_intents == {
        "pi_1",
        "pi_2",
    }
