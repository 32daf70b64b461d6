"""Simulated Stripe as the rest of the stub holds it: `StripeApi` and `StripeControls` in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
import sqlalchemy as sa

from keystead_stub.stripe_ import views
from keystead_stub.stripe_.interface import (
    Account as AccountSettings,
)
from keystead_stub.stripe_.interface import (
    Card,
    CheckoutSession,
    Customer,
    Document,
    Endpoint,
    Event,
    Invoice,
    Mode,
    NewCheckout,
    NewPortal,
    PaymentResult,
    PortalSession,
    Subscription,
)
from keystead_stub.stripe_.simulated import (
    changes,
    checkout,
    controls,
    lifecycle,
    paying,
    portal,
    records,
    redelivery,
    tables,
    triggers,
)
from keystead_stub.stripe_.simulated.account import Account
from keystead_stub.stripe_.simulated.ledger import missing

ACCOUNT_ID = "acct_1KeysteadSimulated"


class SimulatedStripe(Account):
    """See `keystead_stub.stripe_.interface` for what each call does."""

    @property
    def mode(self) -> Mode:
        return "simulated"

    # StripeApi

    async def create_checkout_session(self, request: NewCheckout) -> CheckoutSession:
        with self.writing() as ledger:
            return views.checkout_session(checkout.open_session(ledger, request))

    async def get_checkout_session(self, session_id: str) -> CheckoutSession:
        return self.get_checkout(session_id)

    async def expire_checkout_session(self, session_id: str) -> CheckoutSession:
        return self.expire_checkout(session_id)

    async def create_portal_session(self, request: NewPortal) -> PortalSession:
        with self.writing() as ledger:
            return views.portal_session(portal.open_session(ledger, request))

    async def list_invoices(self, customer_id: str) -> tuple[Invoice, ...]:
        return self.invoices(customer_id)

    async def get_subscription(self, customer_id: str) -> Subscription | None:
        return self.subscription(customer_id)

    async def get_account(self) -> AccountSettings:
        with self.reading() as connection:
            registered = records.endpoints(connection)
            prices = records.objects(connection, "price")
        return AccountSettings(
            id=ACCOUNT_ID,
            mode=self.mode,
            charges_enabled=True,
            portal_configured=True,
            price_ids=tuple(document["id"] for document, _ in prices),
            endpoint_urls=tuple(endpoint.url for endpoint in registered),
        )

    # Checkout and portal

    def get_checkout(self, session_id: str) -> CheckoutSession:
        with self.reading() as connection:
            document, _ = records.get(connection, checkout.KIND, session_id)
        return views.checkout_session(document)

    def complete_checkout(
        self,
        session_id: str,
        *,
        card: str = "4242424242424242",
        email: str | None = None,
        authenticate: bool | None = None,
    ) -> PaymentResult:
        with self.writing() as ledger:
            return paying.complete_checkout(
                ledger, session_id, card=card, email=email, authenticate=authenticate
            )

    def expire_checkout(self, session_id: str) -> CheckoutSession:
        with self.writing() as ledger:
            return views.checkout_session(checkout.expire(ledger, session_id))

    def get_portal(self, session_id: str) -> PortalSession:
        now_ms = self.now_ms()
        with self.reading() as connection:
            document, _ = records.get(connection, portal.KIND, session_id)
        session = views.portal_session(document)
        if now_ms >= session.expires_at_ms:
            raise missing(portal.KIND)
        return session

    # Invoices

    def get_invoice(self, invoice_id: str) -> Invoice:
        with self.reading() as connection:
            return views.invoice(records.get(connection, "invoice", invoice_id)[0])

    def invoices(self, customer_id: str) -> tuple[Invoice, ...]:
        with self.reading() as connection:
            found = records.objects(connection, "invoice", customer_id)
        return tuple(views.invoice(document) for document, _ in reversed(found))

    def pay_invoice(
        self, invoice_id: str, *, card: str | None = None, authenticate: bool | None = None
    ) -> PaymentResult:
        with self.writing() as ledger:
            return paying.pay_invoice(ledger, invoice_id, card=card, authenticate=authenticate)

    # What happens later

    def cancel(self, customer_id: str, *, at_period_end: bool = True) -> Subscription:
        with self.writing() as ledger:
            changed = controls.cancel(ledger, customer_id, at_period_end=at_period_end)
        return views.subscription(changed)

    def resume(self, customer_id: str) -> Subscription:
        with self.writing() as ledger:
            changed = controls.resume(ledger, customer_id)
        return views.subscription(changed)

    def pause(
        self, customer_id: str, *, behavior: Literal["status", "collection"] = "status"
    ) -> Subscription:
        with self.writing() as ledger:
            changed = controls.pause(ledger, customer_id, behavior=behavior)
        return views.subscription(changed)

    def refund(self, customer_id: str, *, amount: int | None = None) -> Document:
        with self.writing() as ledger:
            return controls.refund(ledger, customer_id, amount=amount)

    def dispute(self, customer_id: str, *, reason: str = "fraudulent") -> Document:
        with self.writing() as ledger:
            return controls.dispute(ledger, customer_id, reason=reason)

    def fail_next_payment(self, customer_id: str) -> None:
        with self.writing() as ledger:
            controls.fail_next_payment(ledger, customer_id)

    def update_card(self, customer_id: str, card: str) -> Card:
        with self.writing() as ledger:
            return views.card(controls.update_card(ledger, customer_id, card))

    def update_subscription(
        self, customer_id: str, *, quantity: int | None = None, price_id: str | None = None
    ) -> Subscription:
        with self.writing() as ledger:
            changed = changes.update_subscription(
                ledger, customer_id, quantity=quantity, price_id=price_id
            )
        return views.subscription(changed)

    def delete_customer(self, customer_id: str) -> None:
        with self.writing() as ledger:
            controls.delete_customer(ledger, customer_id)

    # Who is there

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

    def subscription(self, customer_id: str) -> Subscription | None:
        with self.reading() as connection:
            found = records.objects(connection, "subscription", customer_id)
        newest = lifecycle.newest_living(document for document, _ in found)
        return None if newest is None else views.subscription(newest)

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
