"""Meters in the REST API: https://docs.stripe.com/api/billing/meter."""

from __future__ import annotations

from functools import partial
from typing import Any

from keystead_stub.stripe_sim.engine.errors import invalid_parameter
from keystead_stub.stripe_sim.resources.meters import operations as meters
from keystead_stub.stripe_sim.resources.meters import queries as meter_queries
from keystead_stub.stripe_sim.resources.meters.requests import NewMeter, NewMeterEvent
from keystead_stub.stripe_sim.rest.list_pages import page_of, read_paging
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects, action
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document

_WINDOWS_S = {None: None, "day": 86_400, "hour": 3_600}


def list_event_summaries(stripe: SimulatedStripe, meter_id: str, params: Parameters) -> Document:
    """List a customer's usage, as one summary or by windows."""
    customer_id, paging = params.required("customer"), read_paging(params)
    start, end = params.whole("start_time"), params.whole("end_time")
    window = params.choice("value_grouping_window", "day", "hour")
    params.done()
    if start is None or end is None:
        raise invalid_parameter("start_time" if start is None else "end_time")
    found = stripe.read(
        meter_queries.event_summaries, meter_id, customer_id, (start, end), _WINDOWS_S[window]
    )
    return page_of(found, paging, f"billing/meters/{meter_id}/event_summaries")


def create(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    aggregation = params.nested("default_aggregation")
    mapping, settings = params.nested("customer_mapping"), params.nested("value_settings")
    formula: Any = aggregation.choice("formula", "count", "last", "sum")
    mapping.choice("type", "by_id")
    if formula is None:
        raise invalid_parameter("default_aggregation[formula]")
    request = NewMeter(
        display_name=params.required("display_name"),
        event_name=params.required("event_name"),
        formula=formula,
        customer_key=mapping.text("event_payload_key") or "stripe_customer_id",
        value_key=settings.text("event_payload_key") or "value",
        idempotency_key=key,
    )
    for one in (aggregation, mapping, settings, params):
        one.done()
    return stripe.submit(meters.create, request)


def update(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    name = params.required("display_name")
    params.done()
    return stripe.run(meters.update, object_id, name)


def create_event(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    payload = params.tree("payload")
    if not all(isinstance(value, str) for value in payload.values()):
        raise invalid_parameter("payload")
    request = NewMeterEvent(
        event_name=params.required("event_name"),
        payload=payload,
        identifier=params.text("identifier"),
        timestamp=params.whole("timestamp"),
    )
    params.done()
    return stripe.run(meters.create_event, request)


RESOURCES = (
    Resource(
        path="billing/meters",
        objects=StoredObjects("billing.meter", {"status": "status"}),
        nested={"event_summaries": list_event_summaries},
        create=create,
        update=update,
        actions={
            "deactivate": action(partial(meters.switch, active=False)),
            "reactivate": action(partial(meters.switch, active=True)),
        },
    ),
    Resource(path="billing/meter_events", create=create_event),
)
