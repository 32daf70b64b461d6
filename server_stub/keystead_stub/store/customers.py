"""Customers: their events from Stripe, and the billing state that follows from these."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from keystead_stub.store import rows
from keystead_stub.store.documented_tables import (
    billing_customers,
    device_activations,
    processed_events,
)
from keystead_stub.store.email_addresses import comparable_email
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import billing_events, billing_histories, billing_states
from keystead_stub.stripe_types.events import StripeEvent, text

_event = msgspec.json.Decoder(StripeEvent)
_encode = msgspec.json.Encoder().encode


class CustomerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `billing_customers` without its time of writing."""

    customer_id: str
    checkout_session_id: str | None
    subscription_id: str | None
    device_id: str | None
    email: str | None
    status: str
    entitlement: str | None
    price_id: str | None
    current_period_end: int | None
    cancel_at_period_end: bool
    last_invoice_id: str | None
    last_invoice_status: str | None
    stripe_entitlements_json: str | None


def insert_processed_event(
    store: Store, connection: sa.Connection, event: StripeEvent, now_ms: int
) -> bool:
    """Mark the event as processed; False if it already is, because Stripe delivered it again."""
    row = store.insert_new(processed_events).values(
        event_id=event.id, type=event.type, processed_at=now_ms
    )
    return bool(connection.execute(row).rowcount == 1)


def insert_event(
    store: Store, connection: sa.Connection, customer_id: str, event: StripeEvent
) -> bool:
    """Add the event to the customer's events, and return whether it is new."""
    row = store.insert_new(billing_events).values(
        event_id=event.id,
        customer_id=customer_id,
        type=event.type,
        object_id=text(event.object.get("id")),
        created_at=event.created_ms,
        payload=_encode(event).decode(),
    )
    return bool(connection.execute(row).rowcount == 1)


def list_events(connection: sa.Connection, customer_id: str) -> list[StripeEvent]:
    """The customer's events, in no particular order."""
    query = sa.select(billing_events.c.payload).where(billing_events.c.customer_id == customer_id)
    return [_event.decode(payload) for payload in connection.scalars(query)]


def list_events_of_object(
    connection: sa.Connection, customer_id: str, object_id: str
) -> list[StripeEvent]:
    """The customer's events about this object, in no particular order."""
    query = sa.select(billing_events.c.payload).where(
        billing_events.c.object_id == object_id, billing_events.c.customer_id == customer_id
    )
    return [_event.decode(payload) for payload in connection.scalars(query)]


def find_by_object(connection: sa.Connection, object_id: str) -> str | None:
    """The customer of an event about this object, or with this subscription."""
    query = sa.select(billing_events.c.customer_id).where(billing_events.c.object_id == object_id)
    subscribed = sa.select(billing_customers.c.customer_id).where(
        billing_customers.c.subscription_id == object_id
    )
    found: str | None = connection.scalar(query.limit(1)) or connection.scalar(subscribed.limit(1))
    return found


def save_state(connection: sa.Connection, row: CustomerRow, state: str, now_ms: int) -> None:
    """Write the documented row, and the customer's whole state as JSON beside it."""
    values = rows.values(row) | {"updated_at": now_ms}
    of_customer = billing_customers.c.customer_id == row.customer_id
    # Updated first, because a customer is inserted once and updated with every event.
    changed = connection.execute(sa.update(billing_customers).where(of_customer).values(values))
    payload = {
        "customer_id": row.customer_id,
        "state": state,
        "email": comparable_email(row.email) if row.email else None,
        "updated_at": now_ms,
    }
    if changed.rowcount:
        ours = billing_states.c.customer_id == row.customer_id
        connection.execute(sa.update(billing_states).where(ours).values(payload))
        return
    connection.execute(sa.insert(billing_customers).values(values))
    connection.execute(sa.insert(billing_states).values(payload | {"created_at": now_ms}))


def find_state(connection: sa.Connection, customer_id: str) -> str | None:
    """The customer's billing state as JSON."""
    query = sa.select(billing_states.c.state).where(billing_states.c.customer_id == customer_id)
    found: str | None = connection.scalar(query)
    return found


def find_history(connection: sa.Connection, customer_id: str) -> tuple[int, str] | None:
    """The version and the text of the customer's history as it was saved."""
    table = billing_histories.c
    query = sa.select(table.version, table.history).where(table.customer_id == customer_id)
    row = connection.execute(query).first()
    return (row.version, row.history) if row is not None else None


def save_history(connection: sa.Connection, customer_id: str, version: int, history: str) -> None:
    """Write the history of a customer whose state was saved before."""
    ours = billing_histories.c.customer_id == customer_id
    values = {"version": version, "history": history}
    changed = connection.execute(sa.update(billing_histories).where(ours).values(values))
    if not changed.rowcount:
        row = values | {"customer_id": customer_id}
        connection.execute(sa.insert(billing_histories).values(row))


def any_known(connection: sa.Connection) -> bool:
    """Whether there is any customer."""
    return connection.scalar(sa.select(billing_customers.c.customer_id).limit(1)) is not None


def list_by_email(connection: sa.Connection, email: str) -> list[str]:
    """Ids of the customers with this address, ignoring case, the newest first."""
    query = (
        sa.select(billing_states.c.customer_id)
        .where(billing_states.c.email == comparable_email(email))
        .order_by(billing_states.c.created_at.desc(), billing_states.c.customer_id)
    )
    return list(connection.scalars(query))


def find_email(connection: sa.Connection, customer_id: str) -> str | None:
    query = sa.select(billing_customers.c.email).where(
        billing_customers.c.customer_id == customer_id
    )
    found: str | None = connection.scalar(query)
    return found


def documented_rows(connection: sa.Connection, customer_id: str) -> dict[str, list[dict[str, Any]]]:
    """The customer's rows of the documented tables, as they are stored."""
    found = {}
    for table in (billing_customers, device_activations):
        # By name and without types, so that instants and truth values are what SQL reads.
        columns: Iterable[Any] = (sa.literal_column(one.name).label(one.name) for one in table.c)
        query = sa.select(*columns).select_from(table).where(table.c.customer_id == customer_id)
        found[table.name] = [dict(row) for row in connection.execute(query).mappings()]
    return found
