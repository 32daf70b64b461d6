"""Webhook delivery: order, retries, faults, and a record of every attempt."""

import asyncio
from http.server import BaseHTTPRequestHandler, HTTPServer
from random import Random
from threading import Thread

import httpx
import pytest

from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS
from keystead_stub.stripe_sim import customer_controls
from keystead_stub.stripe_sim.engine.webhook_delivery import WebhookDispatcher, WebhookFaults
from keystead_stub.stripe_sim.http_post import http_post
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.events import operations as event_operations
from keystead_stub.stripe_sim.resources.events import queries as events
from keystead_stub.stripe_sim.resources.webhook_endpoints import operations as webhook_endpoints
from support.stripe_world import START_MS, StripeWorld
from support.webhook_receiver import SECRET, URL, Receiver


class _DeliveryHarness:
    """A simulated account, a webhook receiver, and a dispatcher that delivers to it."""

    def __init__(self, faults: WebhookFaults | None = None) -> None:
        self.world = StripeWorld()
        self.world.stripe.run(webhook_endpoints.register, URL, [SECRET])
        self.receiver = Receiver(self.world.stripe.now_ms)
        self.faults = faults or WebhookFaults()
        self.dispatcher = WebhookDispatcher(
            self.world.stripe,
            http_post(httpx.AsyncClient(transport=self.receiver)),
            random=Random(3),
            faults=lambda: self.faults,
        )

    def deliver(self) -> int:
        return asyncio.run(self.dispatcher.deliver_due())

    def go_to(self, to_ms: int) -> int:
        self.world.stripe.turn_clock(to_ms)
        return self.deliver()


def test_events_are_delivered_once_signed_and_in_order() -> None:
    post = _DeliveryHarness()
    post.world.buy()
    post.deliver()
    assert post.receiver.types == post.world.types()
    assert post.receiver.got == [event.document for event in post.world.events()]
    assert {event.pending_webhooks for event in post.world.events()} == {0}
    assert post.deliver() == 0


def test_each_attempt_is_recorded() -> None:
    post = _DeliveryHarness()
    post.world.checkout()
    post.world.pass_time(days=1)
    post.receiver.answer = 503
    post.deliver()
    post.receiver.answer = 200
    post.go_to(START_MS + DAY_MS + 5 * MINUTE_MS)
    (event,) = post.world.events()
    first, second = event.deliveries
    assert (first.attempt, first.status, first.error, first.at_ms) == (
        1,
        503,
        None,
        START_MS + DAY_MS,
    )
    assert first.next_attempt_ms == second.at_ms == START_MS + DAY_MS + 5 * MINUTE_MS
    assert (second.attempt, second.status, second.next_attempt_ms) == (2, 200, None)
    assert second.url == URL
    assert event.pending_webhooks == 0


@pytest.mark.parametrize("answer", [300, 400, 404, 500, httpx.ConnectError, httpx.ReadTimeout])
def test_any_response_but_2xx_is_a_failure_and_retried(answer: int | type[Exception]) -> None:
    post = _DeliveryHarness()
    post.receiver.answer = answer
    post.world.trigger_expiry()
    assert post.deliver() == 1
    (event,) = post.world.events()
    (attempt,) = event.deliveries
    assert attempt.status == (answer if isinstance(answer, int) else None)
    assert attempt.error == (None if isinstance(answer, int) else answer.__name__)
    assert attempt.next_attempt_ms is not None
    assert event.pending_webhooks == 1


def test_an_undelivered_event_is_abandoned_after_three_days() -> None:
    post = _DeliveryHarness()
    post.receiver.answer = 500
    post.world.trigger_expiry()
    post.deliver()
    while (due_ms := post.dispatcher.next_due_ms()) is not None:
        post.go_to(due_ms)
    (event,) = post.world.events()
    assert len(event.deliveries) == 10
    assert event.deliveries[-1].next_attempt_ms is None
    assert event.deliveries[-1].at_ms <= event.created_ms + 3 * DAY_MS
    assert (event.pending_webhooks, event.delivery_status) == (0, "failed")
    post.world.stripe.run(event_operations.resend, event.id)
    assert post.world.events()[0].delivery_status == "pending"
    post.receiver.answer = 200
    post.deliver()
    assert post.world.events()[0].delivery_status == "delivered"


def test_a_failed_event_does_not_delay_others() -> None:
    post = _DeliveryHarness()
    post.world.buy()
    post.receiver.answer = 500
    post.deliver()
    post.receiver.answer = 200
    post.world.stripe.run(
        customer_controls.cancel, post.world.stripe.read(customer_queries.list_all)[0].id
    )
    post.deliver()
    assert post.receiver.types == ["customer.subscription.updated"]
    post.go_to(START_MS + 5 * MINUTE_MS)
    assert sorted(post.receiver.types) == sorted(post.world.types())


def test_held_events_are_not_attempted() -> None:
    post = _DeliveryHarness(WebhookFaults(hold=True))
    post.world.buy()
    assert post.deliver() == 0
    assert post.dispatcher.next_due_ms() is None
    post.go_to(START_MS + 10 * DAY_MS)
    assert post.receiver.got == []
    post.faults = WebhookFaults()
    post.deliver()
    assert post.receiver.types == post.world.types()


def test_events_can_be_held_by_type() -> None:
    held = ("customer.subscription.", "invoice")
    post = _DeliveryHarness(WebhookFaults(hold_types=held))
    post.world.buy()
    post.deliver()
    assert "checkout.session.completed" in post.receiver.types
    assert not [one for one in post.receiver.types if one.startswith(held)]
    post.faults = WebhookFaults()
    post.deliver()
    assert sorted(post.receiver.types) == sorted(post.world.types())


def test_the_shuffle_fault_delivers_all_events_in_another_order() -> None:
    post = _DeliveryHarness(WebhookFaults(shuffle=True))
    post.world.buy()
    post.deliver()
    assert post.receiver.types != post.world.types()
    assert sorted(post.receiver.types) == sorted(post.world.types())


def test_the_duplicate_fault_delivers_each_event_twice() -> None:
    post = _DeliveryHarness(WebhookFaults(duplicate=True))
    post.world.buy()
    post.deliver()
    assert post.receiver.types == [one for one in post.world.types() for _ in range(2)]
    assert [one.attempt for one in post.world.events()[0].deliveries] == [1, 2]


def test_wrongly_signed_events_are_rejected_until_the_fault_ends() -> None:
    post = _DeliveryHarness(WebhookFaults(wrong_signature=True))
    post.world.buy()
    post.deliver()
    assert (post.receiver.got, post.receiver.refused) == ([], len(post.world.events()))
    post.faults = WebhookFaults()
    post.go_to(START_MS + HOUR_MS)
    assert post.receiver.types == post.world.types()


def test_an_event_can_be_resent() -> None:
    post = _DeliveryHarness()
    post.world.buy()
    post.deliver()
    event = post.world.events()[3]
    assert post.world.stripe.run(event_operations.resend, event.id).pending_webhooks == 1
    post.deliver()
    assert post.receiver.types[-1] == event.type
    assert [one.attempt for one in post.world.stripe.read(events.get, event.id).deliveries] == [
        1,
        2,
    ]


def test_a_slow_endpoint_does_not_delay_another() -> None:
    post = _DeliveryHarness()
    other = "http://127.0.0.1:8788/other"
    post.world.stripe.run(webhook_endpoints.register, other, ["whsec_other"])
    post.world.buy()
    post.deliver()
    assert post.receiver.types == post.world.types()
    assert post.receiver.refused == len(post.world.events())
    assert {event.pending_webhooks for event in post.world.events()} == {1}


def test_concurrent_dispatchers_deliver_each_event_once() -> None:
    post = _DeliveryHarness()
    post.world.buy()
    second = WebhookDispatcher(
        post.world.stripe, http_post(httpx.AsyncClient(transport=post.receiver)), random=Random(4)
    )

    async def both() -> None:
        await asyncio.gather(post.dispatcher.deliver_due(), second.deliver_due())

    asyncio.run(both())
    assert sorted(post.receiver.types) == sorted(post.world.types())


def test_webhooks_are_sent_over_real_http() -> None:
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    world = StripeWorld()
    world.stripe.run(
        webhook_endpoints.register, f"http://127.0.0.1:{server.server_port}/hook", [SECRET]
    )
    world.trigger_expiry()

    async def deliver() -> int:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            return await WebhookDispatcher(
                world.stripe, http_post(client), random=Random(1)
            ).deliver_due()

    assert asyncio.run(deliver()) == 1
    server.shutdown()
    thread.join()
    server.server_close()
    assert len(bodies) == 1
    assert b'"checkout.session.expired"' in bodies[0]
    assert world.events()[0].deliveries[0].status == 200


def test_events_left_by_a_stopped_dispatcher_are_delivered_by_the_next() -> None:
    post = _DeliveryHarness()
    post.world.buy()
    event_types = post.world.types()

    async def stopped() -> None:
        delivering = asyncio.create_task(post.dispatcher.deliver_due())
        await post.receiver.wait_for(4)
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)

    asyncio.run(stopped())
    assert 0 < sum(event.pending_webhooks for event in post.world.events()) < len(event_types)
    post.deliver()
    assert sorted(set(post.receiver.types)) == sorted(set(event_types))
    assert {event.pending_webhooks for event in post.world.events()} == {0}


def test_events_held_during_a_delivery_round_are_not_attempted() -> None:
    post = _DeliveryHarness()
    post.world.buy()

    async def held() -> None:
        delivering = asyncio.create_task(post.dispatcher.deliver_due())
        await post.receiver.wait_for(4)
        post.faults = WebhookFaults(hold=True)
        await delivering

    asyncio.run(held())
    arrived = len(post.receiver.got)
    assert 4 <= arrived < len(post.world.events())
    assert sum(len(event.deliveries) for event in post.world.events()) == arrived
    post.faults = WebhookFaults()
    post.deliver()
    assert post.receiver.types == post.world.types()
