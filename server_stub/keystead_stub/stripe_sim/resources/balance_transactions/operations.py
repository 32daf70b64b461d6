"""The account's own money: each movement booked with its fee, and paid out once a day.

A payment's net is pending until the second midnight (UTC) after it; then it is available, and what
is available goes to the bank, where it arrives at the next midnight. Money that goes back is taken
from what is pending if its payment still is, else from what is available, which may so be
negative until there are new payments (https://docs.stripe.com/payouts#payout-schedule).
"""

from __future__ import annotations

from keystead.instants import to_datetime, to_ms
from keystead_stub.store import stripe_tables
from keystead_stub.stripe_sim.engine import calendar
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.balance_transactions import shape

_PENDING_DAYS = 2


def create(
    work: UnitOfWork,
    kind: str,
    *,
    amount: int,
    currency: str,
    source_id: str | None,
    description: str | None,
    fee: int = 0,
    fee_words: str = "Stripe processing fees",
    available_on: int | None = None,
    payout_id: str | None = None,
    category: str | None = None,
    transaction_id: str | None = None,
) -> Json:
    """Book a movement of `amount` (gross) and `fee`; return the balance transaction."""
    # A refund of an old charge would otherwise be available in the past.
    available_on = max(available_on or 0, work.now_s)
    pending = available_on > work.now_s
    transaction = shape.balance_transaction(
        transaction_id=transaction_id or work.ids.new("txn_1"),
        created=work.now_s,
        available_on=available_on,
        pending=pending,
        amount=amount,
        fee=fee,
        fee_words=fee_words,
        currency=currency,
        description=description,
        source_id=source_id,
        kind=kind,
        category=category,
    )
    work.add(transaction)
    # A second row beside the object, because sums over JSON documents would be slow and differ
    # between databases.
    row = {
        "id": transaction["id"],
        "currency": currency,
        "net": transaction["net"],
        "available_s": available_on,
        "payout_id": payout_id,
    }
    work.rows.add(stripe_tables.funds, row)
    # Money that goes out needs no payout of its own: it reduces the next one.
    if transaction["net"] > 0:
        _schedule_payout(work, available_on if pending else calendar.midnight_after(work.now_s))
    return transaction


def _schedule_payout(work: UnitOfWork, due_s: int) -> None:
    # The day is the timer's object, so that all payments of a day share one payout.
    work.set_timer(due_s, "settle", f"{to_datetime(to_ms(due_s)):%Y-%m-%d}")


def create_for_charge(work: UnitOfWork, charge: Json) -> str:
    """Book a payment that succeeded; return the balance transaction's id."""
    method_type = charge["payment_method_details"]["type"]
    booked = create(
        work,
        # Stripe names only card payments "charge"; other methods are "payment"
        # (https://docs.stripe.com/reports/balance-transaction-types).
        "charge" if method_type == "card" else "payment",
        amount=charge["amount_captured"],
        currency=charge["currency"],
        source_id=charge["id"],
        description=charge["description"],
        fee=work.rules.fees.of_payment(charge["amount_captured"], method_type),
        available_on=calendar.midnight_after(work.now_s, _PENDING_DAYS),
    )
    return str(booked["id"])


def available_on(work: UnitOfWork, charge: Json) -> int:
    """Return when the money of a charge is, or was, available."""
    booked = work.get("balance_transaction", charge["balance_transaction"])
    return int(booked["available_on"])


# The balance


# Payouts
