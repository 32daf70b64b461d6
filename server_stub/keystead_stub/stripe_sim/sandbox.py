"""One simulated Stripe with its clock and its webhooks, as pages and controls use it.

Each change is followed by its webhooks before the call returns, so that callers see its outcome.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from copy import copy
from typing import Any, Self

from keystead.errors import InvalidInput
from keystead_stub.http.errors import ProblemError
from keystead_stub.stripe_sim import hosted_payments
from keystead_stub.stripe_sim.engine.rows import ACCOUNT_ID
from keystead_stub.stripe_sim.engine.time_travel import TimeTravel
from keystead_stub.stripe_sim.resources.payment_methods.attempts import PaymentResult
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.errors import StripeError

# 402 becomes a conflict: for the stub's own controls a decline is a state of the customer, not
# their input.
_CODE_OF_STATUS = {402: "conflict", 404: "not_found", 409: "conflict"}


@contextmanager
def stripe_errors_as_problems() -> Iterator[None]:
    """Turn an error of Stripe, or of its clock, into a problem document for the caller."""
    try:
        yield
    except StripeError as error:
        code = _CODE_OF_STATUS.get(error.status, "invalid_request")
        raise ProblemError(error.sentence, code=code) from None
    except InvalidInput as error:
        raise ProblemError(error.sentence, code="invalid_request") from None


def account_name(account: Document) -> str:
    """Return the name in an account object."""
    return str(account["business_profile"]["name"])


class Sandbox:
    """A simulated Stripe and its time. `stripe` acts in one account, at first the platform's."""

    def __init__(self, stripe: SimulatedStripe, travel: TimeTravel, *, product: str) -> None:
        self.stripe = stripe
        self._travel = travel
        self._product = product

    def about(self, kind: str, object_id: str) -> Self:
        """Return the sandbox for the account that has an object or event of this id."""
        return self._in(self.stripe.holding(kind, object_id))

    def within(self, account_id: str | None) -> Self:
        """Return the sandbox for a connected account, null for the platform's.

        Raises StripeError.
        """
        return self._in(self.stripe.within(account_id)) if account_id else self

    def _in(self, stripe: SimulatedStripe) -> Self:
        # The same time and webhooks serve all accounts; only the acting account differs.
        other = copy(self)
        other.stripe = stripe
        return other

    @property
    def is_platform(self) -> bool:
        """Whether `stripe` acts in the platform's own account."""
        return self.stripe.account_id == ACCOUNT_ID

    @property
    def seller(self) -> str:
        """Who takes the money, as pages name them: the vendor's product, or the account."""
        return self._product if self.is_platform else account_name(self.stripe.account())

    def now_ms(self) -> int:
        """Return Stripe's time, in epoch milliseconds."""
        return self.stripe.now_ms()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let time pass in the background for as long as the block lasts."""
        ticking = asyncio.create_task(self._travel.run())
        try:
            yield
        finally:
            ticking.cancel()
            # Awaited, so that a delivery under way is recorded before the database closes.
            with suppress(asyncio.CancelledError):
                await ticking

    def wake(self) -> None:
        """Wake the background task after a job was queued."""
        self._travel.wake()

    async def deliver(self) -> None:
        """Run everything that is due now, and deliver its webhooks."""
        await self._travel.settle()

    @property
    def advancing(self) -> bool:
        """Whether the clock is on its way: what is due by its time may be still to come."""
        return self._travel.advancing

    async def advance(self, *, seconds: float | None, to_ms: int | None) -> None:
        """Turn the clock forward. Raises InvalidInput."""
        await self._travel.advance(to_ms, seconds=seconds)

    async def pay(
        self, session_id: str, *, card: str | None, email: str | None, authenticate: bool | None
    ) -> dict[str, Any]:
        """Pay a checkout as the customer would on its page. Raises StripeError."""
        result = self.stripe.run(
            hosted_payments.complete_checkout,
            session_id,
            card=card,
            email=email,
            authenticate=authenticate,
        )
        # The page redirects next, and the vendor's backend must know of the payment by then.
        await self.deliver()
        return payment_json(result)


def payment_json(result: PaymentResult) -> dict[str, Any]:
    """Return a payment's outcome as JSON."""
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
