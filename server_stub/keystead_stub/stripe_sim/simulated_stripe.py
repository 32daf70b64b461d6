"""Simulated Stripe: one account with everything that can be done to it."""

from __future__ import annotations

from keystead_stub.stripe_sim import account_setup, timers
from keystead_stub.stripe_sim.engine import idempotency
from keystead_stub.stripe_sim.engine.clock_and_lock import Timer
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
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
from keystead_stub.stripe_sim.resources.entitlements import operations as entitlements
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.requests import NewCheckout, NewPortal
from keystead_stub.stripe_types.values import (
    CheckoutSession,
    PortalSession,
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
    """A simulated account; implements `StripeControls`."""

    def set_up(self, work: UnitOfWork) -> None:
        account_setup.stock(work)

    def run_timer(self, work: UnitOfWork, timer: Timer) -> None:
        timers.run(work, timer)

    def update_entitlements(self, work: UnitOfWork, customer_id: str) -> None:
        entitlements.tell(work, customer_id)

    async def create_checkout_session(self, request: NewCheckout) -> CheckoutSession:
        with self.writing() as work:
            document = idempotency.once(
                work,
                request.idempotency_key,
                request,
                lambda: checkout.open_session(work, request),
            )
        return views.checkout_session(document)

    async def create_portal_session(self, request: NewPortal) -> PortalSession:
        with self.writing() as work:
            document = idempotency.once(
                work,
                request.idempotency_key,
                request,
                lambda: portal.open_session(work, request),
            )
        return views.portal_session(document)
