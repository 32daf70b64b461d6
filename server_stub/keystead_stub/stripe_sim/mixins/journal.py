"""Who is there and what happened, read from the account."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from keystead_stub.store import stripe_tables
from keystead_stub.stripe_sim import triggers
from keystead_stub.stripe_sim.engine import delivery_queue, lookup, records
from keystead_stub.stripe_sim.engine.account import Account
from keystead_stub.stripe_sim.engine.rows import Rows
from keystead_stub.stripe_sim.engine.search import Page, Query, search_test
from keystead_stub.stripe_sim.engine.unit_of_work import missing
from keystead_stub.stripe_sim.engine.webhook_values import Endpoint, Event
from keystead_stub.stripe_sim.resources.entitlements import operations as entitlements
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.values import Customer


class Journal(Account):
    """Customers, events, and where events are delivered to."""

    def get_customer(self, customer_id: str) -> Customer:
        with self.reading() as rows:
            document, private = records.get(rows, "customer", customer_id)
            return self._customer(rows, document, private)

    def customers(self) -> tuple[Customer, ...]:
        with self.reading() as rows:
            found = records.objects(rows, "customer")
            return tuple(self._customer(rows, *one) for one in found)

    def _customer(self, rows: Rows, document: Document, private: Document) -> Customer:
        method_id = (document.get("invoice_settings") or {}).get("default_payment_method")
        found = records.find(rows, "payment_method", method_id) if method_id else None
        return views.customer(
            document, created_s=private["created"], method=found[0] if found else None
        )

    # Objects as Stripe's API gives them

    def retrieve(self, kind: str, object_id: str, *, expand: Sequence[str] = ()) -> Document:
        with self.reading() as rows:
            document = lookup.retrieve(rows, kind, object_id)
            return lookup.expand(rows, document, expand)

    def list_objects(self, query: Query, *, expand: Sequence[str] = ()) -> Page:
        """Return a page of a list; `expand` is relative to each object."""
        with self.reading() as rows:
            found = lookup.page(rows, query)
            return self._expanded(rows, found, expand)

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
        with self.reading() as rows:
            found = lookup.search(rows, kind, test, limit=limit, after=after)
            return self._expanded(rows, found, expand)

    def _expanded(self, rows: Rows, found: Page, expand: Sequence[str]) -> Page:
        data = tuple(lookup.expand(rows, dict(one), expand) for one in found.data)
        return Page(data, found.has_more)

    def active_entitlements(self, customer_id: str) -> tuple[Document, ...]:
        """Return what a customer is entitled to now."""
        with self.reading() as rows:
            held = lookup.active_entitlements(rows, customer_id)
        return tuple(entitlements.documents(held))

    # Events

    def events(
        self, *, customer_id: str | None = None, limit: int = 100, all_accounts: bool = False
    ) -> tuple[Event, ...]:
        with self.reading() as rows:
            return records.events(
                rows, customer_id=customer_id, limit=limit, all_accounts=all_accounts
            )

    def events_page(
        self,
        *,
        types: Collection[str] = (),
        limit: int,
        starting_after: str | None = None,
        created: tuple[int | None, int | None] = (None, None),
    ) -> tuple[Event, ...]:
        """Return the newest events, of these types alone where some are named.

        They are older than the event `starting_after`, and of the seconds from `created[0]` to
        `created[1]`. Raises StripeError `resource_missing`.
        """
        with self.reading() as rows:
            before = None if starting_after is None else records.position(rows, starting_after)
            return records.events(rows, types=types, limit=limit, before=before, created=created)

    def event(self, event_id: str) -> Event:
        with self.reading() as rows:
            found = records.events(rows, event_id=event_id)
        if not found:
            raise missing("event")
        return found[0]

    def redeliver(self, event_id: str) -> Event:
        now_ms = self.now_ms()
        with self.store.write() as connection:
            delivery_queue.ask_again(self.rows(connection), event_id, now_ms)
        self._platform.on_change()
        return self.event(event_id)

    def trigger(self, event_type: str, *, customer_id: str | None = None) -> Event:
        with self.writing() as work:
            made = triggers.trigger(work, event_type, customer_id)
        return self.event(made)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return where events are delivered to."""
        with self.reading() as rows:
            return records.endpoints(rows)

    def register_endpoint(
        self, url: str, secrets: Sequence[str], enabled_events: Sequence[str] = ("*",)
    ) -> Endpoint:
        table = stripe_tables.endpoints
        values = {
            "secrets": msgspec.json.encode(list(secrets)).decode(),
            "enabled_events": msgspec.json.encode(list(enabled_events)).decode(),
        }
        with self.store.write() as connection:
            rows = self.rows(connection)
            changed = rows.update(table).where(table.c.url == url).values(values)
            if rows.execute(changed).rowcount == 0:
                rows.add(table, {"id": self.new_id("we_1"), "url": url, **values})
            known = records.endpoints(rows)
        return next(endpoint for endpoint in known if endpoint.url == url)
