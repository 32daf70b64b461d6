"""Controls of the whole: the clock, events, faults, the outbox, and back to the start."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from keystead.instants import from_iso, iso
from keystead_stub.controls.guards import MAX_BODY, AnyRequest, read, rehearsal_of
from keystead_stub.controls.sandbox import stripe_answers
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.faults import Faults
from keystead_stub.http.local_callers import local_only, simulated_only
from keystead_stub.store import restores
from keystead_stub.stripe_sim.engine.webhook_values import Delivery, Event

_OPTIONS: dict[str, Any] = {
    "guards": [local_only, simulated_only],
    "include_in_schema": False,
    "status_code": 200,
    "request_max_body_size": MAX_BODY,
}
Json = dict[str, Any]


class Advance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`seconds` from now, or `to` an instant: epoch ms, or RFC 3339."""

    seconds: float | None = None
    to: int | str | None = None


class Trigger(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    type: Annotated[str, Meta(min_length=1, max_length=100)]
    customer_id: str | None = None


def _time(request: AnyRequest) -> Json:
    now_ms = rehearsal_of(request).services.stripe_now_ms()
    return {"now": now_ms, "nowIso": iso(now_ms)}


@get("/_stub/clock", **_OPTIONS)
async def get_clock(request: AnyRequest) -> Json:
    return _time(request)


@post("/_stub/clock/advance", **_OPTIONS)
async def post_advance(request: AnyRequest) -> Json:
    wanted = await read(request, Advance)
    with stripe_answers():
        await rehearsal_of(request).advance(seconds=wanted.seconds, to_ms=_instant(wanted.to))
    return _time(request)


def _instant(to: int | str | None) -> int | None:
    if not isinstance(to, str):
        return to
    try:
        return from_iso(to)
    except ValueError:
        raise ProblemError("This is no instant.", code="invalid_request") from None


@get("/_stub/events", **_OPTIONS)
async def get_events(
    request: AnyRequest,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
) -> Json:
    """Every account's events."""
    found = rehearsal_of(request).controls.events(limit=limit, all_accounts=True)
    return {"events": [shown_event(one) for one in found]}


@post("/_stub/events/{event_id:str}/redeliver", **_OPTIONS)
async def post_redeliver(request: AnyRequest, event_id: FromPath[str]) -> Json:
    rehearsal = rehearsal_of(request).about("event", event_id)
    with stripe_answers():
        rehearsal.controls.redeliver(event_id)
        await rehearsal.deliver()
        return shown_event(rehearsal.controls.event(event_id))


@post("/_stub/trigger", **_OPTIONS)
async def post_trigger(request: AnyRequest) -> Json:
    wanted = await read(request, Trigger)
    rehearsal = rehearsal_of(request)
    if wanted.customer_id is not None:
        rehearsal = rehearsal.about("customer", wanted.customer_id)
    with stripe_answers():
        event = rehearsal.controls.trigger(wanted.type, customer_id=wanted.customer_id)
        await rehearsal.deliver()
        return shown_event(rehearsal.controls.event(event.id))


@get("/_stub/faults", **_OPTIONS)
async def get_faults(request: AnyRequest) -> Json:
    return _faults(request)


@put("/_stub/faults", **_OPTIONS)
async def put_faults(request: AnyRequest) -> Json:
    members = await read(request, dict[str, Any])
    given = {name: value for name, value in members.items() if value is not None}
    try:
        faults = msgspec.convert(given, Faults)
    except msgspec.ValidationError:
        raise ProblemError("These are no faults.", code="invalid_request") from None
    rehearsal_of(request).set_faults(faults)
    return _faults(request)


@delete("/_stub/faults", **_OPTIONS)
async def delete_faults(request: AnyRequest) -> Json:
    rehearsal = rehearsal_of(request)
    rehearsal.set_faults(Faults())
    await rehearsal.deliver()
    return _faults(request)


def _faults(request: AnyRequest) -> Json:
    return {"faults": msgspec.to_builtins(rehearsal_of(request).faults)}


@get("/_stub/outbox", **_OPTIONS)
async def get_outbox(request: AnyRequest) -> Json:
    with rehearsal_of(request).services.store.read() as connection:
        mails = restores.sent(connection)
    return {
        "mails": [
            {
                "to": mail.recipient,
                "subject": mail.subject,
                "body": mail.body,
                "link": mail.link,
                "createdAt": mail.created_at,
            }
            for mail in mails
        ]
    }


@post("/_stub/reset", **_OPTIONS)
async def post_reset(request: AnyRequest) -> Json:
    await rehearsal_of(request).reset()
    return _time(request)


def shown_event(event: Event) -> Json:
    """An event with its deliveries, as JSON; `status` says whether it has arrived everywhere."""
    return {
        "id": event.id,
        "type": event.type,
        "status": event.delivery_status,
        "createdAt": event.created_ms,
        "objectId": event.object_id,
        "customerId": event.customer_id,
        "account": event.account,
        "pendingWebhooks": event.pending_webhooks,
        "deliveries": [_delivery(one) for one in event.deliveries],
    }


def _delivery(delivery: Delivery) -> Json:
    return {
        "endpointId": delivery.endpoint_id,
        "url": delivery.url,
        "attempt": delivery.attempt,
        "at": delivery.at_ms,
        "status": delivery.status,
        "durationMs": delivery.duration_ms,
        "error": delivery.error,
        "nextAttemptAt": delivery.next_attempt_ms,
    }


ROUTES = (
    get_clock,
    post_advance,
    get_events,
    post_redeliver,
    post_trigger,
    get_faults,
    put_faults,
    delete_faults,
    get_outbox,
    post_reset,
)
