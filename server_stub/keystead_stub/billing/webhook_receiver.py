"""Receive Stripe's webhooks: check the signature, and take the event in (specification §7.13)."""

from __future__ import annotations

import json
import logging

from keystead.errors import InvalidInput
from keystead.instants import to_seconds
from keystead_stub.billing import entitlement_summaries
from keystead_stub.billing.event_intake import claim, take_in
from keystead_stub.billing.event_subject import NATIVE
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import audit, customers
from keystead_stub.store.webhooks import webhook_versions
from keystead_stub.stripe_types.api import STRIPE_API_VERSION as PINNED
from keystead_stub.stripe_types.events import StripeEvent, parse_event
from keystead_stub.stripe_types.storable_json import storable
from keystead_stub.stripe_types.webhook_signature import BadSignature, verify

_log = logging.getLogger(__name__)


async def receive(
    services: Services,
    body: bytes,
    signature: str | None,
    *,
    api: str = NATIVE,
    unsigned: bool = False,
) -> bool:
    """Take in one delivery, and return whether it is a duplicate, which changes nothing.

    `api` is the billing API whose webhook it came to; an `unsigned` delivery is not verified.

    Raises ProblemError: ``bad_signature``, ``invalid_request`` for a body that is not an event,
    ``unavailable`` for an event whose customer is not known yet, so that Stripe sends it again.
    """
    now_ms = services.stripe_now_ms()
    if not unsigned:
        _check_signature(services, body, signature, now_ms)
    event = await entitlement_summaries.complete(services, _parse(body))
    if webhook_versions.is_other(event.api_version):
        _log.warning(
            "webhook of another API version",
            extra={"apiVersion": event.api_version, "pinned": PINNED, "eventType": event.type},
        )
    store = services.store
    # One transaction with the mark as processed: an event is handled as a whole or sent again.
    with store.write() as connection:
        if not customers.insert_processed_event(store, connection, event, now_ms):
            return True
        webhook_versions.note(store, connection, event.api_version, now_ms)
        for handle in services.on_event:
            handle(services, connection, event, now_ms)
        # An event that must wait raises here, which rolls its mark as processed back.
        customer_id = take_in(services, connection, event, now_ms, api=api)
        if customer_id is not None:
            for one in (event, *claim(services, connection, customer_id, event, now_ms)):
                audit.insert(store, connection, customer_id, one, now_ms)
                for handler in services.on_customer_event:
                    handler(services, connection, customer_id, one, now_ms)
    return False


def _check_signature(services: Services, body: bytes, signature: str | None, now_ms: int) -> None:
    try:
        verify(
            body,
            signature,
            services.settings.webhook_secrets,
            now_s=to_seconds(now_ms),
        )
    except BadSignature as error:
        raise ProblemError(error.sentence, code="bad_signature") from None


def _parse(body: bytes) -> StripeEvent:
    try:
        return parse_event(storable(json.loads(body)))
    # JSON that is nested deeply enough exceeds Python's stack while it is parsed.
    except (ValueError, RecursionError, InvalidInput):
        raise ProblemError("The body is not a Stripe event.", code="invalid_request") from None
