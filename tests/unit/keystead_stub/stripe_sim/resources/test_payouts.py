"""Balance transactions with their fees, and daily payouts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.instants import DAY_MS, from_iso
from keystead_stub.stripe_sim import customer_controls
from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.amounts import MINIMUM_CHARGE, Due, Fees, due, part
from keystead_stub.stripe_sim.resources.balance import queries as balance_queries
from keystead_stub.stripe_sim.resources.payouts import operations as payouts_operations
from keystead_stub.stripe_sim.resources.payouts import queries as payouts
from keystead_stub.stripe_sim.resources.subscriptions.requests import SubscriptionChange
from keystead_stub.stripe_types.errors import StripeError
from support.stripe_world import StripeWorld


def transactions(world: StripeWorld) -> list[Any]:
    with world.stripe.reading() as rows:
        return [one for one, _ in records.objects(rows, "balance_transaction")]


def booked(world: StripeWorld) -> list[tuple[str, int, int, int]]:
    return [(one["type"], one["amount"], one["fee"], one["net"]) for one in transactions(world)]


def balance(world: StripeWorld) -> tuple[int, int]:
    """Return what is available and what is pending."""
    document = world.stripe.read(balance_queries.get)
    return document["available"][0]["amount"], document["pending"][0]["amount"]


def test_a_payment_less_stripes_fee_is_pending_for_two_days() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    assert booked(world) == [("charge", 1200, 43, 1157)]
    (transaction,) = transactions(world)
    charge = _charge(world, customer_id)
    assert (transaction["source"], charge["balance_transaction"]) == (
        charge["id"],
        transaction["id"],
    )
    assert transaction["fee_details"][0]["amount"] == 43
    assert transaction["available_on"] * 1000 == from_iso("2026-02-02T00:00:00Z")
    assert (transaction["status"], balance(world)) == ("pending", (0, 1157))


def _charge(world: StripeWorld, customer_id: str) -> Any:
    with world.stripe.reading() as rows:
        return records.objects(rows, "charge", customer_id)[-1][0]


def test_the_available_balance_is_paid_out_daily_and_arrives_a_day_later() -> None:
    world = StripeWorld()
    world.buy()
    before = len(world.events())
    world.pass_time(to_ms=from_iso("2026-02-02T00:00:00Z"))
    (payout,) = world.stripe.read(payouts.list_all)
    assert (payout["amount"], payout["status"], payout["automatic"]) == (1157, "in_transit", True)
    assert balance(world) == (0, 0)
    assert transactions(world)[0]["status"] == "available"
    world.pass_time(days=1)
    assert world.stripe.read(payouts.list_all)[0]["status"] == "paid"
    assert world.types(after=before) == [
        "balance.available",
        "payout.created",
        "payout.paid",
        "payout.reconciliation_completed",
    ]
    assert world.stripe.read(payouts.list_all)[0]["reconciliation_status"] == "completed"


def test_the_transactions_of_a_payout_sum_to_its_amount() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.stripe.run(customer_controls.refund, customer_id, amount=200)
    world.pass_time(days=3)
    (payout,) = world.stripe.read(payouts.list_all)
    taken = world.stripe.read(payouts.transactions, payout["id"])
    assert sorted(one["type"] for one in taken) == ["charge", "refund"]
    assert sum(one["net"] for one in taken) == payout["amount"] == 957


def test_a_failed_payout_returns_to_the_balance_and_is_paid_out_again() -> None:
    world = StripeWorld()
    world.buy()
    world.stripe.run(payouts_operations.fail_next)
    world.pass_time(to_ms=from_iso("2026-02-03T00:00:00Z"))
    (failed,) = world.stripe.read(payouts.list_all)
    assert (failed["status"], failed["failure_code"]) == ("failed", "account_closed")
    assert booked(world)[-1] == ("payout_failure", 1157, 0, 1157)
    assert balance(world) == (1157, 0)
    world.pass_time(days=2)
    assert [(one["amount"], one["status"]) for one in world.stripe.read(payouts.list_all)] == [
        (1157, "paid"),
        (1157, "failed"),
    ]
    assert balance(world) == (0, 0)


def test_a_refund_does_not_return_stripes_fee() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    charge = world.stripe.run(customer_controls.refund, customer_id, amount=500)
    assert booked(world)[-1] == ("refund", -500, 0, -500)
    assert charge["refunds"]["data"][0]["balance_transaction"] == transactions(world)[-1]["id"]
    # The refund is taken from the pending balance.
    assert balance(world) == (0, 657)
    world.pass_time(days=3)
    assert world.stripe.read(payouts.list_all)[0]["amount"] == 657


def test_a_refund_after_the_payout_makes_the_balance_negative() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.pass_time(days=4)
    world.stripe.run(customer_controls.refund, customer_id)
    assert balance(world) == (-1200, 0)
    world.buy(quantity=2)
    world.pass_time(days=4)
    assert [one["amount"] for one in world.stripe.read(payouts.list_all)] == [
        2400 - 61 - 1200,
        1157,
    ]
    assert balance(world) == (0, 0)


def test_a_lost_dispute_withdraws_the_payment_and_a_fee() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    dispute = world.stripe.run(customer_controls.dispute, customer_id)
    assert booked(world)[-1] == ("adjustment", -1200, 2000, -3200)
    assert dispute["balance_transactions"] == [transactions(world)[-1]]
    closed = world.stripe.run(customer_controls.close_dispute, customer_id, won=False)
    assert (closed["status"], len(closed["balance_transactions"])) == ("lost", 1)
    assert world.types()[-1] == "charge.dispute.closed"
    with pytest.raises(StripeError) as refused:
        world.stripe.run(customer_controls.close_dispute, customer_id, won=True)
    assert refused.value.code == "illegal_transition"


def test_a_won_dispute_reinstates_the_payment() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.stripe.run(customer_controls.dispute, customer_id)
    closed = world.stripe.run(customer_controls.close_dispute, customer_id, won=True)
    assert closed["status"] == "won"
    assert [one["net"] for one in closed["balance_transactions"]] == [-3200, 1200]
    assert world.types()[-2:] == ["charge.dispute.closed", "charge.dispute.funds_reinstated"]
    categories = [one["reporting_category"] for one in transactions(world)]
    assert categories == ["charge", "dispute", "dispute_reversal"]


def test_bank_debits_have_their_own_fee_and_a_failure_fee() -> None:
    world = StripeWorld()
    world.buy(card="sepa_debit")
    assert transactions(world) == []
    world.buy(card="sepa_debit_fails")
    world.pass_time(days=1)
    assert booked(world) == [("payment", 1200, 35, 1165), ("stripe_fee", -350, 0, -350)]


def test_a_voided_invoice_cancels_its_payment_intent() -> None:
    world = StripeWorld()
    customer_id = world.buy(card="sepa_debit_fails")
    world.pass_time(days=1)
    with world.stripe.reading() as rows:
        (intent,) = [one for one, _ in records.objects(rows, "payment_intent", customer_id)]
        (payment,) = [one for one, _ in records.objects(rows, "invoice_payment", customer_id)]
    assert (intent["status"], intent["cancellation_reason"]) == ("canceled", "void_invoice")
    assert (payment["status"], payment["amount_paid"]) == ("canceled", None)
    assert payment["payment"]["payment_intent"] == intent["id"]


def test_each_change_of_customer_credit_is_a_balance_transaction() -> None:
    world = StripeWorld()
    customer_id = world.buy(quantity=5)
    world.pass_time(days=7)
    world.stripe.run(
        customer_controls.update_subscription, customer_id, SubscriptionChange(quantity=3)
    )
    world.pass_time(days=60)
    with world.stripe.reading() as rows:
        found = records.objects(rows, "customer_balance_transaction", customer_id)
    changes = [(one["amount"], one["ending_balance"], one["type"]) for one, _ in found]
    assert changes == [(-1800, -1800, "applied_to_invoice"), (1800, 0, "applied_to_invoice")]


@given(total=st.integers(-(10**7), 10**7), balance=st.integers(-(10**7), 10**7))
def test_amount_due_and_ending_balance_sum_to_total_and_starting_balance(
    total: int, balance: int
) -> None:
    found = due(total, balance, "eur")
    assert found.amount + found.balance == total + balance
    assert found.amount == 0 or found.amount >= MINIMUM_CHARGE["eur"]
    assert found.amount == 0 or found.balance == 0


def test_an_amount_below_the_minimum_charge_is_carried_to_the_next_invoice() -> None:
    assert due(49, 0, "eur") == Due(0, 49)
    assert due(1200, 49, "eur") == Due(1249, 0)
    assert due(50, 0, "eur") == Due(50, 0)


@given(amount=st.integers(0, 10**9), method=st.sampled_from(["card", "sepa_debit"]))
def test_a_fee_never_exceeds_the_payment(amount: int, method: str) -> None:
    assert 0 <= Fees().of_payment(amount, method) <= amount


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_part_of_an_amount_is_rounded_to_the_nearest_cent(amount: int, n: int, d: int) -> None:
    assert 2 * abs(part(amount, n, d) * d - amount * n) <= d
    assert part(-amount, n, d) == -part(amount, n, d)


def test_a_year_of_payments_refunds_disputes_and_payouts_reconciles() -> None:
    world = StripeWorld()
    first, second = world.buy(quantity=3), world.buy(card="4000 0000 0000 0341")
    world.pass_time(days=40)
    world.stripe.run(customer_controls.refund, first, amount=1)
    world.stripe.run(customer_controls.update_subscription, first, SubscriptionChange(quantity=7))
    world.pass_time(to_ms=world.stripe.now_ms() + 100 * DAY_MS)
    world.stripe.run(customer_controls.dispute, second)
    world.stripe.run(payouts_operations.fail_next)
    world.pass_time(days=225)
    nets = sum(one["net"] for one in transactions(world))
    assert nets == sum(balance(world))
    paid_out = sum(
        one["amount"] for one in world.stripe.read(payouts.list_all) if one["status"] != "failed"
    )
    kept = sum(one["net"] for one in transactions(world) if not one["type"].startswith("payout"))
    assert kept - paid_out == nets
