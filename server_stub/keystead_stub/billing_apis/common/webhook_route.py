"""Stripe's webhook, which every billing API has at a path of its own."""

from __future__ import annotations

from typing import Annotated

from litestar import post
from litestar.params import HeaderParameter, RawBody
from litestar.types import ControllerRouterHandler

from keystead.wire.nyra import WebhookAnswer
from keystead_stub.billing import webhook_receiver
from keystead_stub.dependencies import Injected
from keystead_stub.http.problem_responses import documented
from keystead_stub.http.requests import AnyRequest


def webhook_route(
    api: str, path: str, *, unsigned_by_placeholder: bool = False
) -> ControllerRouterHandler:
    """The route of one billing API: Stripe's signature is its only authentication.

    ``unsigned_by_placeholder``: a webhook secret that is itself a placeholder, and only that, lets
    unsigned events in.
    """

    @post(
        path,
        status_code=200,
        request_max_body_size=webhook_receiver.MAX_BODY,
        responses=documented(400, 413, 503),
        summary="Stripe's webhook",
    )
    async def post_webhook(
        request: AnyRequest,
        services: Injected,
        body: RawBody,
        signature: Annotated[
            str | None, HeaderParameter(name="Stripe-Signature", required=False)
        ] = None,
    ) -> WebhookAnswer:
        unsigned = unsigned_by_placeholder and services.settings.webhook_placeholder
        duplicate = webhook_receiver.receive(services, body, signature, api=api, unsigned=unsigned)
        # Whoever signs events by themselves waits for what follows of them, too.
        request.app.state["wake"]()
        return WebhookAnswer(received=True, duplicate=duplicate)

    return post_webhook
