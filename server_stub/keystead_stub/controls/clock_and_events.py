"""Controls of the stub as a whole: clock, events, faults, outbox, reset."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from keystead.instants import from_iso, iso
from keystead_stub.controls.billing_sandbox import BillingSandbox
from keystead_stub.controls.guards import CurrentSandbox, control_routes
from keystead_stub.http.api_routes import Body
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.faults import Faults
from keystead_stub.ops import outbox
from keystead_stub.stripe_sim import triggers
from keystead_stub.stripe_sim.engine.webhook_values import Delivery, Event
from keystead_stub.stripe_sim.resources.events import operations as event_operations
from keystead_stub.stripe_sim.resources.events import queries as events
from keystead_stub.stripe_sim.sandbox import stripe_errors_as_problems

Json = dict[str, Any]


class Advance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Advance by `seconds`, or `to` an instant: epoch ms, or RFC 3339."""

    seconds: float | None = None
    to: int | str | None = None


class Trigger(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    type: Annotated[str, Meta(min_length=1, max_length=100)]
    customer_id: str | None = None


def _time(sandbox: BillingSandbox) -> Json:
    now_ms = sandbox.services.stripe_now_ms()
    return {"now": now_ms, "nowIso": iso(now_ms), "advancing": sandbox.advancing}


routes = control_routes()


@routes.get("/_stub/clock")
async def get_clock(sandbox: CurrentSandbox) -> Json:
    return _time(sandbox)


@routes.post("/_stub/clock/advance")
async def post_advance(sandbox: CurrentSandbox, data: Body[Advance]) -> Json:
    with stripe_errors_as_problems():
        await sandbox.advance(seconds=data.seconds, to_ms=_instant(data.to))
    return _time(sandbox)


def _instant(to: int | str | None) -> int | None:
    if not isinstance(to, str):
        return to
    try:
        return from_iso(to)
    except ValueError:
        raise ProblemError("Invalid timestamp.", code="invalid_request") from None


@routes.get("/_stub/events")
async def get_events(
    sandbox: CurrentSandbox,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
) -> Json:
    """List the events of all accounts, the newest first."""
    found = sandbox.stripe.read(events.newest, limit=limit, all_accounts=True)
    return {"events": [event_json(one) for one in found]}


@routes.post("/_stub/events/{event_id:str}/redeliver")
async def post_redeliver(sandbox: CurrentSandbox, event_id: FromPath[str]) -> Json:
    sandbox = sandbox.about("event", event_id)
    with stripe_errors_as_problems():
        # Delivered before it is read again, so that the answer contains the new attempt.
        sandbox.stripe.run(event_operations.resend, event_id)
        await sandbox.deliver()
        return event_json(sandbox.stripe.read(events.get, event_id))


@routes.post("/_stub/trigger")
async def post_trigger(sandbox: CurrentSandbox, data: Body[Trigger]) -> Json:
    if data.customer_id is not None:
        sandbox = sandbox.about("customer", data.customer_id)
    with stripe_errors_as_problems():
        event_id = sandbox.stripe.run(triggers.trigger, data.type, customer_id=data.customer_id)
        await sandbox.deliver()
        return event_json(sandbox.stripe.read(events.get, event_id))


@routes.get("/_stub/faults")
async def get_faults(sandbox: CurrentSandbox) -> Json:
    return _faults(sandbox)


@routes.put("/_stub/faults")
async def put_faults(sandbox: CurrentSandbox, data: Body[dict[str, Any]]) -> Json:
    # A null stands for the default, so that a client can send back what it has got.
    given = {name: value for name, value in data.items() if value is not None}
    try:
        faults = msgspec.convert(given, Faults)
    except msgspec.ValidationError:
        raise ProblemError("Invalid fault settings.", code="invalid_request") from None
    sandbox.set_faults(faults)
    return _faults(sandbox)


@routes.delete("/_stub/faults")
async def delete_faults(sandbox: CurrentSandbox) -> Json:
    sandbox.set_faults(Faults())
    await sandbox.deliver()
    return _faults(sandbox)


def _faults(sandbox: BillingSandbox) -> Json:
    return {"faults": msgspec.to_builtins(sandbox.faults)}


@routes.get("/_stub/outbox")
async def get_outbox(sandbox: CurrentSandbox) -> Json:
    services = sandbox.services
    with services.store.read() as connection:
        mails = outbox.list_mails(connection, services.settings.signing_secrets)
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


@routes.post("/_stub/reset")
async def post_reset(sandbox: CurrentSandbox) -> Json:
    await sandbox.reset()
    return _time(sandbox)


def event_json(event: Event) -> Json:
    """Return an event with its deliveries as JSON. `status` sums up all deliveries."""
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
