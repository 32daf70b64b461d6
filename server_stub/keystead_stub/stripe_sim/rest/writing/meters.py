"""Meters, and the usage that they are told."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.resources.meters import operations as meters
from keystead_stub.stripe_sim.resources.meters.requests import NewMeter, NewMeterEvent
from keystead_stub.stripe_sim.rest.parameters import Parameters, invalid
from keystead_stub.stripe_sim.rest.writing.area import Area, Changer
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


async def create_meter(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    aggregation = given.nested("default_aggregation")
    mapping, settings = given.nested("customer_mapping"), given.nested("value_settings")
    formula: Any = aggregation.choice("formula", "count", "last", "sum")
    mapping.choice("type", "by_id")
    if formula is None:
        raise invalid("default_aggregation[formula]")
    request = NewMeter(
        display_name=given.required("display_name"),
        event_name=given.required("event_name"),
        formula=formula,
        customer_key=mapping.text("event_payload_key") or "stripe_customer_id",
        value_key=settings.text("event_payload_key") or "value",
        idempotency_key=key,
    )
    for one in (aggregation, mapping, settings, given):
        one.done()
    return stripe.submit(meters.create, request)


def update_meter(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    name = given.required("display_name")
    given.done()
    return stripe.run(meters.update, object_id, name)


def _switch(*, active: bool) -> Changer:
    def switch(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
        given.done()
        return stripe.run(meters.switch, object_id, active=active)

    return switch


async def create_event(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    payload = given.tree("payload")
    if not all(isinstance(value, str) for value in payload.values()):
        raise invalid("payload")
    request = NewMeterEvent(
        event_name=given.required("event_name"),
        payload=payload,
        identifier=given.text("identifier"),
        timestamp=given.whole("timestamp"),
    )
    given.done()
    return stripe.run(meters.create_event, request)


AREA = Area(
    create={"billing/meters": create_meter, "billing/meter_events": create_event},
    update={"billing/meters": update_meter},
    act={
        ("billing/meters", "deactivate"): _switch(active=False),
        ("billing/meters", "reactivate"): _switch(active=True),
    },
)
