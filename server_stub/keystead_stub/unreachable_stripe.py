"""Stripe's test and live modes, as far as this version goes: nobody answers.

The configuration, the health report, the webhook and the licenses of a backend with a real Stripe
can be rehearsed; what needs Stripe's API is refused as when Stripe is down.
"""

from __future__ import annotations

from typing import NoReturn

from keystead_stub.stripe_.interface import (
    Account,
    CheckoutSession,
    Invoice,
    Mode,
    NewCheckout,
    NewPortal,
    PortalSession,
    StripeRefused,
    Subscription,
)

#: Why real money stays a no-go, whatever the settings say.
BLOCKER = "this version does not speak to a real Stripe"


class UnreachableStripe:
    """A `StripeApi` whose every call is refused with ``stripe_unreachable`` (502)."""

    def __init__(self, mode: Mode) -> None:
        self._mode = mode

    @property
    def mode(self) -> Mode:
        return self._mode

    async def create_checkout_session(self, request: NewCheckout) -> CheckoutSession:
        _refuse()

    async def get_checkout_session(self, session_id: str) -> CheckoutSession:
        _refuse()

    async def expire_checkout_session(self, session_id: str) -> CheckoutSession:
        _refuse()

    async def create_portal_session(self, request: NewPortal) -> PortalSession:
        _refuse()

    async def list_invoices(self, customer_id: str) -> tuple[Invoice, ...]:
        _refuse()

    async def get_subscription(self, customer_id: str) -> Subscription | None:
        _refuse()

    async def get_account(self) -> Account:
        _refuse()


def _refuse() -> NoReturn:
    raise StripeRefused("Stripe did not answer.", code="stripe_unreachable", status=502)
