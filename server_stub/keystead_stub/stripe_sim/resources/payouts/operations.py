"""Payouts: created daily from the available balance, then paid or failed.

What is available at midnight (UTC) is paid out and arrives at the next midnight
(https://docs.stripe.com/payouts#payout-schedule).
"""

from __future__ import annotations

from collections import defaultdict

from keystead_stub.store import stripe_tables
from keystead_stub.stripe_sim.engine import calendar
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.balance import queries as balance
from keystead_stub.stripe_sim.resources.balance_transactions import (
    operations as balance_transactions,
)
from keystead_stub.stripe_sim.resources.payouts import shape as payout_shape

#: The bank account of the payouts, by currency, is this and the currency.
BANK_ACCOUNT_PREFIX = "ba_1Keystead"


def create_due(work: UnitOfWork, _day: str) -> None:
    """Make pending funds available, and pay out a positive balance."""
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
    work.emit("balance.available", balance.at(work.rows, work.now_s))
    for currency, found in sorted(by_currency.items()):
        # A negative balance is not paid out: it waits for new payments to cover it.
        if (amount := sum(net for _, net in found)) > 0:
            _create(work, currency, amount, [one for one, _ in found])


def _create(work: UnitOfWork, currency: str, amount: int, transactions: list[str]) -> None:
    payout_id = work.ids.new("po_1")
    bank = ensure_bank_account(work, currency)
    booked = balance_transactions.create(
        work,
        "payout",
        amount=-amount,
        currency=currency,
        source_id=payout_id,
        description="STRIPE PAYOUT",
        payout_id=payout_id,
    )
    paid_out = payout_shape.payout(
        payout_id=payout_id,
        created=work.now_s,
        arrival_date=calendar.midnight_after(work.now_s),
        amount=amount,
        currency=currency,
        bank_id=bank["id"],
        transaction_id=booked["id"],
    )
    work.add(paid_out)
    table = stripe_tables.funds
    work.rows.execute(
        # Stripe links an automatic payout to exactly the transactions that it pays out.
        work.rows.update(table).where(table.c.id.in_(transactions)).values(payout_id=payout_id)
    )
    work.emit("payout.created", paid_out)
    work.set_timer(paid_out["arrival_date"], "arrive", payout_id)


def arrive(work: UnitOfWork, payout_id: str) -> None:
    """Complete a payout, or fail it."""
    paid_out = work.get("payout", payout_id)
    bank_id = paid_out["destination"]
    trace = {"status": "supported", "value": work.ids.text(16).upper()}
    if work.private(bank_id).get("failing"):
        # Only the next payout fails; the money is available again for the one after.
        work.update_private(bank_id, failing=False)
        _fail(work, paid_out)
        return
    work.change(paid_out, None, status="paid", trace_id=trace)
    work.emit("payout.paid", paid_out)
    work.change(paid_out, None, reconciliation_status="completed")
    # Stripe reconciles after the payment, with an event of its own.
    work.emit("payout.reconciliation_completed", paid_out)


def _fail(work: UnitOfWork, paid_out: Json) -> None:
    # The money comes back as a movement of its own, so that the books keep the failed attempt.
    booked = balance_transactions.create(
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


def ensure_bank_account(work: UnitOfWork, currency: str) -> Json:
    """Return the bank account for payouts of a currency; create it if it is missing."""
    bank_id = BANK_ACCOUNT_PREFIX + currency
    existing = work.find("bank_account", bank_id)
    account_id = work.rows.account_id
    return existing or work.add(
        payout_shape.bank_account(account_id=account_id, bank_id=bank_id, currency=currency)
    )


def fail_next(work: UnitOfWork) -> None:
    """Make the next payout fail."""
    for bank in work.all("bank_account"):
        work.update_private(bank["id"], failing=True)
