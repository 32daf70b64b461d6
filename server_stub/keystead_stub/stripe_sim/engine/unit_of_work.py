"""One transaction on one account: its objects, its timers, and the events of its changes.

A unit of work lives as long as one transaction. It is opened under the lock of the whole
simulation (`clock_and_lock`), reads the clock once, and writes its events when it is closed.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from keystead.instants import to_ms, to_seconds
from keystead_stub.store import stripe_tables
from keystead_stub.stripe_sim.engine import errors, records
from keystead_stub.stripe_sim.engine.clock_and_lock import Moment
from keystead_stub.stripe_sim.engine.ids import Ids
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.rows import Rows
from keystead_stub.stripe_sim.engine.rules import Rules
from keystead_stub.stripe_sim.engine.webhook_values import Endpoint
from keystead_stub.stripe_types.api import STRIPE_API_VERSION

#: The most events of one transaction; their sequence numbers and ids leave room for so many.
_EVENTS_A_WRITE = 1 << 12


def _encode(value: object) -> str:
    return msgspec.json.encode(value).decode()


class UnitOfWork:
    """A unit of work. The events of an `automatic` one, such as a timer's, name no request."""

    def __init__(
        self, rows: Rows, moment: Moment, *, rules: Rules, ids: Ids, automatic: bool
    ) -> None:
        self.rows = rows
        self.rules = rules
        self.ids = ids
        self._revision = moment.revision
        # The time is read once: everything in a transaction happens at the same instant.
        self.now_ms = moment.now_ms
        self.now_s = to_seconds(self.now_ms)
        #: The request's idempotency key, which its events name.
        self.idempotency_key: str | None = None
        # Stripe's `request.id` is null for events that no API request caused
        # (https://docs.stripe.com/api/events/object).
        self._request = None if automatic else ids.new("req_")
        self._events: list[dict[str, Any]] = []
        # Objects are changed in place and saved explicitly, so a second read must return the same
        # instance.
        self._loaded: dict[str, Json] = {}
        self._known_listeners: tuple[Endpoint, ...] | None = None
        #: Customers whose subscriptions changed, in order.
        # A dictionary instead of a set keeps the order, which decides the order of events.
        self.changed_customers: dict[str, None] = {}

    # Objects

    def find(self, kind: str, object_id: str) -> Json | None:
        if object_id in self._loaded:
            return self._loaded[object_id]
        table = stripe_tables.objects
        query = self.rows.select(table, table.c.document)
        query = query.where(table.c.id == object_id, table.c.kind == kind)
        text = self.rows.execute(query).scalar_one_or_none()
        # Not found is not remembered: the operation may still create it.
        return None if text is None else self._load(text)

    def _load(self, text: str) -> Json:
        # One copy of an object a transaction: two would overwrite each other's changes.
        document = msgspec.json.decode(text, type=dict[str, Any])
        return self._loaded.setdefault(document["id"], document)

    def get(self, kind: str, object_id: str) -> Json:
        """Return the object, or raise StripeError `resource_missing`."""
        document = self.find(kind, object_id)
        if document is None:
            raise errors.missing(kind, object_id)
        return document

    def is_taken(self, object_id: str) -> bool:
        """Whether any object of the account has this id."""
        table = stripe_tables.objects
        query = self.rows.select(table, table.c.seq).where(table.c.id == object_id)
        return self.rows.execute(query).first() is not None

    def of_customer(self, kind: str, customer_id: str) -> list[Json]:
        """Return the customer's objects of a kind in order of creation."""
        return self._list(kind, stripe_tables.objects.c.customer_id == customer_id)

    def all(self, kind: str) -> list[Json]:
        return self._list(kind)

    def _list(self, kind: str, *conditions: sa.ColumnElement[bool]) -> list[Json]:
        table = stripe_tables.objects
        query = self.rows.select(table, table.c.document).where(table.c.kind == kind, *conditions)
        found = self.rows.execute(query.order_by(table.c.seq)).scalars()
        return [self._load(text) for text in found]

    def add(
        self, document: Json, *, private: Json | None = None, customer_id: str | None = None
    ) -> Json:
        """Insert a new object; `customer_id` is its owner if the object itself names none."""
        row = {
            "id": document["id"],
            "kind": document["object"],
            "customer_id": customer_id or customer_of(document),
            "document": _encode(document),
            "private": _encode(private or {}),
            # Invoice items have `date` instead of `created`.
            "created_s": document.get("created", document.get("date")),
        }
        self.rows.add(stripe_tables.objects, row)
        self._loaded[document["id"]] = document
        return document

    def delete(self, document: Json) -> None:
        """Delete an object's row, so that its id is no longer found."""
        table = stripe_tables.objects
        self.rows.execute(self.rows.delete(table).where(table.c.id == document["id"]))
        del self._loaded[document["id"]]

    def save(self, document: Json) -> None:
        owner = customer_of(document)
        # Kept where the object names no customer, because `add` may have been passed an owner.
        known = {} if owner is None else {"customer_id": owner}
        self._update(document["id"], document=_encode(document), **known)

    def save_detached(self, document: Json) -> None:
        """Save an object that was detached from its customer."""
        self._update(document["id"], document=_encode(document), customer_id=None)

    def private(self, object_id: str) -> Json:
        """Return the data stored beside the object, which Stripe's API does not show."""
        table = stripe_tables.objects
        query = self.rows.select(table, table.c.private).where(table.c.id == object_id)
        text = self.rows.execute(query).scalar_one_or_none()
        return msgspec.json.decode(text, type=dict[str, Any]) if text else {}

    def update_private(self, object_id: str, **facts: Any) -> None:
        """Merge fields into the data stored beside the object."""
        self._update(object_id, private=_encode(self.private(object_id) | facts))

    def _update(self, object_id: str, **values: Any) -> None:
        table = stripe_tables.objects
        changed = self.rows.update(table).where(table.c.id == object_id)
        self.rows.execute(changed.values(**values))

    # Events

    def emit(
        self,
        event_type: str,
        document: Json,
        previous: Json | None = None,
        *,
        customer_id: str | None = None,
    ) -> str:
        """Create an event with the object as it is now; return the event's id."""
        position = len(self._events)
        event_id = self.ids.event(self._revision, position)
        data: Json = {"object": document}
        if previous is not None:
            data["previous_attributes"] = previous
        event = {
            "id": event_id,
            "object": "event",
            "api_version": STRIPE_API_VERSION,
            # Stripe's events have whole seconds; the order within a second is in the id.
            "created": self.now_s,
            "data": data,
            "livemode": False,
            "pending_webhooks": len(self._listeners(event_type)),
            "request": {"id": self._request, "idempotency_key": self.idempotency_key},
            "type": event_type,
        }
        if not self.rows.is_platform:
            # https://docs.stripe.com/connect/webhooks
            event["account"] = self.rows.account_id
        row = {
            # The revision grows with each transaction, so this orders the events of all accounts.
            "seq": self._revision * _EVENTS_A_WRITE + position,
            "id": event_id,
            "type": event_type,
            "created_ms": to_ms(self.now_s),
            "object_id": document.get("id"),
            "customer_id": customer_id or customer_of(document),
            # Encoded now, because the operation may go on to change the object.
            "document": _encode(event),
        }
        self._events.append(row)
        return event_id

    def change(self, document: Json, event_type: str | None, **fields: Any) -> None:
        """Set fields of an object, save it, and emit an event with their previous values.

        Nothing is saved or emitted if nothing changes. Without an event type it is only saved.
        """
        before = {k: document.get(k) for k, v in fields.items() if document.get(k) != v}
        if not before:
            return
        document.update(fields)
        self.save(document)
        if event_type is not None:
            self.emit(event_type, document, before)

    def emitted(self, event_type: str) -> str | None:
        """Return the id of this transaction's newest event of a type."""
        found = [event["id"] for event in self._events if event["type"] == event_type]
        return found[-1] if found else None

    def _listeners(self, event_type: str) -> list[str]:
        if self._known_listeners is None:
            found = self.rows.execute(self.rows.listeners(stripe_tables.endpoints))
            self._known_listeners = records.endpoints_of(found)
        return [one.id for one in self._known_listeners if one.listens_to(event_type)]

    def close(self) -> None:
        """Insert the events, and queue them for the endpoints that listen to their types."""
        if not self._events:
            return
        self.rows.add(stripe_tables.events, *self._events)
        owed = [
            {
                "event_id": event["id"],
                "endpoint_id": endpoint_id,
                "event_seq": event["seq"],
                "due_ms": self.now_ms,
                "attempts": 0,
                "tries": 0,
                "since_ms": self.now_ms,
            }
            for event in self._events
            # Endpoints are fixed at the time of the event: one added later does not receive it, as
            # at Stripe.
            for endpoint_id in self._listeners(event["type"])
        ]
        if owed:
            self.rows.execute(stripe_tables.pending.insert(), owed)

    # Timers

    def set_timer(self, due_s: int, kind: str, object_id: str) -> None:
        """Set a timer, in seconds; it replaces one of the same kind and object."""
        # Otherwise a moved renewal would run twice, at its old time and at its new one.
        self.clear_timers(object_id, kind)
        row = {"due_ms": to_ms(due_s), "kind": kind, "object_id": object_id}
        self.rows.add(stripe_tables.timers, row)

    def clear_timers(self, object_id: str, kind: str | None = None) -> None:
        table = stripe_tables.timers
        query = self.rows.delete(table).where(table.c.object_id == object_id)
        self.rows.execute(query if kind is None else query.where(table.c.kind == kind))


def customer_of(document: Json) -> str | None:
    """Return the id of the customer that an object belongs to, or is."""
    if document["object"] == "customer":
        return str(document["id"])
    return document.get("customer")
