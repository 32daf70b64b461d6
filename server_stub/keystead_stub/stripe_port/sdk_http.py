"""An HTTP client for the official SDK over our own httpx client, shared by many keys."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NoReturn

import httpx
import stripe

from keystead_stub.stripe_types.api import RESPOND_ASYNC
from keystead_stub.stripe_types.storable_json import storable_document


class OverHttpx(stripe.HTTPClient):
    """The `http_client` of a `stripe.StripeClient`, for asynchronous calls only.

    Its owner closes the httpx client. `settle` is passed if Stripe is simulated: the simulation is
    asked to respond before it delivers webhooks, as Stripe does, and `settle` is awaited after each
    change.
    """

    name = "httpx"

    def __init__(
        self, client: httpx.AsyncClient, settle: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        super().__init__()
        self._client = client
        self._settle = settle

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        if self._settle is not None:
            headers = {**headers, "Prefer": RESPOND_ASYNC}
        try:
            answer = await self._client.request(method, url, headers=headers, content=post_data)
        except httpx.HTTPError as error:
            _unreachable(error)
        # Awaited here, where no timeout is running and no connection of the client is in use.
        if self._settle is not None and method.upper() != "GET":
            await self._settle()
        return storable_document(answer.content), answer.status_code, answer.headers

    async def sleep_async(self, secs: float) -> None:
        await asyncio.sleep(secs)

    async def close_async(self) -> None:
        """Do nothing: the owner closes the httpx client."""


class BlockingHttpx(stripe.HTTPClient):
    """The `http_client` of a `stripe.StripeClient`, for blocking calls only.

    Its owner closes the httpx client.
    """

    name = "httpx"

    def __init__(self, client: httpx.Client) -> None:
        super().__init__()
        self._client = client

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        try:
            answer = self._client.request(method, url, headers=headers, content=post_data)
        except httpx.HTTPError as error:
            _unreachable(error)
        return answer.text, answer.status_code, answer.headers

    def close(self) -> None:
        """Do nothing: the owner closes the httpx client."""


def _unreachable(error: httpx.HTTPError) -> NoReturn:
    # The SDK gives its constructors no types.
    unreachable: Any = stripe.APIConnectionError
    raise unreachable(type(error).__name__, should_retry=True) from error
