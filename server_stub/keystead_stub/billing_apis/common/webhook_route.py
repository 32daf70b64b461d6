"""The route of Stripe's webhook, which each billing API has at a path of its own."""

from __future__ import annotations

from typing import Annotated

from litestar.params import HeaderParameter, RawBody

from keystead.wire.nyra import WebhookAnswer
from keystead_stub.billing import webhook_receiver
from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.http import body_limits
from keystead_stub.http.api_routes import ApiRoutes
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.requests import AnyRequest


def webhook_route(api: str, path: str, *, unsigned_by_placeholder: bool = False) -> ApiRoutes:
    """Return the webhook of one billing API. Its only authentication is Stripe's signature.

    ``unsigned_by_placeholder`` accepts unsigned events while the webhook secret is a placeholder
    and Stripe is simulated.
    """
    routes = ApiRoutes(refuses=(400, 413, 503))

    @routes.post(path, request_max_body_size=body_limits.WEBHOOK)
    async def post_webhook(
        request: AnyRequest,
        services: Injected,
        body: RawBody,
        signature: Annotated[
            str | None, HeaderParameter(name="Stripe-Signature", required=False)
        ] = None,
    ) -> WebhookAnswer:
        """Receive an event of Stripe."""
        unsigned = unsigned_by_placeholder and services.settings.takes_unsigned_webhooks
        try:
            duplicate = await webhook_receiver.receive(
                services, body, signature, api=api, unsigned=unsigned
            )
        except ProblemError as refused:
            services.metrics.webhooks[api, refused.code] += 1
            raise
        services.metrics.webhooks[api, "duplicate" if duplicate else "received"] += 1
        # The event may have put jobs on the queue, which should not wait for the next poll.
        request.app.state["wake"]()
        return WebhookAnswer(received=True, duplicate=duplicate)

    return routes
