"""The account's own money: each movement booked with its fee, and paid out once a day.

A payment's net is pending until the second midnight (UTC) after it; then it is available, and what
is available goes to the bank, where it arrives at the next midnight. Money that goes back is taken
from what is pending if its payment still is, else from what is available, which may so be
negative until there are new payments (https://docs.stripe.com/payouts#payout-schedule).
"""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa

from keystead.instants import to_datetime, to_ms, to_seconds
from keystead_stub.store import stripe_tables
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.rows import Rows
from keystead_stub.stripe_sim.engine.snapshot import Snapshot
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.balance_transactions import shape as shapes

DAY_S = 86_400
#: The bank account of the payouts, by currency, is this and the currency.
BANK_PREFIX = "ba_1Keystead"
_PENDING_DAYS = 2


def midnight(now_s: int, days: int = 1) -> int:
    """Return the instant at which that many UTC days have ended."""
    return (now_s // DAY_S + days) * DAY_S


def book(
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
    available_on = max(available_on or 0, work.now_s)
    pending = available_on > work.now_s
    transaction = shapes.balance_transaction(
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
    row = {
        "id": transaction["id"],
        "currency": currency,
        "net": transaction["net"],
        "available_s": available_on,
        "payout_id": payout_id,
    }
    work.rows.add(stripe_tables.funds, row)
    if transaction["net"] > 0:
        _settle_on(work, available_on if pending else midnight(work.now_s))
    return transaction


def _settle_on(work: UnitOfWork, due_s: int) -> None:
    work.at(due_s, "settle", f"{to_datetime(to_ms(due_s)):%Y-%m-%d}")


def book_payment(work: UnitOfWork, charge: Json) -> str:
    """Book a payment that succeeded; return the balance transaction's id."""
    method_type = charge["payment_method_details"]["type"]
    booked = book(
        work,
        "charge" if method_type == "card" else "payment",
        amount=charge["amount_captured"],
        currency=charge["currency"],
        source_id=charge["id"],
        description=charge["description"],
        fee=work.rules.fees.of_payment(charge["amount_captured"], method_type),
        available_on=midnight(work.now_s, _PENDING_DAYS),
    )
    return str(booked["id"])


def available_on(work: UnitOfWork, charge: Json) -> int:
    """Return when the money of a charge is, or was, available."""
    booked = work.get("balance_transaction", charge["balance_transaction"])
    return int(booked["available_on"])


# The balance


def balance(snapshot: Snapshot) -> Json:
    """Return Stripe's balance object as it is now."""
    return balance_at(snapshot, to_seconds(snapshot.now_ms))


def balance_at(rows: Rows, now_s: int) -> Json:
    """Return Stripe's balance object as it is at an instant."""
    table = stripe_tables.funds
    later = sa.case((table.c.available_s > now_s, 1), else_=0)
    query = rows.select(table, table.c.currency, later, sa.func.sum(table.c.net))
    sums: tuple[dict[str, int], dict[str, int]] = (defaultdict(int), defaultdict(int))
    for currency, is_later, net in rows.execute(query.group_by(table.c.currency, later)):
        sums[is_later][currency] = int(net)
        # A currency that is anywhere is in both lists.
        sums[1 - is_later].setdefault(currency, 0)
    return shapes.balance(*sums)


def paid_out_by(rows: Rows, payout_id: str) -> list[str]:
    """Return the ids of the balance transactions of a payout."""
    table = stripe_tables.funds
    query = rows.select(table, table.c.id).where(table.c.payout_id == payout_id)
    return list(rows.execute(query.order_by(table.c.available_s, table.c.id)).scalars())


# Payouts


def settle(work: UnitOfWork, _day: str) -> None:
    """Let what has become available be available, and pay out what there is."""
    table = stripe_tables.funds
    query = work.rows.select(table, table.c.id, table.c.currency, table.c.net).where(
        table.c.payout_id.is_(None), table.c.available_s <= work.now_s
    )
    by_currency: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for transaction_id, currency, net in work.rows.execute(query.order_by(table.c.id)):
        transaction = work.get("balance_transaction", transaction_id)
        work.change(transaction, None, status="available")
        by_currency[currency].append((transaction_id, net))
    if not by_currency:
        return
    work.emit("balance.available", balance_at(work.rows, work.now_s))
    for currency, found in sorted(by_currency.items()):
        if (amount := sum(net for _, net in found)) > 0:
            _pay_out(work, currency, amount, [one for one, _ in found])


def _pay_out(work: UnitOfWork, currency: str, amount: int, transactions: list[str]) -> None:
    payout_id = work.ids.new("po_1")
    bank = stock_bank(work, currency)
    booked = book(
        work,
        "payout",
        amount=-amount,
        currency=currency,
        source_id=payout_id,
        description="STRIPE PAYOUT",
        payout_id=payout_id,
    )
    paid_out = shapes.payout(
        payout_id=payout_id,
        created=work.now_s,
        arrival_date=midnight(work.now_s),
        amount=amount,
        currency=currency,
        bank_id=bank["id"],
        transaction_id=booked["id"],
    )
    work.add(paid_out)
    table = stripe_tables.funds
    work.rows.execute(
        work.rows.update(table).where(table.c.id.in_(transactions)).values(payout_id=payout_id)
    )
    work.emit("payout.created", paid_out)
    work.at(paid_out["arrival_date"], "arrive", payout_id)


def arrive(work: UnitOfWork, payout_id: str) -> None:
    """Let a payout reach the bank, or come back from it."""
    paid_out = work.get("payout", payout_id)
    bank_id = paid_out["destination"]
    trace = {"status": "supported", "value": work.ids.text(16).upper()}
    if work.private(bank_id).get("failing"):
        work.remember(bank_id, failing=False)
        _come_back(work, paid_out)
        return
    work.change(paid_out, None, status="paid", trace_id=trace)
    work.emit("payout.paid", paid_out)
    work.change(paid_out, None, reconciliation_status="completed")
    work.emit("payout.reconciliation_completed", paid_out)


def _come_back(work: UnitOfWork, paid_out: Json) -> None:
    booked = book(
        work,
        "payout_failure",
        amount=paid_out["amount"],
        currency=paid_out["currency"],
        source_id=paid_out["id"],
        description="STRIPE PAYOUT FAILURE",
    )
    work.change(
        paid_out,
        None,
        status="failed",
        failure_balance_transaction=booked["id"],
        failure_code="account_closed",
        failure_message="The bank account has been closed.",
        trace_id={"status": "unsupported", "value": None},
    )
    work.emit("payout.failed", paid_out)


def stock_bank(work: UnitOfWork, currency: str) -> Json:
    """Return where payouts of a currency go; one is made where there is none."""
    bank_id = BANK_PREFIX + currency
    known = work.find("bank_account", bank_id)
    account_id = work.rows.account_id
    return known or work.add(
        shapes.bank_account(account_id=account_id, bank_id=bank_id, currency=currency)
    )


def fail_next_payout(work: UnitOfWork) -> None:
    """Let the bank send the next payout back."""
    for bank in work.all("bank_account"):
        work.remember(bank["id"], failing=True)
