"""Who is there and what happened, read from the account. See `keystead_stub.stripe_.world`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from keystead_stub.stripe_ import views
from keystead_stub.stripe_.interface import Customer, Document, Endpoint, Event
from keystead_stub.stripe_.queries import Page, Query, search_test
from keystead_stub.stripe_.simulated import (
    entitlements,
    lookup,
    records,
    redelivery,
    tables,
    triggers,
)
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

    # Objects as Stripe's API gives them

    def retrieve(self, kind: str, object_id: str, *, expand: Sequence[str] = ()) -> Document:
        with self.reading() as connection:
            document = lookup.retrieve(connection, kind, object_id)
            return lookup.expand(connection, document, expand)

    def list_objects(self, query: Query, *, expand: Sequence[str] = ()) -> Page:
        """Return a page of a list; `expand` is relative to each object."""
        with self.reading() as connection:
            found = lookup.page(connection, query)
            return self._expanded(connection, found, expand)

    def search_objects(
        self,
        kind: str,
        text: str,
        *,
        limit: int = 10,
        after: str | None = None,
        expand: Sequence[str] = (),
    ) -> Page:
        """Return a page of what a search in Stripe's language finds."""
        test = search_test(text)
        with self.reading() as connection:
            found = lookup.search(connection, kind, test, limit=limit, after=after)
            return self._expanded(connection, found, expand)

    def _expanded(self, connection: sa.Connection, found: Page, expand: Sequence[str]) -> Page:
        data = tuple(lookup.expand(connection, dict(one), expand) for one in found.data)
        return Page(data, found.has_more)

    def active_entitlements(self, customer_id: str) -> tuple[Document, ...]:
        """Return what a customer is entitled to now."""
        with self.reading() as connection:
            held = lookup.active_entitlements(connection, customer_id)
        return tuple(entitlements.documents(held))

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

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return where events are delivered to."""
        with self.reading() as connection:
            return records.endpoints(connection)

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
