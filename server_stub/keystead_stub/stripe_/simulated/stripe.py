"""Simulated Stripe as the rest of the stub holds it: `StripeApi` and `StripeControls` in one."""

from __future__ import annotations

from collections.abc import Sequence

from keystead_stub.stripe_ import views
from keystead_stub.stripe_.interface import (
    STRIPE_API_VERSION,
    AccountEndpoint,
    Card,
    CheckoutSession,
    Invoice,
    Mode,
    NewCheckout,
    NewPortal,
    PortalSession,
    StripeRefused,
    Subscription,
)
from keystead_stub.stripe_.interface import (
    Account as AccountSettings,
)
from keystead_stub.stripe_.simulated import checkout, idempotency, invoicing, portal, records
from keystead_stub.stripe_.simulated.banking import Banking
from keystead_stub.stripe_.simulated.billing import Billing
from keystead_stub.stripe_.simulated.connecting import Connecting
from keystead_stub.stripe_.simulated.invoicing_once import InvoicingOnce
from keystead_stub.stripe_.simulated.journal import Journal
from keystead_stub.stripe_.simulated.metering import Metering
from keystead_stub.stripe_.simulated.noting import Noting
from keystead_stub.stripe_.simulated.paying_once import PayingOnce
from keystead_stub.stripe_.simulated.previewing import Previewing
from keystead_stub.stripe_.simulated.saving import Saving
from keystead_stub.stripe_.simulated.selling import Selling
from keystead_stub.stripe_.simulated.stocking import Stocking


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
    """See `keystead_stub.stripe_.interface` and `keystead_stub.stripe_.world`."""

    @property
    def mode(self) -> Mode:
        return "simulated"

    async def create_checkout_session(self, request: NewCheckout) -> CheckoutSession:
        with self.writing() as ledger:
            document = idempotency.once(
                ledger,
                request.idempotency_key,
                request,
                lambda: checkout.open_session(ledger, request),
            )
        return views.checkout_session(document)

    async def get_checkout_session(self, session_id: str) -> CheckoutSession:
        return self.get_checkout(session_id)

    async def expire_checkout_session(self, session_id: str) -> CheckoutSession:
        return self.expire_checkout(session_id)

    async def create_portal_session(self, request: NewPortal) -> PortalSession:
        with self.writing() as ledger:
            document = idempotency.once(
                ledger,
                request.idempotency_key,
                request,
                lambda: portal.open_session(ledger, request),
            )
        return views.portal_session(document)

    async def list_invoices(self, customer_id: str) -> tuple[Invoice, ...]:
        return self.invoices(customer_id)

    async def payment_secret(self, invoice_id: str) -> str:
        with self.writing() as ledger:
            invoice = ledger.get("invoice", invoice_id)
            if invoice["status"] != "open":
                raise StripeRefused(
                    "This invoice is not open.", code="illegal_transition", status=409
                )
            return str(invoicing.intent_of(ledger, invoice)["client_secret"])

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
