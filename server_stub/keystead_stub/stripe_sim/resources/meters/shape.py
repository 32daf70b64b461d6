"""Meters, their events, and summaries of their events."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.resources.meters.requests import NewMeter


def meter(request: NewMeter, *, meter_id: str, created: int) -> Json:
    return {
        "id": meter_id,
        "object": "billing.meter",
        "created": created,
        "customer_mapping": {"event_payload_key": request.customer_key, "type": "by_id"},
        "default_aggregation": {"formula": request.formula},
        "display_name": request.display_name,
        "event_name": request.event_name,
        "event_time_window": None,
        "livemode": False,
        "status": "active",
        "status_transitions": {"deactivated_at": None},
        "updated": created,
        "value_settings": {"event_payload_key": request.value_key},
    }


def meter_event(
    *, event_name: str, identifier: str, payload: dict[str, str], timestamp: int, created: int
) -> Json:
    return {
        "object": "billing.meter_event",
        "created": created,
        "event_name": event_name,
        "identifier": identifier,
        "livemode": False,
        "payload": payload,
        "timestamp": timestamp,
    }


def summary(*, meter_id: str, summary_id: str, start: int, end: int, value: int) -> Json:
    return {
        "id": summary_id,
        "object": "billing.meter_event_summary",
        "aggregated_value": value,
        "end_time": end,
        "livemode": False,
        "meter": meter_id,
        "start_time": start,
    }
