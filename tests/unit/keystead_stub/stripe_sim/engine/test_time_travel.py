"""Advancing the clock: due timers run in order, and their webhooks are delivered."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from random import Random

import httpx
import pytest

from keystead.errors import InvalidInput
from keystead.instants import DAY_MS, MINUTE_MS, from_iso
from keystead_stub.ops.job_worker import Worker
from keystead_stub.store.engine import open_store
from keystead_stub.store.migrations import migrate
from keystead_stub.stripe_sim import customer_controls, hosted_payments, triggers
from keystead_stub.stripe_sim.engine.time_travel import TimeTravel
from keystead_stub.stripe_sim.engine.webhook_delivery import WebhookDispatcher, WebhookFaults
from keystead_stub.stripe_sim.http_post import http_post
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.invoices import queries as invoices
from keystead_stub.stripe_sim.resources.webhook_endpoints import operations as webhook_endpoints
from support.stripe_world import START_MS, StripeWorld
from support.webhook_receiver import SECRET, URL, Receiver


class _Journey:
    def __init__(self) -> None:
        self.world = StripeWorld()
        self.world.stripe.run(webhook_endpoints.register, URL, [SECRET])
        self.receiver = Receiver(self.world.stripe.now_ms)
        self.faults = WebhookFaults()
        store = open_store()
        migrate(store, START_MS)
        self.worker = Worker(store, {}, self.world.stripe.now_ms)
        self.dispatcher = WebhookDispatcher(
            self.world.stripe,
            http_post(httpx.AsyncClient(transport=self.receiver)),
            random=Random(3),
            faults=lambda: self.faults,
        )

    def travel(self) -> TimeTravel:
        return TimeTravel(self.world.stripe, self.dispatcher, self.worker)

    def advance(self, to_ms: int) -> int:
        return asyncio.run(self.travel().advance(to_ms))

    def running(self, story: Callable[[TimeTravel], Awaitable[None]]) -> None:
        """Run a coroutine while the background task runs."""

        async def tell() -> None:
            travel = self.travel()
            self.world.stripe.on_change = travel.wake
            ticking = asyncio.create_task(travel.run())
            try:
                await asyncio.wait_for(story(travel), 60)
            finally:
                ticking.cancel()
                await asyncio.gather(ticking, return_exceptions=True)

        asyncio.run(tell())


def test_advance_ends_exactly_at_its_target() -> None:
    journey = _Journey()
    assert journey.advance(START_MS + 12_345) == START_MS + 12_345
    assert journey.world.stripe.now_ms() == START_MS + 12_345


def test_each_renewal_of_a_year_is_delivered_at_its_own_instant() -> None:
    journey = _Journey()
    journey.world.buy()
    journey.advance(from_iso("2027-01-31T10:00:00Z"))
    paid = [
        at_ms
        for event, at_ms in zip(journey.receiver.got, journey.receiver.at_ms, strict=True)
        if event["type"] == "invoice.paid"
    ]
    ends = [
        one.period_start_ms
        for one in reversed(journey.world.stripe.read(invoices.of_customer, _only(journey)))
    ]
    assert paid == ends
    assert len(paid) == 13
    assert journey.receiver.types == journey.world.types()
    assert journey.receiver.refused == 0


def _only(journey: _Journey) -> str:
    return journey.world.stripe.read(customer_queries.list_all)[0].id


def test_webhooks_of_one_instant_are_delivered_before_the_next() -> None:
    journey = _Journey()
    customer_id = journey.world.buy()
    journey.world.stripe.run(customer_controls.fail_next_payment, customer_id)
    journey.advance(START_MS + 60 * DAY_MS)
    assert journey.receiver.at_ms == sorted(journey.receiver.at_ms)
    for event, at_ms in zip(journey.receiver.got, journey.receiver.at_ms, strict=True):
        assert event["created"] * 1000 == at_ms


def test_failed_webhooks_are_retried_while_the_clock_advances() -> None:
    journey = _Journey()
    journey.receiver.answer = 500
    journey.world.trigger_expiry()
    journey.advance(START_MS + DAY_MS + MINUTE_MS)
    journey.receiver.answer = 200
    journey.advance(START_MS + 2 * DAY_MS)
    assert journey.receiver.types == ["checkout.session.expired"]
    assert journey.receiver.at_ms == [START_MS + DAY_MS + 5 * MINUTE_MS]


def test_held_webhooks_do_not_block_advancing_the_clock() -> None:
    journey = _Journey()
    journey.faults = WebhookFaults(hold=True)
    customer_id = journey.world.buy()
    journey.advance(START_MS + 100 * DAY_MS)
    assert len(journey.world.stripe.read(invoices.of_customer, customer_id)) == 4
    assert journey.receiver.got == []


def test_advancing_to_the_past_is_refused_without_effect() -> None:
    journey = _Journey()
    journey.world.buy()
    with pytest.raises(InvalidInput) as refused:
        journey.advance(START_MS - 1)
    assert refused.value.code == "clock_backwards"
    assert journey.receiver.got == []


def test_advancing_two_years_of_monthly_renewals_is_fast() -> None:
    journey = _Journey()
    customer_id = journey.world.buy()
    began = time.process_time()
    journey.advance(START_MS + 731 * DAY_MS)
    # It takes half a second on a quiet machine; the limit leaves room for tracing and a busy one.
    assert time.process_time() - began < 10
    assert len(journey.world.stripe.read(invoices.of_customer, customer_id)) == 25


@pytest.mark.nightly
def test_fifty_years_can_be_advanced() -> None:
    journey = _Journey()
    journey.faults = WebhookFaults(hold=True)
    customer_id = journey.world.buy("price_nyra_pro_yearly")
    journey.advance(from_iso("2076-01-31T10:00:00Z"))
    last = journey.world.subscription(customer_id)
    assert last.status == "active"
    assert last.current_period_end_ms == from_iso("2077-01-31T10:00:00Z")


def test_the_background_task_delivers_webhooks_of_a_change() -> None:
    journey = _Journey()

    async def story(_travel: TimeTravel) -> None:
        await asyncio.sleep(0)
        session = await journey.world.open_checkout()
        journey.world.stripe.run(hosted_payments.complete_checkout, session.id)
        await journey.receiver.wait_for(15)

    journey.running(story)
    assert journey.receiver.types == journey.world.types()


def test_the_background_task_runs_timers_when_they_are_due() -> None:
    journey = _Journey()
    journey.world.trigger_expiry(days=0)

    async def story(travel: TimeTravel) -> None:
        await asyncio.sleep(0)
        journey.world.real_ms += DAY_MS
        travel.wake()
        await journey.receiver.wait_for(1)

    journey.running(story)
    assert journey.receiver.types == ["checkout.session.expired"]


def test_settle_returns_after_everything_is_delivered() -> None:
    journey = _Journey()
    journey.world.buy()
    asyncio.run(journey.travel().settle())
    assert journey.receiver.types == journey.world.types()


class _ChangingEndpoint(httpx.AsyncBaseTransport):
    """A webhook endpoint that causes another change with each webhook."""

    def __init__(self, world: StripeWorld, customer_id: str) -> None:
        self._world, self._customer_id = world, customer_id
        self.got = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.got += 1
        await asyncio.sleep(0)
        self._world.stripe.run(
            triggers.trigger, "checkout.session.expired", customer_id=self._customer_id
        )
        return httpx.Response(200)


def test_settle_returns_despite_concurrent_changes() -> None:
    """The first caller gets its own delivery round; concurrent callers share the next one."""
    journey = _Journey()
    customer_id = journey.world.buy()
    due = len(journey.world.types())
    endpoint = _ChangingEndpoint(journey.world, customer_id)
    journey.dispatcher = WebhookDispatcher(
        journey.world.stripe, http_post(httpx.AsyncClient(transport=endpoint)), random=Random(3)
    )

    async def story() -> None:
        travel = journey.travel()
        await asyncio.wait_for(asyncio.gather(*(travel.settle() for _ in range(20))), 60)

    asyncio.run(story())
    assert endpoint.got == due + due


def test_the_idle_background_task_sleeps() -> None:
    journey = _Journey()
    journey.world.checkout()
    asked = 0
    real = journey.world.stripe.next_timer_ms

    def counted() -> int | None:
        nonlocal asked
        asked += 1
        return real()

    journey.world.stripe.next_timer_ms = counted  # type: ignore[method-assign]

    async def story(_travel: TimeTravel) -> None:
        await asyncio.sleep(0.2)

    journey.running(story)
    assert asked <= 4
