"""Who is there and what happened, read from the account. See `keystead_stub.stripe_.world`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from keystead_stub.stripe_ import views
from keystead_stub.stripe_.interface import Customer, Document, Endpoint, Event
from keystead_stub.stripe_.simulated import records, redelivery, tables, triggers
from keystead_stub.stripe_.simulated.account import Account
from keystead_stub.stripe_.simulated.ledger import missing


class Journal(Account):
    """Customers, events, and where events are delivered to."""

    def get_customer(self, customer_id: str) -> Customer:
        with self.reading() as connection:
            document, private = records.get(connection, "customer", customer_id)
            return self._customer(connection, document, private)

    def customers(self) -> tuple[Customer, ...]:
        with self.reading() as connection:
            found = records.objects(connection, "customer")
            return tuple(self._customer(connection, *one) for one in found)

    def _customer(
        self, connection: sa.Connection, document: Document, private: Document
    ) -> Customer:
        method_id = (document.get("invoice_settings") or {}).get("default_payment_method")
        found = records.find(connection, "payment_method", method_id) if method_id else None
        return views.customer(
            document, created_s=private["created"], method=found[0] if found else None
        )

    # Events

    def events(self, *, customer_id: str | None = None, limit: int = 100) -> tuple[Event, ...]:
        with self.reading() as connection:
            return records.events(connection, customer_id=customer_id, limit=limit)

    def event(self, event_id: str) -> Event:
        with self.reading() as connection:
            found = records.events(connection, event_id=event_id)
        if not found:
            raise missing("event")
        return found[0]

    def redeliver(self, event_id: str) -> Event:
        now_ms = self.now_ms()
        with self.store.write() as connection:
            redelivery.ask_again(connection, event_id, now_ms)
        self.on_change()
        return self.event(event_id)

    def trigger(self, event_type: str, *, customer_id: str | None = None) -> Event:
        with self.writing() as ledger:
            made = triggers.trigger(ledger, event_type, customer_id)
        return self.event(made)

    def register_endpoint(
        self, url: str, secrets: Sequence[str], enabled_events: Sequence[str] = ("*",)
    ) -> Endpoint:
        table = tables.endpoints
        values = {
            "secrets": msgspec.json.encode(list(secrets)).decode(),
            "enabled_events": msgspec.json.encode(list(enabled_events)).decode(),
        }
        with self.store.write() as connection:
            changed = sa.update(table).where(table.c.url == url).values(values)
            if connection.execute(changed).rowcount == 0:
                endpoint_id = self.new_id("we_1")
                row = {"id": endpoint_id, "url": url, **values}
                connection.execute(table.insert().values(row))
            known = records.endpoints(connection)
        return next(endpoint for endpoint in known if endpoint.url == url)
