"""A simulated Stripe in memory, on a clock that stands still until a test advances it."""

from __future__ import annotations

import asyncio
from random import Random

import httpx

from keystead.instants import DAY_MS, from_iso
from keystead_stub.billing.catalogue import default_catalogue
from keystead_stub.store import stripe_tables
from keystead_stub.store.engine import open_store
from keystead_stub.stripe_seed import seed_from
from keystead_stub.stripe_sim import hosted_payments, triggers
from keystead_stub.stripe_sim.engine.rules import AfterRetries, Rules
from keystead_stub.stripe_sim.engine.webhook_delivery import WebhookDispatcher, WebhookFaults
from keystead_stub.stripe_sim.engine.webhook_values import Event
from keystead_stub.stripe_sim.http_post import http_post
from keystead_stub.stripe_sim.resources.checkout_sessions import queries as checkout_sessions
from keystead_stub.stripe_sim.resources.events import queries as events_queries
from keystead_stub.stripe_sim.resources.subscriptions import queries as subscriptions
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.requests import CheckoutItem, NewCheckout
from keystead_stub.stripe_types.values import CheckoutSession, Subscription

START_MS = from_iso("2026-01-31T10:00:00Z")
MONTHLY = "price_nyra_pro_monthly"
YEARLY = "price_nyra_pro_yearly"


class StripeWorld:
    """A simulated Stripe account, with short methods for what tests do often."""

    def __init__(
        self,
        *,
        after_retries: AfterRetries = "cancel",
        start_ms: int = START_MS,
        url: str = "sqlite://",
    ) -> None:
        self.real_ms = start_ms
        self.store = open_store(url)
        with self.store.write() as connection:
            stripe_tables.metadata.create_all(connection)
        rules = Rules(
            seed=seed_from(default_catalogue()),
            base_url="http://127.0.0.1:8787",
            after_retries=after_retries,
        )
        self.stripe = SimulatedStripe(
            self.store, rules, real_ms=lambda: self.real_ms, random=Random(7)
        )

    def checkout(
        self,
        price_id: str = MONTHLY,
        *,
        quantity: int = 1,
        customer_id: str | None = None,
        metadata: dict[str, str] | None = None,
    ) -> CheckoutSession:
        return asyncio.run(
            self.open_checkout(
                price_id, quantity=quantity, customer_id=customer_id, metadata=metadata
            )
        )

    async def open_checkout(
        self,
        price_id: str = MONTHLY,
        *,
        quantity: int = 1,
        customer_id: str | None = None,
        metadata: dict[str, str] | None = None,
    ) -> CheckoutSession:
        request = NewCheckout(
            items=(CheckoutItem(price_id=price_id, quantity=quantity),),
            success_url="http://127.0.0.1:8787/done?session={CHECKOUT_SESSION_ID}",
            cancel_url="http://127.0.0.1:8787/cancel",
            client_reference_id="device-1",
            metadata=metadata or {"deviceId": "device-1"},
            subscription_metadata=metadata or {"deviceId": "device-1"},
            customer_id=customer_id,
            allow_promotion_codes=True,
        )
        return await self.stripe.create_checkout_session(request)

    def buy(
        self, price_id: str = MONTHLY, *, quantity: int = 1, card: str = "4242 4242 4242 4242"
    ) -> str:
        """Buy, and return the customer's id."""
        session = self.checkout(price_id, quantity=quantity)
        self.stripe.run(
            hosted_payments.complete_checkout, session.id, card=card, email="ada@example.com"
        )
        customer_id = self.stripe.read(checkout_sessions.get, session.id).customer_id
        assert customer_id is not None
        return customer_id

    def trigger(self, event_type: str, customer_id: str | None = None) -> Event:
        """Cause an event of this type and return it."""
        event_id = self.stripe.run(triggers.trigger, event_type, customer_id=customer_id)
        return self.stripe.read(events_queries.get, event_id)

    def trigger_expiry(self, *, days: float = 1) -> None:
        """Open a checkout and let `days` pass unpaid: it expires after a day, with one event."""
        self.checkout()
        self.pass_time(days=days)

    def subscription(self, customer_id: str) -> Subscription:
        found = self.stripe.read(subscriptions.current, customer_id)
        assert found is not None
        return found

    def pass_time(self, *, days: float = 0, to_ms: int | None = None) -> None:
        """Advance the clock and run everything that is due, without delivering webhooks."""
        target = to_ms if to_ms is not None else self.stripe.now_ms() + round(days * DAY_MS)
        while (due_ms := self.stripe.next_timer_ms()) is not None and due_ms <= target:
            self.stripe.turn_clock(due_ms)
            self.stripe.run_due()
        self.stripe.turn_clock(target)

    def events(self, customer_id: str | None = None) -> list[Event]:
        """Return the events, oldest first."""
        return list(
            reversed(
                self.stripe.read(events_queries.newest, customer_id=customer_id, limit=100_000)
            )
        )

    def types(self, customer_id: str | None = None, *, after: int = 0) -> list[str]:
        return [event.type for event in self.events(customer_id)[after:]]

    def dispatcher(
        self, transport: httpx.AsyncBaseTransport, faults: WebhookFaults | None = None
    ) -> WebhookDispatcher:
        client = httpx.AsyncClient(transport=transport)
        chosen = faults or WebhookFaults()
        return WebhookDispatcher(
            self.stripe, http_post(client), random=Random(3), faults=lambda: chosen
        )
