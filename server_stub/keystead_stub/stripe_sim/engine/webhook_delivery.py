"""Webhook delivery: sign, send over HTTP, record, and retry.

Each endpoint gets its events one after the other, in the order in which they were created;
endpoints do not wait for each other. A failed event does not hold up those behind it, as at Stripe
(https://docs.stripe.com/webhooks#event-ordering).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from random import Random

import msgspec

from keystead.instants import to_seconds
from keystead_stub.stripe_sim.engine import delivery_queue
from keystead_stub.stripe_sim.engine.account import Account
from keystead_stub.stripe_sim.engine.delivery_queue import PendingDelivery
from keystead_stub.stripe_sim.engine.retry_schedule import next_attempt_ms
from keystead_stub.stripe_sim.engine.webhook_values import Delivery, Endpoint
from keystead_stub.stripe_types.webhook_signature import sign

_WRONG_SECRET = "whsec_not_the_secret_of_this_endpoint"
_MAX_ERROR = 200
#: Deliveries that one transaction claims and another records: two writes a batch, not two each.
_BATCH = 20


class WebhookFaults(msgspec.Struct, frozen=True, kw_only=True):
    """Faults of the delivery.

    `hold` keeps all events back, `hold_types` those whose type starts with one of these; held
    events are not lost and do not count as attempts. `duplicate` sends each event twice.
    """

    hold: bool = False
    hold_types: tuple[str, ...] = ()
    shuffle: bool = False
    duplicate: bool = False
    wrong_signature: bool = False

    def holds(self, event_type: str) -> bool:
        return self.hold or event_type.startswith(self.hold_types)


NO_FAULTS = WebhookFaults()


class NoResponse(Exception):
    """The endpoint did not answer; the text names the cause."""


#: Posts a body with headers to a URL and returns the HTTP status. Raises NoResponse.
Post = Callable[[str, bytes, Mapping[str, str]], Awaitable[int]]


class WebhookDispatcher:
    """Deliver pending events. `faults` is read at each round; `random` shuffles.

    `on_attempt` gets the outcome of each: ``accepted``, ``refused`` or ``unanswered``.
    """

    def __init__(
        self,
        account: Account,
        post: Post,
        *,
        random: Random,
        faults: Callable[[], WebhookFaults] = lambda: NO_FAULTS,
        stopwatch_ns: Callable[[], int] = time.perf_counter_ns,
        on_attempt: Callable[[str], None] = lambda _outcome: None,
    ) -> None:
        self._account = account
        self._post = post
        self._random = random
        self._faults = faults
        self._stopwatch_ns = stopwatch_ns
        self._on_attempt = on_attempt

    def next_due_ms(self) -> int | None:
        """Return when the next delivery is due, in epoch ms; held events are left out."""
        faults = self._faults()
        with self._account.store.read() as connection:
            return delivery_queue.next_due_ms(connection, faults.holds)

    async def deliver_due(self) -> int:
        """Deliver what is due at the start of the call; return the number of attempts."""
        by_endpoint: dict[str, list[PendingDelivery]] = {}
        for one in self._due():
            by_endpoint.setdefault(one.endpoint_id, []).append(one)
        # At once for all endpoints: a slow one must not delay the others.
        return sum(await asyncio.gather(*map(self._deliver_all, by_endpoint.values())))

    def _due(self) -> list[PendingDelivery]:
        faults = self._faults()
        now_ms = self._account.now_ms()
        with self._account.store.read() as connection:
            pending = delivery_queue.due(connection, now_ms)
        pending = [one for one in pending if not faults.holds(one.event_type)]
        if faults.shuffle:
            self._random.shuffle(pending)
        return pending

    async def _deliver_all(self, pending: list[PendingDelivery]) -> int:
        """Deliver the pending events of one endpoint, in order."""
        made = 0
        for start in range(0, len(pending), _BATCH):
            made += await self._deliver_batch(pending[start : start + _BATCH])
        return made

    async def _deliver_batch(self, pending: list[PendingDelivery]) -> int:
        now_ms = self._account.now_ms()
        with self._account.store.write() as connection:
            # Read again for each batch, because the endpoint may have been deleted or its secret
            # rolled meanwhile.
            endpoint = delivery_queue.endpoint_map(connection).get(pending[0].endpoint_id)
            if endpoint is None:
                delivery_queue.drop_endpoint(connection, pending[0].endpoint_id)
                return 0
            # Rows are locked in one order: otherwise two dispatchers could deadlock.
            in_order = sorted(pending, key=_place)
            mine = {
                _place(one) for one in in_order if delivery_queue.claim(connection, one, now_ms)
            }
        # Sent in the order of `pending`, which the shuffle fault may have changed.
        taken = [one for one in pending if _place(one) in mine]
        made: list[tuple[PendingDelivery, list[Delivery]]] = []
        try:
            for one in taken:
                # Read for each event: a fault set during a long batch takes effect at once.
                faults = self._faults()
                if faults.holds(one.event_type):
                    made.append((one, []))
                    continue
                times = range(2 if faults.duplicate else 1)
                attempts = [await self._attempt(one, endpoint, n, faults) for n in times]
                made.append((one, attempts))
        finally:
            # Runs also when the stub is stopped half-way, so that no delivery goes unrecorded.
            with self._account.store.write() as connection:
                untried: list[tuple[PendingDelivery, list[Delivery]]] = [
                    (o, []) for o in taken[len(made) :]
                ]
                for one, attempts in sorted([*made, *untried], key=lambda pair: _place(pair[0])):
                    delivery_queue.record(connection, one, attempts)
        return sum(len(attempts) for _, attempts in made)

    async def _attempt(
        self, pending: PendingDelivery, endpoint: Endpoint, number: int, faults: WebhookFaults
    ) -> Delivery:
        at_ms = self._account.now_ms()
        secrets = (_WRONG_SECRET,) if faults.wrong_signature else endpoint.secrets
        headers = {
            "content-type": "application/json; charset=utf-8",
            # Signed anew for each attempt, because receivers refuse a timestamp older than their
            # tolerance (https://docs.stripe.com/webhooks/signature).
            "stripe-signature": sign(pending.body, secrets, at_s=to_seconds(at_ms)),
            "user-agent": "Stripe/1.0 (simulated)",
        }
        status: int | None = None
        error: str | None = None
        # Real time, unlike `at_ms`: the simulated clock may be turned during the request.
        started = self._stopwatch_ns()
        try:
            status = await self._post(endpoint.url, pending.body, headers)
        except NoResponse as failure:
            error = str(failure)[:_MAX_ERROR]
        duration_ms = (self._stopwatch_ns() - started) // 1_000_000
        # Stripe follows no redirects: any answer but 2xx is a failure
        # (https://docs.stripe.com/webhooks).
        accepted = status is not None and 200 <= status < 300
        self._on_attempt("accepted" if accepted else "unanswered" if status is None else "refused")
        again = next_attempt_ms(
            since_ms=pending.since_ms, tries=pending.tries + number + 1, at_ms=at_ms
        )
        return Delivery(
            event_id=pending.event_id,
            endpoint_id=endpoint.id,
            url=endpoint.url,
            attempt=pending.attempts + number + 1,
            at_ms=at_ms,
            status=status,
            duration_ms=duration_ms,
            error=error,
            next_attempt_ms=None if accepted else again,
        )


def _place(pending: PendingDelivery) -> tuple[int, str]:
    return (pending.event_seq, pending.endpoint_id)
