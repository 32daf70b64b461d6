"""The port's implementation over simulated Stripe."""

from __future__ import annotations

from collections.abc import Sequence

from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.resources.billing_portal import operations as billing_portal
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout_sessions
from keystead_stub.stripe_sim.resources.checkout_sessions import (
    queries as checkout_session_queries,
)
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.entitlements import queries as entitlements
from keystead_stub.stripe_sim.resources.invoices import lifecycle as invoices
from keystead_stub.stripe_sim.resources.invoices import queries as invoice_queries
from keystead_stub.stripe_sim.resources.subscriptions import queries as subscription_queries
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.account_settings import AccountEndpoint, AccountSettings, Mode
from keystead_stub.stripe_types.api import STRIPE_API_VERSION, Document
from keystead_stub.stripe_types.requests import NewCheckout, NewPortal
from keystead_stub.stripe_types.values import (
    Card,
    CheckoutSession,
    Invoice,
    PortalSession,
    Subscription,
)


class SimulatedStripeApi:
    """`StripeApi` over a simulated account."""

    def __init__(self, stripe: SimulatedStripe) -> None:
        self._stripe = stripe

    @property
    def mode(self) -> Mode:
        return "simulated"

    async def create_checkout_session(self, request: NewCheckout) -> CheckoutSession:
        return await self._stripe.create_checkout_session(request)

    async def get_checkout_session(self, session_id: str) -> CheckoutSession:
        return self._stripe.read(checkout_session_queries.get, session_id)

    async def expire_checkout_session(self, session_id: str) -> CheckoutSession:
        return views.checkout_session(self._stripe.run(checkout_sessions.expire, session_id))

    async def create_portal_session(self, request: NewPortal) -> PortalSession:
        return await self._stripe.create_portal_session(request)

    async def list_invoices(self, customer_id: str) -> tuple[Invoice, ...]:
        return self._stripe.read(invoice_queries.of_customer, customer_id)

    async def payment_secret(self, invoice_id: str) -> str:
        return self._stripe.run(invoices.payment_secret, invoice_id)

    async def list_active_entitlements(self, customer_id: str) -> tuple[Document, ...]:
        return self._stripe.read(entitlements.active, customer_id)

    async def get_subscription(self, customer_id: str) -> Subscription | None:
        return self._stripe.read(subscription_queries.current, customer_id)

    async def get_card(self, customer_id: str) -> Card | None:
        return self._stripe.read(customer_queries.get, customer_id).card

    async def get_account(self, price_ids: Sequence[str] = ()) -> AccountSettings:
        with self._stripe.reading() as rows:
            endpoints = records.endpoints(rows)
            prices = records.objects(rows, "price")
        return AccountSettings(
            id=self._stripe.account_id,
            mode=self.mode,
            # Nothing is missing at a simulated account, so a preflight can pass.
            charges_enabled=True,
            prices=tuple(
                views.account_price(document)
                for document, _ in prices
                if document["id"] in price_ids
            ),
            endpoints=tuple(
                AccountEndpoint(
                    url=endpoint.url,
                    enabled=True,
                    events=endpoint.enabled_events,
                    api_version=STRIPE_API_VERSION,
                )
                for endpoint in endpoints
            ),
            portal_features=billing_portal.FEATURES,
        )
