"""Usage: meters, what they are told, and what of it a subscription is billed.

A period is billed when it is over, by what the meter was told of it until then; what comes later
for it is never billed (https://docs.stripe.com/billing/subscriptions/usage-based). Usage within a
trial is free.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.checkout_sessions.operations import living_customer, refuse
from keystead_stub.stripe_sim.resources.invoices.shape import Line
from keystead_stub.stripe_sim.resources.meters import shape as shapes
from keystead_stub.stripe_sim.resources.products import shape as sale
from keystead_stub.stripe_sim.resources.products.requests import Formula, NewMeter, NewUsage

METER = "billing.meter"
EVENT = "billing.meter_event"
_EARLIEST_S = 35 * 86_400
_LATEST_S = 300
_WHOLE = re.compile(r"-?\d{1,15}", re.ASCII)


def create(work: UnitOfWork, request: NewMeter) -> Json:
    """Make a meter; raises StripeError where an active one counts events of the same name."""
    if _listening(work, request.event_name) is not None:
        raise refuse("An active meter has this event name.", code="resource_already_exists")
    meter = shapes.meter(request, meter_id=work.ids.new("mtr_test_"), created=work.now_s)
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
    """Let a meter take events, or none any more; raises StripeError where it does so already."""
    meter = work.get(METER, meter_id)
    status = "active" if active else "inactive"
    if meter["status"] == status:
        raise refuse(f"This meter is {status} already.")
    if active and _listening(work, meter["event_name"]) is not None:
        raise refuse("An active meter has this event name.", code="resource_already_exists")
    work.change(
        meter,
        f"billing.meter.{'reactivated' if active else 'deactivated'}",
        status=status,
        status_transitions={"deactivated_at": None if active else work.now_s},
        updated=work.now_s,
    )
    return meter


def _listening(work: UnitOfWork, event_name: str) -> Json | None:
    for meter in work.all(METER):
        if (meter["event_name"], meter["status"]) == (event_name, "active"):
            return meter
    return None


def create_event(work: UnitOfWork, request: NewUsage) -> Json:
    """Record usage for the active meter of this event name; raises StripeError."""
    meter = _listening(work, request.event_name)
    if meter is None:
        raise refuse("No active meter has this event name.", code="resource_missing", status=404)
    when = work.now_s if request.timestamp is None else request.timestamp
    if not work.now_s - _EARLIEST_S <= when <= work.now_s + _LATEST_S:
        raise refuse("Usage is told within 35 days, and not before it is.")
    customer_id = request.payload.get(meter["customer_mapping"]["event_payload_key"], "")
    living_customer(work, customer_id)
    value = request.payload.get(meter["value_settings"]["event_payload_key"])
    if meter["default_aggregation"]["formula"] != "count" and not _WHOLE.fullmatch(value or ""):
        raise refuse("The payload's value is a whole number.")
    identifier = request.identifier or work.ids.text(24)
    row_id = f"{meter['id']}:{sha256(identifier.encode()).hexdigest()[:40]}"
    if work.is_taken(row_id):
        raise refuse("An event has this identifier.", code="resource_already_exists")
    event = shapes.meter_event(
        event_name=request.event_name,
        identifier=identifier,
        payload=request.payload,
        timestamp=when,
        created=work.now_s,
    )
    work.add({"id": row_id, **event}, customer_id=customer_id)
    return event


# What it adds up to


def combined(formula: Formula, values: Sequence[int]) -> int:
    """Return the one number that the values are, in the order of their instants; never below 0."""
    if formula == "count":
        return len(values)
    return max(0, sum(values) if formula == "sum" else next(reversed(values), 0))


def used(meter: Json, events: Iterable[Json], start_s: int, end_s: int) -> int:
    """Return what of one customer's events the meter counts from an instant until before another.

    Pure.
    """
    key, name = meter["value_settings"]["event_payload_key"], meter["event_name"]
    counted = [
        one for one in events if one["event_name"] == name and start_s <= one["timestamp"] < end_s
    ]
    formula: Formula = meter["default_aggregation"]["formula"]
    if formula == "count":
        return len(counted)
    ordered = sorted(counted, key=lambda one: one["timestamp"])
    return combined(formula, [int(one["payload"][key]) for one in ordered])


# What is billed of it


def lines(
    work: UnitOfWork, subscription: Json, items: Sequence[Json], end_s: int, *, last: bool = False
) -> list[Line]:
    """Return a line for each metered item: what was used of its period until an instant.

    Where it is the last line of an item, what was used in that very second is in it.
    """
    metered = [one for one in items if sale.is_metered(one["price"])]
    if not metered:
        return []
    told = work.of_customer(EVENT, subscription["customer"])
    found = []
    for item in metered:
        period = (_counted_from(work, subscription, item), end_s)
        meter = work.get(METER, item["price"]["recurring"]["meter"])
        quantity = used(meter, told, period[0], end_s + last)
        found.append(_line(item, meter, quantity, period))
    return found


def _counted_from(work: UnitOfWork, subscription: Json, item: Json) -> int:
    since: dict[str, int] = work.private(subscription["id"]).get("usage_since", {})
    trial_end: int = subscription["trial_end"] or 0
    return max(int(item["current_period_start"]), since.get(item["id"], 0), trial_end)


def _line(item: Json, meter: Json, quantity: int, period: tuple[int, int]) -> Line:
    price = item["price"]
    return Line(
        amount=quantity * price["unit_amount"],
        description=f"{quantity} × {price['metadata'].get('plan', meter['display_name'])}",
        quantity=quantity,
        period=(min(period), period[1]),
        price_document=price,
        item_id=item["id"],
    )


def count_from(work: UnitOfWork, subscription: Json, item_ids: Iterable[str], at_s: int) -> None:
    """Bill usage of these items from an instant on: what was before is billed, or another's."""
    since: dict[str, int] = work.private(subscription["id"]).get("usage_since", {})
    work.remember(subscription["id"], usage_since=since | dict.fromkeys(item_ids, at_s))
