"""The port through which billing uses Stripe: one protocol for simulated and live Stripe."""

from collections.abc import Sequence
from typing import Protocol

from keystead_stub.stripe_types.account_settings import AccountSettings, Mode
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.requests import NewCheckout, NewPortal
from keystead_stub.stripe_types.values import (
    Card,
    CheckoutSession,
    Invoice,
    PortalSession,
    Subscription,
)


class StripeApi(Protocol):
    """The calls that billing makes. Each may raise `StripeError`."""

    @property
    def mode(self) -> Mode:
        """Return which Stripe this is."""
        ...

    async def create_checkout_session(self, request: NewCheckout) -> CheckoutSession:
        """Open a checkout session."""
        ...

    async def get_checkout_session(self, session_id: str) -> CheckoutSession:
        """Return a session; `resource_missing` if there is none."""
        ...

    async def expire_checkout_session(self, session_id: str) -> CheckoutSession:
        """Close an open session."""
        ...

    async def create_portal_session(self, request: NewPortal) -> PortalSession:
        """Open a customer portal session."""
        ...

    async def list_invoices(self, customer_id: str) -> tuple[Invoice, ...]:
        """Return the customer's invoices, newest first."""
        ...

    async def payment_secret(self, invoice_id: str) -> str:
        """Return the client secret that pays an open invoice.

        `resource_missing` for no invoice, `illegal_transition` for one that is not open.
        """
        ...

    async def list_active_entitlements(self, customer_id: str) -> tuple[Document, ...]:
        """Return all active entitlements of the customer."""
        ...

    async def get_subscription(self, customer_id: str) -> Subscription | None:
        """Return the customer's newest subscription, running ones first."""
        ...

    async def get_card(self, customer_id: str) -> Card | None:
        """Return the card that the customer's next invoice is charged to, or null."""
        ...

    async def get_account(self, price_ids: Sequence[str] = ()) -> AccountSettings:
        """Return the account's settings, and those of `price_ids` that exist."""
        ...
