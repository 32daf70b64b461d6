"""Stripe's webhook: raw body and signature in, one transaction, an answer out (contract §3)."""

from __future__ import annotations

import json

import sqlalchemy as sa

from keystead.errors import InvalidInput
from keystead.instants import to_seconds
from keystead_stub.billing.event_intake import NATIVE, owner, take_in
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import audit, customers, mirror
from keystead_stub.stripe_types.events import StripeEvent, parse_event, text
from keystead_stub.stripe_types.webhook_signature import BadSignature, verify

MAX_BODY = 1024 * 1024

#: Events that name no customer, but an object of one that may not have been heard of yet. Others
#: about nobody that we know are noted as processed, and nothing else.
_NEEDS_OWNER = ("charge.dispute.", "invoice_payment.")


def receive(
    services: Services,
    body: bytes,
    signature: str | None,
    *,
    api: str = NATIVE,
    unsigned: bool = False,
) -> bool:
    """Take in one delivery, and return whether it is a duplicate, which changes nothing.

    `api` is the billing API whose webhook it came to; `unsigned` ones need no signature.

    Raises ProblemError: ``bad_signature``, ``invalid_request`` for what is no event although it is
    signed, ``unavailable`` for an event that cannot be placed yet, so that it is sent again.
    """
    now_ms = services.stripe_now_ms()
    if not unsigned:
        _check_signature(services, body, signature, now_ms)
    event = _parse(body)
    store = services.store
    with store.write() as connection:
        if not customers.mark_processed(store, connection, event, now_ms):
            return True
        for hear in services.on_event:
            hear(services, connection, event, now_ms)
        customer_id = owner(connection, event, api)
        if customer_id is not None:
            take_in(services, connection, customer_id, event, now_ms, api=api)
            audit.note(store, connection, customer_id, event, now_ms)
            for follow_up in services.follow_ups:
                follow_up(services, connection, customer_id, event, now_ms)
        elif event.type.startswith(_NEEDS_OWNER) and not _of_nobody(connection, event):
            # Raised inside the transaction, which takes the mark back with it.
            raise ProblemError("The event's customer is not known yet.", code="unavailable")
    return False


def _of_nobody(connection: sa.Connection, event: StripeEvent) -> bool:
    """Whether it is about a merchant's charge that no customer has paid."""
    charge_id = text(event.object.get("charge"))
    if event.account is None or charge_id is None:
        return False
    charge = mirror.find(connection, event.account, "charge", charge_id)
    return charge is not None and text(charge.document.get("customer")) is None


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
        return parse_event(json.loads(body))
    except (ValueError, RecursionError, InvalidInput):
        raise ProblemError("The body is not an event.", code="invalid_request") from None
