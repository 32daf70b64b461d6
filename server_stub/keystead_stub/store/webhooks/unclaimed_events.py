"""Events about payments of nobody whom we know, such as a guest of another shop of the platform.

They decide nothing. They are kept in case that a later event tells whose the payment was.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from keystead_stub.store import locks
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import unclaimed_events
from keystead_stub.stripe_types.events import StripeEvent

#: Kinds of objects that say whose they are; a refund and a dispute don't.
_PAYMENTS = frozenset({"charge", "payment_intent"})
_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(StripeEvent)


def lock(connection: sa.Connection, payments: Iterable[str]) -> None:
    """Lock what is known of these payments, so that no event of theirs is missed."""
    # Sorted, so that concurrent calls take the locks in one order.
    for payment in sorted(payments):
        locks.take(connection, f"payment:{payment}")


def insert(
    store: Store, connection: sa.Connection, event: StripeEvent, payments: Iterable[str]
) -> None:
    """Keep the event for each of the payments (charges, payment intents) that it names."""
    for payment in payments:
        row = {
            "payment_id": payment,
            "event_id": event.id,
            "shows_payment": event.object.get("object") in _PAYMENTS,
            "payload": _encode(event).decode(),
        }
        connection.execute(store.insert_new(unclaimed_events).values(row))


def has_payment(connection: sa.Connection, payment: str) -> bool:
    """Whether an event has shown the payment itself, without a customer."""
    table = unclaimed_events.c
    query = sa.select(table.event_id).where(table.payment_id == payment, table.shows_payment)
    return connection.scalar(query.limit(1)) is not None


def take(connection: sa.Connection, payments: Iterable[str]) -> list[StripeEvent]:
    """Remove the events about these payments, and return them in no particular order."""
    table = unclaimed_events.c
    query = sa.select(table.event_id, table.payload).where(table.payment_id.in_(list(payments)))
    found = {row.event_id: _decoder.decode(row.payload) for row in connection.execute(query)}
    if found:
        connection.execute(sa.delete(unclaimed_events).where(table.event_id.in_(list(found))))
    return list(found.values())
