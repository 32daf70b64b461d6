"""Simulated Stripe behind the port."""

from __future__ import annotations

from collections.abc import Sequence

from keystead_stub.stripe_sim.engine import idempotency, records
from keystead_stub.stripe_sim.resources.billing_portal import operations as billing_portal
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout_sessions
from keystead_stub.stripe_sim.resources.invoices import operations as invoices
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.account_settings import AccountEndpoint, AccountSettings, Mode
from keystead_stub.stripe_types.api import STRIPE_API_VERSION
from keystead_stub.stripe_types.errors import StripeError
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
        with self._stripe.writing() as work:
            document = idempotency.once(
                work,
                request.idempotency_key,
                request,
                lambda: checkout_sessions.open_session(work, request),
            )
        return views.checkout_session(document)

    async def get_checkout_session(self, session_id: str) -> CheckoutSession:
        return self._stripe.get_checkout(session_id)

    async def expire_checkout_session(self, session_id: str) -> CheckoutSession:
        return self._stripe.expire_checkout(session_id)

    async def create_portal_session(self, request: NewPortal) -> PortalSession:
        with self._stripe.writing() as work:
            document = idempotency.once(
                work,
                request.idempotency_key,
                request,
                lambda: billing_portal.open_session(work, request),
            )
        return views.portal_session(document)

    async def list_invoices(self, customer_id: str) -> tuple[Invoice, ...]:
        return self._stripe.invoices(customer_id)

    async def payment_secret(self, invoice_id: str) -> str:
        with self._stripe.writing() as work:
            invoice = work.get("invoice", invoice_id)
            if invoice["status"] != "open":
                raise StripeError(
                    "This invoice is not open.", code="illegal_transition", status=409
                )
            return str(invoices.intent_of(work, invoice)["client_secret"])

    async def get_subscription(self, customer_id: str) -> Subscription | None:
        return self._stripe.subscription(customer_id)

    async def get_card(self, customer_id: str) -> Card | None:
        return self._stripe.get_customer(customer_id).card

    async def get_account(self, price_ids: Sequence[str] = ()) -> AccountSettings:
        with self._stripe.reading() as rows:
            endpoints = records.endpoints(rows)
            prices = records.objects(rows, "price")
        return AccountSettings(
            id=self._stripe.account_id,
            mode=self.mode,
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
