"""Customers, what Stripe said about them, and what that amounts to."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.billing.billing_state import BillingState
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import (
    billing_customers,
    billing_events,
    billing_states,
    processed_events,
)
from keystead_stub.stripe_types.events import StripeEvent

_state = msgspec.json.Decoder(BillingState)
_event = msgspec.json.Decoder(StripeEvent)
_encode = msgspec.json.Encoder().encode


def mark_processed(
    store: Store, connection: sa.Connection, event: StripeEvent, now_ms: int
) -> bool:
    """Whether this is the first time: a second delivery finds the row and changes nothing."""
    row = store.insert_new(processed_events).values(
        event_id=event.id, type=event.type, created_at=event.created_ms, processed_at=now_ms
    )
    return bool(connection.execute(row).rowcount == 1)


def keep_event(
    store: Store, connection: sa.Connection, customer_id: str, event: StripeEvent
) -> None:
    """Add one event to the customer's set; a known id leaves the set as it is."""
    object_id = event.object.get("id")
    connection.execute(
        store.insert_new(billing_events).values(
            event_id=event.id,
            customer_id=customer_id,
            type=event.type,
            object_id=object_id if isinstance(object_id, str) else None,
            created_at=event.created_ms,
            payload=_encode(event).decode(),
        )
    )


def events_of(connection: sa.Connection, customer_id: str) -> list[StripeEvent]:
    """All of the customer's events; in no particular order."""
    query = sa.select(billing_events.c.payload).where(billing_events.c.customer_id == customer_id)
    return [_event.decode(payload) for payload in connection.scalars(query)]


def owner_of_object(connection: sa.Connection, object_id: str) -> str | None:
    """The customer of whom an event about this object is known, or whose subscription it is."""
    query = sa.select(billing_events.c.customer_id).where(billing_events.c.object_id == object_id)
    subscribed = sa.select(billing_customers.c.customer_id).where(
        billing_customers.c.subscription_id == object_id
    )
    found: str | None = connection.scalar(query.limit(1)) or connection.scalar(subscribed.limit(1))
    return found


def save_state(
    connection: sa.Connection, state: BillingState, *, entitlement_key: str | None, now_ms: int
) -> None:
    """Write the fold's result, to the documented table and beside it as a whole."""
    row = {
        "email": state.email,
        "subscription_id": state.subscription_id,
        "status": state.status,
        "price_id": state.price_id,
        "current_period_end": state.period_end_ms,
        "cancel_at_period_end": int(state.cancel_at_period_end),
        "entitlement_key": entitlement_key if state.entitled else None,
        "updated_at": now_ms,
    }
    of_customer = billing_customers.c.customer_id == state.customer_id
    changed = connection.execute(sa.update(billing_customers).where(of_customer).values(row))
    payload = {"state": _encode(state).decode(), "updated_at": now_ms}
    if changed.rowcount:
        ours = billing_states.c.customer_id == state.customer_id
        connection.execute(sa.update(billing_states).where(ours).values(payload))
        return
    identity = {"customer_id": state.customer_id}
    connection.execute(sa.insert(billing_customers).values(row | identity | {"created_at": now_ms}))
    connection.execute(sa.insert(billing_states).values(payload | identity))


def state_of(connection: sa.Connection, customer_id: str) -> BillingState | None:
    query = sa.select(billing_states.c.state).where(billing_states.c.customer_id == customer_id)
    payload = connection.scalar(query)
    return _state.decode(payload) if payload is not None else None


def decode_state(payload: str) -> BillingState:
    return _state.decode(payload)


def customers_by_email(connection: sa.Connection, email: str) -> list[str]:
    """Ids of the customers with this address, in whatever case, the newest first."""
    query = (
        sa.select(billing_customers.c.customer_id)
        .where(sa.func.lower(billing_customers.c.email) == email.lower())
        .order_by(billing_customers.c.created_at.desc(), billing_customers.c.customer_id)
    )
    return list(connection.scalars(query))


def email_of(connection: sa.Connection, customer_id: str) -> str | None:
    query = sa.select(billing_customers.c.email).where(
        billing_customers.c.customer_id == customer_id
    )
    found: str | None = connection.scalar(query)
    return found
