"""Simulated Stripe as the rest of the stub holds it: `StripeApi` and `StripeControls` in one."""

from __future__ import annotations

from collections.abc import Sequence

from keystead_stub.stripe_sim.engine import idempotency, records
from keystead_stub.stripe_sim.mixins.banking import Banking
from keystead_stub.stripe_sim.mixins.billing import Billing
from keystead_stub.stripe_sim.mixins.connecting import Connecting
from keystead_stub.stripe_sim.mixins.invoicing_once import InvoicingOnce
from keystead_stub.stripe_sim.mixins.journal import Journal
from keystead_stub.stripe_sim.mixins.metering import Metering
from keystead_stub.stripe_sim.mixins.noting import Noting
from keystead_stub.stripe_sim.mixins.paying_once import PayingOnce
from keystead_stub.stripe_sim.mixins.previewing import Previewing
from keystead_stub.stripe_sim.mixins.saving import Saving
from keystead_stub.stripe_sim.mixins.selling import Selling
from keystead_stub.stripe_sim.mixins.stocking import Stocking
from keystead_stub.stripe_sim.resources.billing_portal import operations as portal
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.invoices import operations as invoicing
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


class SimulatedStripe(
    Selling,
    Billing,
    Noting,
    Previewing,
    Metering,
    Banking,
    PayingOnce,
    InvoicingOnce,
    Saving,
    Stocking,
    Journal,
    Connecting,
):
    """Implement `stripe_port.interface` and `stripe_sim.simulation_controls`."""

    @property
    def mode(self) -> Mode:
        return "simulated"

    async def create_checkout_session(self, request: NewCheckout) -> CheckoutSession:
        with self.writing() as work:
            document = idempotency.once(
                work,
                request.idempotency_key,
                request,
                lambda: checkout.open_session(work, request),
            )
        return views.checkout_session(document)

    async def get_checkout_session(self, session_id: str) -> CheckoutSession:
        return self.get_checkout(session_id)

    async def expire_checkout_session(self, session_id: str) -> CheckoutSession:
        return self.expire_checkout(session_id)

    async def create_portal_session(self, request: NewPortal) -> PortalSession:
        with self.writing() as work:
            document = idempotency.once(
                work,
                request.idempotency_key,
                request,
                lambda: portal.open_session(work, request),
            )
        return views.portal_session(document)

    async def list_invoices(self, customer_id: str) -> tuple[Invoice, ...]:
        return self.invoices(customer_id)

    async def payment_secret(self, invoice_id: str) -> str:
        with self.writing() as work:
            invoice = work.get("invoice", invoice_id)
            if invoice["status"] != "open":
                raise StripeError(
                    "This invoice is not open.", code="illegal_transition", status=409
                )
            return str(invoicing.intent_of(work, invoice)["client_secret"])

    async def get_subscription(self, customer_id: str) -> Subscription | None:
        return self.subscription(customer_id)

    async def get_card(self, customer_id: str) -> Card | None:
        return self.get_customer(customer_id).card

    async def get_account(self, price_ids: Sequence[str] = ()) -> AccountSettings:
        with self.reading() as rows:
            registered = records.endpoints(rows)
            prices = records.objects(rows, "price")
        return AccountSettings(
            id=self.account_id,
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
                for endpoint in registered
            ),
            portal_features=portal.FEATURES,
        )
