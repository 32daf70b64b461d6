"""Operations on meters and meter events: https://docs.stripe.com/api/billing/meter.

A period is billed when it is over, by the events received until then; later events for it are
never billed (https://docs.stripe.com/billing/subscriptions/usage-based). Usage within a
trial is free.
"""

from __future__ import annotations

import re
from hashlib import sha256

from keystead_stub.stripe_sim.engine.errors import invalid_request
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.customers.operations import retrieve
from keystead_stub.stripe_sim.resources.meters import shape
from keystead_stub.stripe_sim.resources.meters.requests import NewMeter, NewMeterEvent

METER = "billing.meter"
EVENT = "billing.meter_event"
_EARLIEST_S = 35 * 86_400
_LATEST_S = 300
_WHOLE = re.compile(r"-?\d{1,15}", re.ASCII)


def create(work: UnitOfWork, request: NewMeter) -> Json:
    """Create a meter; raises StripeError if an active one has the same event name."""
    # Events name their meter by event name only, so an active name must be unique.
    if _active_meter(work, request.event_name) is not None:
        raise invalid_request(
            "An active meter with this event_name already exists.", code="resource_already_exists"
        )
    meter = shape.meter(request, meter_id=work.ids.new("mtr_test_"), created=work.now_s)
    work.add(meter)
    work.emit("billing.meter.created", meter)
    return meter


def update(work: UnitOfWork, meter_id: str, display_name: str) -> Json:
    """Rename a meter; nothing else of it can be changed."""
    meter = work.get(METER, meter_id)
    if meter["display_name"] != display_name:
        fields = {"display_name": display_name, "updated": work.now_s}
        work.change(meter, "billing.meter.updated", **fields)
    return meter


def switch(work: UnitOfWork, meter_id: str, *, active: bool) -> Json:
    """Deactivate or reactivate a meter; raises StripeError if it already is."""
    meter = work.get(METER, meter_id)
    status = "active" if active else "inactive"
    if meter["status"] == status:
        raise invalid_request(f"This meter is already {status}.")
    if active and _active_meter(work, meter["event_name"]) is not None:
        raise invalid_request(
            "An active meter with this event_name already exists.", code="resource_already_exists"
        )
    work.change(
        meter,
        f"billing.meter.{'reactivated' if active else 'deactivated'}",
        status=status,
        status_transitions={"deactivated_at": None if active else work.now_s},
        updated=work.now_s,
    )
    return meter


def _active_meter(work: UnitOfWork, event_name: str) -> Json | None:
    for meter in work.all(METER):
        if (meter["event_name"], meter["status"]) == (event_name, "active"):
            return meter
    return None


def create_event(work: UnitOfWork, request: NewMeterEvent) -> Json:
    """Record usage for the active meter of this event name; raises StripeError."""
    meter = _active_meter(work, request.event_name)
    if meter is None:
        raise invalid_request(
            f"No active meter found for event name: {request.event_name[:100]}",
            code="resource_missing",
            status=404,
        )
    when = work.now_s if request.timestamp is None else request.timestamp
    if not work.now_s - _EARLIEST_S <= when <= work.now_s + _LATEST_S:
        raise invalid_request(
            "Invalid timestamp: must be within the past 35 calendar days or up to 5 minutes in"
            " the future."
        )
    customer_id = request.payload.get(meter["customer_mapping"]["event_payload_key"], "")
    retrieve(work, customer_id)
    value = request.payload.get(meter["value_settings"]["event_payload_key"])
    if meter["default_aggregation"]["formula"] != "count" and not _WHOLE.fullmatch(value or ""):
        raise invalid_request("Invalid payload: the value must be an integer.")
    identifier = request.identifier or work.ids.text(24)
    # Stripe's meter events have no id. This one is derived from the identifier, which makes a
    # repeated event collide.
    row_id = f"{meter['id']}:{sha256(identifier.encode()).hexdigest()[:40]}"
    if work.is_taken(row_id):
        raise invalid_request(
            "An event already exists with this identifier.", code="resource_already_exists"
        )
    event = shape.meter_event(
        event_name=request.event_name,
        identifier=identifier,
        payload=request.payload,
        timestamp=when,
        created=work.now_s,
    )
    # The id is only the row's: the API's object does not contain it.
    work.add({"id": row_id, **event}, customer_id=customer_id)
    return event


# What it adds up to


# What is billed of it
