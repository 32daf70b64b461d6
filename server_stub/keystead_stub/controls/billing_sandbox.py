"""The sandbox with the billing side, for controls and console (specification §12.2)."""

from __future__ import annotations

import sqlalchemy as sa

from keystead_stub.billing import customer_states
from keystead_stub.billing.catalogue import Plan, PlanPrice
from keystead_stub.billing.entitlements import item_of_plan
from keystead_stub.http.faults import ActiveFaults, Faults
from keystead_stub.services import NO_TRIAL, Services
from keystead_stub.store.records import record_tables
from keystead_stub.store.tables import OWN_DATA
from keystead_stub.stripe_sim import hosted_payments
from keystead_stub.stripe_sim.engine.time_travel import TimeTravel
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.promotion_codes import queries as promotion_codes
from keystead_stub.stripe_sim.sandbox import Sandbox
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.requests import CheckoutItem, NewCheckout

_PEOPLE = ("Ada", "Bo", "Chidi", "Dara", "Emre", "Fay", "Gus", "Hana", "Ivo", "Jun")


class BillingSandbox(Sandbox):
    """Simulated Stripe together with the billing services, and the faults of both."""

    def __init__(
        self,
        services: Services,
        stripe: SimulatedStripe,
        travel: TimeTravel,
        *,
        board: ActiveFaults,
    ) -> None:
        super().__init__(stripe, travel, product=services.product.name)
        self.services = services
        self._board = board

    @property
    def faults(self) -> Faults:
        return self._board.current

    def set_faults(self, faults: Faults) -> None:
        self._board.set(faults)
        self.services.switches.clock_skew_s = faults.clock_skew_seconds
        # Webhooks that the old faults held back may be due now.
        self._travel.wake()

    async def seed(self, count: int) -> list[str]:
        """Create customers that have paid, and return their ids."""
        made = []
        for number in range(count):
            name = _PEOPLE[number % len(_PEOPLE)]
            # Each price in turn, with up to three seats, so that the console shows each.
            plan = self.services.catalogue.plans[0]
            price = plan.prices[number % len(plan.prices)]
            seats = min(plan.min_seats + number % 3, plan.max_seats)
            session = await self.stripe.create_checkout_session(self._example(plan, price, seats))
            # Every fourth redeems a promotion code, so that discounts can be seen too.
            if number % 4 == 3 and self._promotion is not None:
                self.stripe.run(checkout.apply_promotion_code, session.id, self._promotion)
            # With a part of the session's id, so that the customers of two calls differ.
            email = f"{name.lower()}.{session.id[-6:].lower()}@example.com"
            paid = self.stripe.run(
                hosted_payments.complete_checkout, session.id, email=email
            ).session
            if paid is not None and paid.customer_id is not None:
                made.append(paid.customer_id)
        await self.deliver()
        # Delivered first, because billing knows the customers by their webhooks only.
        return made

    def _example(self, plan: Plan, price: PlanPrice, seats: int) -> NewCheckout:
        item = item_of_plan(plan, price, seats)
        return NewCheckout(
            items=(CheckoutItem(price_id=item.price_id, quantity=item.seats),),
            success_url=self.services.public_url(),
            cancel_url=self.services.public_url(),
            allow_promotion_codes=True,
            mode="payment" if item.once else "subscription",
            # What is paid once is known by this only.
            metadata=item.metadata,
            subscription_metadata=item.metadata,
            payment_metadata=item.metadata,
            invoice_creation=item.once,
        )

    @property
    def _promotion(self) -> str | None:
        """The first promotion code that can be redeemed."""
        codes = self.stripe.read(promotion_codes.list_all)
        return next((one.code for one in codes if one.active), None)

    def standing_of(self, customer_id: str) -> str | None:
        """Return the billing state's status, null for a customer that billing does not know."""
        with self.services.store.read() as connection:
            state = customer_states.state_of(connection, customer_id)
        return state.status if state is not None else None

    async def reset(self) -> None:
        """Delete everything but the keys, and set the clock back to real time."""
        # Faults first, since they may hold the pending webhooks back.
        self.set_faults(Faults())
        # Pending webhooks are delivered first, or they would arrive after the reset.
        await self.deliver()
        self.services.switches.trial = NO_TRIAL
        with self.services.store.write() as connection:
            for table in (*OWN_DATA, *reversed(record_tables.metadata.sorted_tables)):
                connection.execute(sa.delete(table))
        self.stripe.reset()
