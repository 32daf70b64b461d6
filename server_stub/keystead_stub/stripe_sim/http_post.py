"""Webhooks over real HTTP: the engine's `Post` by httpx."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from keystead_stub.stripe_sim.engine.webhook_delivery import NoResponse, Post


def http_post(client: httpx.AsyncClient) -> Post:
    """Return a `Post` over this client, which stays its owner's to close."""

    async def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        try:
            answer = await client.post(url, content=body, headers=dict(headers))
        # An endpoint's URL is the developer's input: a malformed one is a failed delivery, not an
        # error of the stub.
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            raise NoResponse(type(failure).__name__) from failure
        return answer.status_code

    return post
