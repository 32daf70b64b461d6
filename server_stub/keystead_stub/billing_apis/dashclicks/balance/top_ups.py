"""An account's balance: paid in by payment intents, taken back by Stripe, spent on purchases.

| of a top-up | entry |
| --- | --- |
| its payment succeeded | `top_up` |
| a refund of it; one that failed or was canceled | `refund`; and `refund_failure`, back in |
| a dispute that withdrew its money; one that was won | `dispute`; and `dispute_reversal`, back in |

Each movement is an entry that is made once, however often and in whatever order Stripe reports
it; the balance is the sum of its entries. Refunds and disputes name a payment and not what it was
for: those that arrive before it wait in the mirror.
https://docs.stripe.com/disputes/how-disputes-work, https://docs.stripe.com/refunds#failed-refunds
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from keystead.instants import MAX_MS
from keystead.wire.dashclicks import selling as wire
from keystead_stub.billing.event_facts import PURPOSE
from keystead_stub.billing_apis.dashclicks.balance.ledger_currency import convert
from keystead_stub.billing_apis.dashclicks.merchants.paging import PageRequest, first_of, page_from
from keystead_stub.http.errors import ProblemError
from keystead_stub.settings import Settings
from keystead_stub.store import balances, mirror
from keystead_stub.store.balances import EntryRow
from keystead_stub.store.engine import Store
from keystead_stub.stripe_types.events import StripeEvent, instant, text, within

TOP_UP = "top_up"
REFUND = "refund"
REFUND_FAILURE = "refund_failure"
DISPUTE = "dispute"
DISPUTE_REVERSAL = "dispute_reversal"
SPENT = "spent"
USAGE = "usage"

_PAID_IN = frozenset({TOP_UP, REFUND_FAILURE, DISPUTE_REVERSAL})
#: By Stripe's object: the entry that takes money back, its reversal, and the reversal's statuses.
_TAKING = {
    "refund": (REFUND, REFUND_FAILURE, frozenset({"failed", "canceled"})),
    "dispute": (DISPUTE, DISPUTE_REVERSAL, frozenset({"won"})),
}
#: An inquiry of the bank, and a prevented dispute, move no money.
_NO_MONEY = frozenset({"warning_needs_response", "warning_under_review", "warning_closed"}) | {
    "prevented"
}


_MAX_AMOUNT = 10**15


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """The total that one object has moved so far; never negative."""

    kind: str
    source: str
    total: int
    currency: str


class Ledger(msgspec.Struct, frozen=True):
    """Where entries are stored, and the settings that say in which currency."""

    store: Store
    settings: Settings


def top_up_of(event: StripeEvent) -> tuple[Movement, ...]:
    """Return the movement of a top-up's payment; nothing for other events. Pure."""
    if event.type != "payment_intent.succeeded":
        return ()
    if within(event.object, "metadata", PURPOSE) != TOP_UP:
        return ()
    return _movements(event.object, "amount_received", (TOP_UP,))


def returned_funds(document: Mapping[str, Any]) -> tuple[Movement, ...]:
    """Return what a refund or dispute took back, and returned if it failed or was won. Pure."""
    found, status = _TAKING.get(text(document.get("object")) or ""), text(document.get("status"))
    if found is None or status in _NO_MONEY:
        return ()
    back, again, undone = found
    return _movements(document, "amount", (back, again) if status in undone else (back,))


def _movements(
    document: Mapping[str, Any], name: str, kinds: Iterable[str]
) -> tuple[Movement, ...]:
    source, currency = text(document.get("id")), text(document.get("currency"))
    total = document.get(name)
    if source is None or currency is None or not isinstance(total, int):
        return ()
    # Far above Stripe's largest amount, and within the database's integers.
    if total > _MAX_AMOUNT:
        return ()
    return tuple(
        Movement(kind=kind, source=source, total=max(total, 0), currency=currency) for kind in kinds
    )


def take_in(ledger: Ledger, connection: sa.Connection, account_id: str, event: StripeEvent) -> None:
    """Add the entries of an event. Runs in its transaction, after the event is mirrored."""
    said, back = top_up_of(event), returned_funds(event.object)
    if not said and not back:
        return
    # Two events of one payment must not both find that the other has no entry yet.
    balances.lock(connection, account_id)
    for one in said:
        _add_entry(ledger, connection, account_id, one, event)
        for document in _returned_before(connection, event):
            back += returned_funds(document)
    payment = text(event.object.get("id" if said else "payment_intent"))
    # The payment was no top-up, or is not known yet: then its event finds these in the mirror.
    if payment is None or not balances.sum_by_source(connection, account_id, TOP_UP, payment):
        return
    for one in back:
        _add_entry(ledger, connection, account_id, one, event)


def _returned_before(connection: sa.Connection, event: StripeEvent) -> list[dict[str, Any]]:
    """Return refunds and disputes of the event's payment that arrived before it."""
    since_ms, account = instant(event.object.get("created")) or 0, event.account or ""
    return [
        record.document
        for kind in _TAKING
        for record in mirror.list_created_between(connection, account, kind, since_ms, MAX_MS)
        if text(record.document.get("payment_intent")) == text(event.object.get("id"))
    ]


def _add_entry(
    ledger: Ledger,
    connection: sa.Connection,
    account_id: str,
    said: Movement,
    event: StripeEvent,
) -> None:
    """Add an entry for the part of the movement that has none yet."""
    known = abs(balances.sum_by_source(connection, account_id, said.kind, said.source))
    # Totals instead of single amounts make a repeated or overtaken event add nothing.
    more = said.total - known
    if more <= 0:
        return
    # One event can cause entries of several objects, and two entries of one.
    cause = f"{event.id}.{said.kind}.{said.source}"
    sign = 1 if said.kind in _PAID_IN else -1
    # Totals are converted and not their parts, which would be rounded one by one.
    total = convert(ledger.settings, said.total, said.currency)
    before = convert(ledger.settings, known, said.currency)
    row = EntryRow(
        id=f"be_{cause}",
        account_id=account_id,
        kind=said.kind,
        amount=sign * (total.amount - before.amount),
        currency=total.currency,
        source=said.source,
        event_id=cause,
        created_at=event.created_ms,
        original_amount=sign * more,
        original_currency=said.currency,
        rate=total.rate,
    )
    balances.insert(ledger.store, connection, row)


def spend(store: Store, connection: sa.Connection, row: EntryRow) -> None:
    """Add the row, whose amount is negative.

    Raises ProblemError (``conflict``) where the balance is too low.
    """
    # Or two purchases could each see a balance that is enough for one of them.
    balances.lock(connection, row.account_id)
    balance = balances.get_balance(connection, row.account_id, row.currency)
    # An empty balance buys nothing, not even what costs nothing.
    if balance <= 0 or balance + row.amount < 0:
        raise ProblemError("Insufficient balance.", code="conflict")
    balances.insert(store, connection, row)


def answer(
    connection: sa.Connection, account_id: str, requested: PageRequest
) -> wire.BalanceAnswer:
    """Return the balance with a page of its entries. Raises ProblemError (``not_found``)."""
    found = balances.list_entries(
        connection, account_id, limit=requested.limit + 1, after=requested.cursor
    )
    shown, next_cursor = first_of(found, requested.limit)
    page = page_from(map(_entry, shown), next_cursor)
    sums = balances.list_balances(connection, account_id)
    return wire.BalanceAnswer(
        balances=tuple(wire.Balance(currency=name, amount=amount) for name, amount in sums),
        entries=page,
    )


def _entry(row: EntryRow) -> wire.Entry:
    return msgspec.convert(
        {
            "id": row.id,
            "kind": row.kind,
            "amount": row.amount,
            "currency": row.currency,
            "source": row.source,
            "createdAt": row.created_at,
            "originalAmount": row.original_amount,
            "originalCurrency": row.original_currency,
            "rate": row.rate,
        },
        wire.Entry,
    )
