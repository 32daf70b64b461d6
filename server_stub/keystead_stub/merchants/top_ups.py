"""An account's balance: paid in by payment intents, given back by refunds, spent on purchases.

Each movement is an entry that is made once, however often and in whatever order Stripe tells of
it; the balance is the sum of its entries.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead.wire.dashclicks import selling as wire
from keystead.wire.dashclicks.page import Page
from keystead_stub.billing_story import PURPOSE
from keystead_stub.refusals import Refused
from keystead_stub.store import balances
from keystead_stub.store.balances import EntryRow
from keystead_stub.store.engine import Store
from keystead_stub.stripe_events import StripeEvent, text, within

TOP_UP = "top_up"
REFUND = "refund"
SPENT = "spent"


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """What Stripe says has been moved by now, in all, by one payment or charge; never negative."""

    kind: str
    source: str
    total: int
    currency: str


def movement_of(event: StripeEvent) -> Movement | None:
    """What the event tells of a top-up; null for all else. Pure."""
    body = event.object
    if within(body, "metadata", PURPOSE) != TOP_UP:
        return None
    kind, name = {
        "payment_intent.succeeded": (TOP_UP, "amount_received"),
        "charge.refunded": (REFUND, "amount_refunded"),
    }.get(event.type, (None, ""))
    source, currency, total = text(body.get("id")), text(body.get("currency")), body.get(name)
    if kind is None or source is None or currency is None or not isinstance(total, int):
        return None
    return Movement(kind=kind, source=source, total=max(total, 0), currency=currency)


def take_in(store: Store, connection: sa.Connection, account_id: str, event: StripeEvent) -> None:
    """Enter what the event adds to what is known; within its transaction."""
    said = movement_of(event)
    if said is None:
        return
    balances.lock(connection, account_id)
    known = abs(balances.moved(connection, account_id, said.kind, said.source))
    more = said.total - known
    if more <= 0:
        return
    row = EntryRow(
        id=f"be_{event.id}",
        account_id=account_id,
        kind=said.kind,
        amount=more if said.kind == TOP_UP else -more,
        currency=said.currency,
        source=said.source,
        event_id=event.id,
        created_at=event.created_ms,
    )
    balances.add(store, connection, row)


def spend(store: Store, connection: sa.Connection, row: EntryRow) -> None:
    """Take from the balance what the row, which is negative, says.

    Raises Refused (``conflict``) where the balance does not cover it.
    """
    balances.lock(connection, row.account_id)
    if balances.balance(connection, row.account_id, row.currency) + row.amount < 0:
        raise Refused("The balance does not cover this.", code="conflict")
    balances.add(store, connection, row)


def answer(
    connection: sa.Connection, account_id: str, *, limit: int, cursor: str | None
) -> wire.BalanceAnswer:
    """The account's balance with a page of its entries. Raises Refused (``not_found``)."""
    found = balances.entries(connection, account_id, limit=limit + 1, after=cursor)
    if found is None:
        raise Refused("There is no such entry.", code="not_found")
    shown, more = found[:limit], len(found) > limit
    page = Page(
        data=tuple(map(_entry, shown)),
        has_more=more,
        next_cursor=shown[-1].id if more else None,
    )
    sums = balances.all_balances(connection, account_id)
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
        },
        wire.Entry,
    )
