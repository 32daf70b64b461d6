"""Which of a customer's subscriptions, purchases and payments counts (specification §7.18)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from keystead_stub.billing.billing_state import fold
from keystead_stub.billing.entitlements import ProductEntitlement
from keystead_stub.billing.known_subscriptions import Offer
from keystead_stub.billing.payments.paid_periods import Payments
from keystead_stub.stripe_types.events import StripeEvent
from support.billing_events import (
    BOUGHT,
    CUSTOMER,
    MONTH_S,
    RENEWAL_FAILED,
    RENEWED,
    T0,
    checkout_completed,
    event,
    invoice_event,
    refund_of,
    single_purchase,
    subscription_event,
)


def end_of(period: int) -> int:
    return (T0 + (period + 1) * MONTH_S) * 1000


SOLD = Offer(frozenset({"price_1", "price_2"}), frozenset({"pro", ""}))


def bought(name: str, at_s: int, status: str, **changes: Any) -> StripeEvent:
    """Return a subscription of another id, created at `at_s`."""
    price = changes.pop("price", "price_1")
    period = {"current_period_start": at_s, "current_period_end": at_s + MONTH_S}
    items = {"data": [{"price": {"id": price}, "quantity": 1, **period}]}
    body = {"id": name, "created": at_s, "items": items, **changes}
    return subscription_event(at_s - T0 + 500, "updated", at_s, status, **body)


@pytest.mark.parametrize(
    "status", ["incomplete", "incomplete_expired", "paused", "unpaid", "trialing", "past_due"]
)
def test_a_newer_subscription_of_a_worse_status_leaves_an_active_one(status: str) -> None:
    newer = bought("sub_2", T0 + 99, status)
    for events in ([*BOUGHT, newer], [newer, *BOUGHT]):
        state = fold(CUSTOMER, events, SOLD)
        assert (state.subscription_id, state.status, state.entitled) == ("sub_1", "active", True)


def test_among_equals_the_newest_subscription_counts() -> None:
    state = fold(CUSTOMER, [*BOUGHT, bought("sub_2", T0 + 99, "active", price="price_2")], SOLD)
    assert (state.subscription_id, state.price_id) == ("sub_2", "price_2")
    assert [one.subscription_id for one in state.alternatives] == ["sub_1"]


@pytest.mark.parametrize("status", ["active", "canceled", "incomplete", "trialing"])
def test_a_subscription_to_another_product_never_gives_and_never_takes(status: str) -> None:
    other = bought("sub_2", T0 + 99, status, price="price_of_another_product")
    assert fold(CUSTOMER, [*BOUGHT, other], SOLD) == fold(CUSTOMER, BOUGHT, SOLD)
    ended = [*BOUGHT, subscription_event(98, "deleted", T0 + 50, "canceled")]
    state = fold(CUSTOMER, [*ended, other], SOLD)
    assert (state.subscription_id, state.entitled) == ("sub_1", False)
    lifetime = fold(CUSTOMER, [single_purchase(40), other], SOLD)
    assert (lifetime.bought_once, lifetime.entitled) == (True, True)


def test_a_refund_of_another_subscription_leaves_this_one() -> None:
    other = bought("sub_2", T0 + 99, "active")
    paid = invoice_event(97, "paid", T0 + 99, 5)
    paid = msgspec.structs.replace(
        paid,
        object={
            **paid.object,
            "parent": {"subscription_details": {"subscription": "sub_2"}},
        },
    )
    link = event(96, "invoice_payment.paid", T0, invoice="in_5", payment={"payment_intent": "pi_x"})
    state = fold(CUSTOMER, [*BOUGHT, other, paid, link, refund_of(43, "pi_x")], SOLD)
    assert (state.subscription_id, state.entitled) == ("sub_1", True)


def test_what_else_entitles_is_kept_for_when_the_period_has_run_out() -> None:
    owed = [*BOUGHT, *RENEWAL_FAILED]
    state = fold(CUSTOMER, [*owed, single_purchase(40)], SOLD)
    assert (state.status, state.bought_once) == ("past_due", False)
    assert [one.bought_once for one in state.alternatives] == [True]
    only_theirs = bought("sub_2", T0 + 99, "active", price="price_of_another_product")
    assert fold(CUSTOMER, [*owed, only_theirs], SOLD).alternatives == ()


def test_a_subscription_moved_to_a_price_that_is_not_sold_has_no_license() -> None:
    metadata = {"key": "basic", "priceId": "price_old"}
    kept = bought("sub_1", T0, "active", price="price_old", metadata=metadata)
    assert fold(CUSTOMER, [kept], SOLD).entitles == ProductEntitlement("basic")
    moved = bought("sub_1", T0, "active", price="price_x", metadata=metadata)
    assert fold(CUSTOMER, [moved], SOLD).entitles is None


def sent(number: int, at_s: int, kind: str, **changes: Any) -> StripeEvent:
    body = {"collection_method": "send_invoice", "days_until_due": 30, **changes}
    return subscription_event(number, kind, at_s, "active", **body)


@pytest.mark.parametrize("finalized", [False, True])
def test_an_invoice_that_was_sent_counts_until_it_is_due(finalized: bool) -> None:
    first = [
        sent(1, T0, "created", latest_invoice="in_0"),
        invoice_event(2, "paid", T0, 0),
        sent(3, T0 + MONTH_S, "updated", period=1, latest_invoice="in_1"),
    ]
    opened = invoice_event(4, "finalized", T0 + MONTH_S + 3600, 1, amount=0)
    due_s = T0 + MONTH_S + 30 * 86_400
    if finalized:
        due_s += 3600
        first.append(msgspec.structs.replace(opened, object={**opened.object, "due_date": due_s}))
    state = fold(CUSTOMER, first, SOLD)
    assert (state.status, state.entitled, state.due_ms) == ("active", True, due_s * 1000)
    assert state.period_end_ms == end_of(1)
    paid = fold(CUSTOMER, [*first, invoice_event(5, "paid", T0 + 2 * MONTH_S, 1)], SOLD)
    assert (paid.due_ms, paid.period_end_ms) == (None, end_of(1))
    overdue = subscription_event(6, "updated", due_s, "past_due", period=1, latest_invoice="in_1")
    late = fold(CUSTOMER, [*first, overdue], SOLD)
    assert (late.due_ms, late.period_end_ms) == (None, end_of(0))


def test_the_first_invoice_that_was_sent_counts_until_it_is_due() -> None:
    state = fold(CUSTOMER, [sent(1, T0, "created", latest_invoice="in_0")], SOLD)
    assert state.due_ms == (T0 + 30 * 86_400) * 1000
    without_period = sent(1, T0, "created", latest_invoice="in_0", items={"data": []})
    assert fold(CUSTOMER, [without_period]).due_ms is None


def test_an_open_renewal_is_not_hidden_by_a_paid_change_within_the_period() -> None:
    change = invoice_event(20, "paid", T0 + MONTH_S + 60, 9, amount=300)
    line = {"proration": True, "period": {"end": T0 + 2 * MONTH_S}}
    change = msgspec.structs.replace(change, object={**change.object, "lines": {"data": [line]}})
    opened = invoice_event(21, "finalized", T0 + MONTH_S, 1, amount=0)
    opened = msgspec.structs.replace(opened, object={**opened.object, "amount_due": 1200})
    moved = subscription_event(
        22, "updated", T0 + MONTH_S + 60, "active", period=1, latest_invoice="in_9"
    )
    events = [*BOUGHT, change, opened, moved]
    assert fold(CUSTOMER, events).period_end_ms == end_of(0)
    void = msgspec.structs.replace(
        opened,
        id="evt_v",
        created_ms=opened.created_ms + 9000,
        object=opened.object | {"status": "void"},
    )
    assert fold(CUSTOMER, [*events, void]).period_end_ms == end_of(1)


def test_a_refund_of_a_change_of_plan_leaves_the_period_that_was_paid_before() -> None:
    """A change to a yearly price begins a new period at once; the month before it stays paid."""
    year = invoice_event(20, "paid", T0 + 86_400, 1, amount=12_000)
    line = {"period": {"start": T0 + 86_400, "end": T0 + 366 * 86_400}}
    year = msgspec.structs.replace(
        year, object={**year.object, "created": T0 + 86_400, "lines": {"data": [line]}}
    )
    link = event(96, "invoice_payment.paid", T0, invoice="in_1", payment={"payment_intent": "pi_x"})
    state = fold(CUSTOMER, [*BOUGHT, year, link, refund_of(43, "pi_x")])
    assert (state.entitled, state.period_end_ms, state.no_grace) == (True, end_of(0), True)
    # Where the periods follow one another, nothing is left of the one before.
    renewed = [*BOUGHT, *RENEWAL_FAILED, *RENEWED, link, refund_of(43, "pi_x")]
    assert fold(CUSTOMER, renewed).reason == "refunded"
    unknown = msgspec.structs.replace(
        year, object={**year.object, "lines": {"data": [{"period": {"end": T0 + 366 * 86_400}}]}}
    )
    assert fold(CUSTOMER, [*BOUGHT, unknown, link, refund_of(43, "pi_x")]).entitled


def test_an_unpaid_first_period_does_not_entitle() -> None:
    opened = invoice_event(3, "finalized", T0, 0, amount=0)
    opened = msgspec.structs.replace(opened, object={**opened.object, "amount_due": 1200})
    late = subscription_event(4, "updated", T0, "past_due", latest_invoice="in_0")
    assert (fold(CUSTOMER, [opened, late]).status, fold(CUSTOMER, [opened, late]).entitled) == (
        "past_due",
        False,
    )
    processing = subscription_event(4, "updated", T0, "active", latest_invoice="in_0")
    state = fold(CUSTOMER, [opened, processing])
    assert (state.status, state.entitled) == ("settling", False)
    assert state.reason == "payment_not_confirmed"


def without_lines(paid: StripeEvent) -> StripeEvent:
    return msgspec.structs.replace(paid, object={**paid.object, "lines": {}})


def test_a_paid_invoice_settles_a_subscription_that_still_reads_incomplete() -> None:
    started = subscription_event(1, "created", T0, "incomplete", latest_invoice="in_0")
    paid = invoice_event(2, "paid", T0 + 60, 0)
    state = fold(CUSTOMER, [started, paid])
    assert (state.status, state.entitled, state.period_end_ms) == ("active", True, end_of(0))
    state = fold(CUSTOMER, [started, without_lines(paid)])
    assert (state.status, state.entitled) == ("settling", True)
    assert state.settling_since_ms == (T0 + 60) * 1000


@pytest.mark.parametrize("checkout", [[checkout_completed(1)], []])
def test_a_paid_period_counts_before_any_event_of_its_subscription(
    checkout: list[StripeEvent],
) -> None:
    paid = invoice_event(2, "paid", T0 + 60, 0)
    for events in ([*checkout, paid], [paid, *checkout]):
        state = fold(CUSTOMER, events)
        assert (state.status, state.entitled, state.subscription_id) == ("active", True, "sub_1")
        assert (state.period_end_ms, state.settling_since_ms) == (end_of(0), None)
        renewed = fold(CUSTOMER, [*events, invoice_event(3, "paid", T0 + MONTH_S, 1)])
        assert renewed.period_end_ms == end_of(1)
        failed = fold(CUSTOMER, [*events, invoice_event(3, "payment_failed", T0 + MONTH_S, 1)])
        assert failed.period_end_ms == end_of(0)
        complete = [*events, subscription_event(4, "updated", T0 + 60, "active")]
        assert fold(CUSTOMER, complete).period_end_ms == end_of(0)


def test_a_paid_renewal_counts_before_the_event_that_moves_the_period() -> None:
    renewed = [*BOUGHT, invoice_event(30, "paid", T0 + MONTH_S, 1)]
    assert fold(CUSTOMER, renewed).period_end_ms == end_of(1)
    # A change of plan shortens the period: what an older invoice says counts no more.
    shorter = bought("sub_1", T0 + 9, "active", latest_invoice="in_0")
    year = invoice_event(29, "paid", T0, 0)
    line = {"period": {"start": T0, "end": T0 + 12 * MONTH_S}}
    year = msgspec.structs.replace(year, object={**year.object, "lines": {"data": [line]}})
    assert fold(CUSTOMER, [year, shorter]).period_end_ms == (T0 + 9 + MONTH_S) * 1000


def test_an_invoice_without_a_period_leaves_a_checkout_settling() -> None:
    paid = without_lines(invoice_event(2, "paid", T0 + 60, 0))
    state = fold(CUSTOMER, [checkout_completed(1), paid])
    assert (state.status, state.entitled) == ("settling", True)
    opened = invoice_event(2, "finalized", T0 + 60, 0, amount=0)
    assert fold(CUSTOMER, [opened]).entitled is False


def test_a_paid_period_of_a_price_that_we_do_not_sell_is_no_license() -> None:
    def billed(*prices: str) -> StripeEvent:
        paid = invoice_event(2, "paid", T0 + 60, 0)
        period = {"start": T0, "end": T0 + MONTH_S}
        lines = [
            {"period": period, "pricing": {"price_details": {"price": price}}} for price in prices
        ]
        return msgspec.structs.replace(paid, object={**paid.object, "lines": {"data": lines}})

    owned = fold(CUSTOMER, [*BOUGHT, billed("price_x")], SOLD)
    assert owned.price_id == "price_1"
    mixed = fold(CUSTOMER, [billed("price_x", "price_2", "price_x")], SOLD)
    assert (mixed.price_id, mixed.entitled) == ("price_2", True)
    other = [billed("price_x"), single_purchase(40)]
    assert fold(CUSTOMER, other, SOLD).bought_once is True


def test_an_active_subscription_of_a_debit_under_way_does_not_entitle() -> None:
    started = subscription_event(1, "updated", T0, "active", latest_invoice="in_0")
    debit = checkout_completed(2, payment="unpaid")
    state = fold(CUSTOMER, [started, debit])
    assert (state.entitled, state.reason) == (False, "payment_not_confirmed")
    assert fold(CUSTOMER, [started, debit, invoice_event(3, "paid", T0 + 60, 0)]).entitled


@pytest.mark.parametrize("names", [(1, 2), (2, 1)])
def test_two_events_in_one_second_are_ordered_by_what_was_before(names: tuple[int, int]) -> None:
    def told(number: int, status: str, before: str) -> StripeEvent:
        found = subscription_event(number, "updated", T0 + 9, status, latest_invoice="in_0")
        return msgspec.structs.replace(found, previous={"status": before})

    one, two = names
    failed = [told(one, "past_due", "active"), told(two, "unpaid", "past_due")]
    assert fold(CUSTOMER, [*BOUGHT, *failed]).status == "unpaid"
    back = [told(one, "past_due", "active"), told(two, "active", "past_due")]
    assert fold(CUSTOMER, [*BOUGHT, *back]).status == "active"
    resumed = [
        subscription_event(one, "paused", T0 + 9, "paused"),
        subscription_event(two, "resumed", T0 + 9, "active"),
    ]
    assert fold(CUSTOMER, [*BOUGHT, *resumed]).status == "active"


def test_events_without_items_leave_an_unknown_status_shown_as_it_is() -> None:
    bare = subscription_event(1, "updated", T0 + 5, "a_new_status", items={})
    known = subscription_event(2, "updated", T0 + 5, "active")
    state = fold(CUSTOMER, [bare, known])
    assert (state.status, state.price_id) == ("active", "price_1")
    assert fold(CUSTOMER, [bare]).status == "a_new_status"


def test_a_subscription_without_payments_has_nothing_left() -> None:
    payments = Payments()
    assert (payments.left_ms, payments.end_ms, payments.returned) == (None, None, None)
