"""The official SDK over our HTTP client, and when the webhooks of its calls are delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import stripe

from keystead_stub.stripe_port.live import connect_over

DECLINED = {"error": {"type": "card_error", "code": "card_declined"}}


class CallLog:
    """The order of answer and webhook delivery in an SDK call; Stripe answers with `status`."""

    def __init__(self, status: int = 200) -> None:
        self.entries: list[str] = []
        self._status = status

    def tell(self, call: Callable[[Any], Awaitable[Any]], *, simulated: bool = True) -> list[str]:
        async def make_call() -> None:
            async with httpx.AsyncClient(transport=httpx.MockTransport(self._answer)) as http:
                settle = self._settle if simulated else None
                client = connect_over("sk_test_1", http, api_url="http://a.test", settle=settle)
                await call(client.v1.customers)

        asyncio.run(make_call())
        return self.entries

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.entries.append(f"answered, preferring {request.headers.get('prefer')}")
        good = {"id": "cus_1", "object": "customer"}
        return httpx.Response(self._status, json=good if self._status == 200 else DECLINED)

    async def _settle(self) -> None:
        self.entries.append("settled")


CHANGES: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "create": lambda customers: customers.create_async({}),
    "delete": lambda customers: customers.delete_async("cus_1"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_sdk_gets_its_answer_before_webhooks_are_delivered(
    change: Callable[[Any], Awaitable[Any]],
) -> None:
    assert CallLog().tell(change) == ["answered, preferring respond-async", "settled"]


def test_webhooks_of_a_declined_payment_are_delivered() -> None:
    log = CallLog(402)
    with pytest.raises(stripe.CardError):
        log.tell(CHANGES["create"])
    assert log.entries == ["answered, preferring respond-async", "settled"]


def test_a_read_delivers_no_webhooks() -> None:
    entries = CallLog().tell(lambda customers: customers.retrieve_async("cus_1"))
    assert entries == ["answered, preferring respond-async"]


def test_real_stripe_gets_no_prefer_header() -> None:
    assert CallLog().tell(CHANGES["create"], simulated=False) == ["answered, preferring None"]


def test_texts_from_stripe_can_be_stored() -> None:
    async def name() -> str:
        body = rb'{"id": "cus_1", "object": "customer", "name": "Ada \ud83d\u0000"}'
        transport = httpx.MockTransport(lambda _request: httpx.Response(200, content=body))
        async with httpx.AsyncClient(transport=transport) as http:
            client = connect_over("sk_test_1", http, api_url="http://a.test")
            return str((await client.v1.customers.retrieve_async("cus_1")).name)

    assert asyncio.run(name()) == "Ada \ufffd\ufffd"
