"""Customers' states and histories, stored as JSON."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.billing.billing_history import FOLD_VERSION, BillingHistory
from keystead_stub.billing.billing_history import decode as decode_history
from keystead_stub.billing.billing_history import encode as encode_history
from keystead_stub.billing.billing_state import BillingState
from keystead_stub.billing.documented_customer import customer_row
from keystead_stub.billing.event_facts import replay
from keystead_stub.billing.intake_plan import CustomerRecord
from keystead_stub.store import customers

_decoder = msgspec.json.Decoder(BillingState)
_encode = msgspec.json.Encoder().encode


def decode(payload: str) -> BillingState:
    """A state as it is stored."""
    return _decoder.decode(payload)


def state_of(connection: sa.Connection, customer_id: str) -> BillingState | None:
    """The customer's state, null for a customer that no event was about."""
    payload = customers.find_state(connection, customer_id)
    return decode(payload) if payload is not None else None


def history_of(connection: sa.Connection, customer_id: str) -> BillingHistory:
    """The customer's history as it is stored; rebuilt where that is missing or of another version.

    Reading all events costs as much as there are, so only the first event after an upgrade does.
    """
    version, text = customers.find_history(connection, customer_id) or (None, "")
    if version != FOLD_VERSION:
        return rebuilt_history_of(connection, customer_id)
    return decode_history(text)


def rebuilt_history_of(connection: sa.Connection, customer_id: str) -> BillingHistory:
    """The customer's history from all events that were kept."""
    return replay(customers.list_events(connection, customer_id))


def save(connection: sa.Connection, record: CustomerRecord, now_ms: int) -> None:
    """Write the history, and the state: to the documented table and beside it as a whole."""
    state, row = record.state, customer_row(record)
    customers.save_state(connection, row, _encode(state).decode(), now_ms)
    history = encode_history(record.history)
    customers.save_history(connection, state.customer_id, FOLD_VERSION, history)
