"""The rehearsal room: what the controls and the pages can do to the world (contract §9).

Each change is followed by its webhooks before the call returns, so that whoever asked sees what
came of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import copy
from typing import Any, Self

import httpx
import sqlalchemy as sa

from keystead.errors import InvalidInput
from keystead_stub.billing import customer_states
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.faults import FaultBoard, Faults
from keystead_stub.ops.run_files import PRODUCT_NAME
from keystead_stub.services import NO_TRIAL, Services
from keystead_stub.store.tables import OWN_DATA
from keystead_stub.stripe_sim.engine.rows import ACCOUNT_ID
from keystead_stub.stripe_sim.engine.time_travel import TimeTravel
from keystead_stub.stripe_sim.hosted_payments import PaymentResult
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.requests import CheckoutItem, NewCheckout

#: The billing API whose plans a connected account sells.
CONNECTED_API = "dashclicks"
_CODE_OF_STATUS = {402: "conflict", 404: "not_found", 409: "conflict"}
_PEOPLE = ("Ada", "Bo", "Chidi", "Dara", "Emre", "Fay", "Gus", "Hana", "Ivo", "Jun")


@contextmanager
def stripe_answers() -> Iterator[None]:
    """What Stripe, or the clock, refuses becomes a refusal of the control."""
    try:
        yield
    except StripeError as error:
        code = _CODE_OF_STATUS.get(error.status, "invalid_request")
        raise ProblemError(error.sentence, code=code) from None
    except InvalidInput as error:
        raise ProblemError(error.sentence, code="invalid_request") from None


def name_of(account: Document) -> str:
    """An account's name, as Stripe's object has it."""
    return str(account["business_profile"]["name"])


class Rehearsal:
    """One simulated Stripe, its clock, its courier, and the faults.

    `controls` act in one account, our own unless the room is `about` what another has.
    """

    def __init__(
        self,
        services: Services,
        stripe: SimulatedStripe,
        travel: TimeTravel,
        *,
        client: httpx.AsyncClient,
        board: FaultBoard,
        api: str,
        webhook_url: str,
    ) -> None:
        self.api = api
        self.services = services
        self.controls = stripe
        self._travel = travel
        self._webhook_url = webhook_url
        self._client = client
        self._board = board
        self._ticking: asyncio.Task[None] | None = None

    def about(self, kind: str, object_id: str) -> Self:
        """The same room for the Stripe account that has an object or event of this id."""
        return self._in(self.controls.holding(kind, object_id))

    def within(self, account_id: str | None) -> Self:
        """The same room for a connected account; null is our own. Raises StripeError."""
        return self._in(self.controls.within(account_id)) if account_id else self

    def _in(self, controls: SimulatedStripe) -> Self:
        room = copy(self)
        room.controls = controls
        if controls.account_id != ACCOUNT_ID:
            room.api = CONNECTED_API
        return room

    @property
    def seller(self) -> str:
        """Who takes the money, as the pages name them: us, or the connected account."""
        if self.controls.account_id == ACCOUNT_ID:
            return PRODUCT_NAME
        return name_of(self.controls.account())

    async def start(self) -> None:
        """Tell Stripe where to deliver, and let time pass."""
        self.controls.register_endpoint(self._webhook_url, self.services.settings.webhook_secrets)
        self._ticking = asyncio.create_task(self._travel.run())

    async def stop(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
            with suppress(asyncio.CancelledError):
                await self._ticking
        await self._client.aclose()

    def wake(self) -> None:
        """Something was put on a queue: let it happen soon."""
        self._travel.wake()

    async def deliver(self) -> None:
        """Let all that is due now happen and arrive."""
        await self._travel.settle()

    async def advance(self, *, seconds: float | None, to_ms: int | None) -> None:
        """Turn the clock forward. Raises InvalidInput."""
        await self._travel.advance(to_ms, seconds=seconds)

    @property
    def faults(self) -> Faults:
        return self._board.faults

    def set_faults(self, faults: Faults) -> None:
        self._board.set(faults)
        self.services.switches.clock_skew_s = faults.clock_skew_seconds
        self._travel.wake()

    async def pay(
        self, session_id: str, *, card: str | None, email: str | None, authenticate: bool | None
    ) -> dict[str, Any]:
        """Pay a checkout as a person would. Raises StripeError."""
        result = self.controls.complete_checkout(
            session_id, card=card, email=email, authenticate=authenticate
        )
        await self.deliver()
        return shown_payment(result)

    async def seed(self, count: int) -> list[str]:
        """Make customers that have paid, and return their ids."""
        made = []
        for number in range(count):
            name = _PEOPLE[number % len(_PEOPLE)]
            price = self.services.catalogue.plans[0].prices[number % 2]
            session = await self.controls.create_checkout_session(
                NewCheckout(
                    items=(CheckoutItem(price_id=price.id, quantity=1 + number % 3),),
                    success_url=self.services.public_url(),
                    cancel_url=self.services.public_url(),
                    allow_promotion_codes=True,
                )
            )
            # Every fourth of them had heard of the launch.
            if number % 4 == 3 and self._promotion is not None:
                self.controls.apply_promotion_code(session.id, self._promotion)
            email = f"{name.lower()}.{session.id[-6:].lower()}@example.com"
            paid = self.controls.complete_checkout(session.id, email=email).session
            if paid is not None and paid.customer_id is not None:
                made.append(paid.customer_id)
        await self.deliver()
        return made

    @property
    def _promotion(self) -> str | None:
        """The first code that can be redeemed."""
        codes = self.controls.promotion_codes()
        return next((one.code for one in codes if one.active), None)

    def standing_of(self, customer_id: str) -> str | None:
        with self.services.store.read() as connection:
            state = customer_states.state_of(connection, customer_id)
        return state.status if state is not None else None

    async def reset(self) -> None:
        """Forget everything but the keys; the clock is the real one again."""
        self.set_faults(Faults())
        # What is on its way arrives first, or it would arrive in the next story.
        await self.deliver()
        self.services.switches.trial = NO_TRIAL
        self.services.limiter.forget()
        with self.services.store.write() as connection:
            for table in OWN_DATA:
                connection.execute(sa.delete(table))
        self.controls.reset()


def shown_payment(result: PaymentResult) -> dict[str, Any]:
    session = result.session
    return {
        "status": result.status,
        "code": result.code,
        "sentence": result.sentence,
        "session": session
        and {
            "id": session.id,
            "status": session.status,
            "paymentStatus": session.payment_status,
            "customerId": session.customer_id,
            "subscriptionId": session.subscription_id,
        },
    }
