"""A webhook endpoint that checks signatures, records events and can fail on request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import msgspec

from keystead.instants import to_seconds
from keystead_stub.stripe_types.webhook_signature import BadSignature, verify

SECRET = "whsec_of_the_receiver"
URL = "http://127.0.0.1:8787/api/billing/webhook"


class Receiver(httpx.AsyncBaseTransport):
    """An endpoint that answers 200 to signed events, 400 to others, and `answer` if that is set."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self.answer: int | type[Exception] = 200
        self.got: list[dict[str, Any]] = []
        self.at_ms: list[int] = []
        self.refused = 0
        self._arrived = asyncio.Event()

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.got]

    async def wait_for(self, count: int) -> None:
        """Return when so many events were accepted."""
        while len(self.got) < count:
            self._arrived.clear()
            await self._arrived.wait()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        if isinstance(self.answer, type):
            raise self.answer("a bad day", request=request)  # type: ignore[call-arg]
        header = request.headers.get("stripe-signature")
        try:
            verify(body, header, [SECRET], now_s=to_seconds(self._now_ms()))
        except BadSignature:
            self.refused += 1
            return httpx.Response(400)
        # Yield to the event loop, as a network call would.
        await asyncio.sleep(0)
        if self.answer == 200:
            self.got.append(msgspec.json.decode(body))
            self.at_ms.append(self._now_ms())
            self._arrived.set()
        return httpx.Response(self.answer)
