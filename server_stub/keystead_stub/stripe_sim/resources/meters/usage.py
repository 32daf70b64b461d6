"""What a meter counted, and what a subscription is billed for it.

A period is billed when it is over, by the events received until then; later events for it are
never billed (https://docs.stripe.com/billing/subscriptions/usage-based). Usage within a trial is
free.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.invoices.lines import Line
from keystead_stub.stripe_sim.resources.meters.operations import EVENT, METER
from keystead_stub.stripe_sim.resources.meters.requests import Formula
from keystead_stub.stripe_sim.resources.prices import shape as price_shape


def aggregate(formula: Formula, values: Sequence[int]) -> int:
    """Return the values, in the order of their instants, as one number; never below 0."""
    if formula == "count":
        return len(values)
    # Corrections are negative events, but usage below 0 would be billed as a credit.
    return max(0, sum(values) if formula == "sum" else next(reversed(values), 0))


def used(meter: Json, events: Iterable[Json], start_s: int, end_s: int) -> int:
    """Return one customer's usage from an instant until before another.

    Pure.
    """
    key, name = meter["value_settings"]["event_payload_key"], meter["event_name"]
    counted = [
        one for one in events if one["event_name"] == name and start_s <= one["timestamp"] < end_s
    ]
    formula: Formula = meter["default_aggregation"]["formula"]
    if formula == "count":
        return len(counted)
    # By their own timestamps, because events may arrive late and `last` needs the newest.
    ordered = sorted(counted, key=lambda one: one["timestamp"])
    return aggregate(formula, [int(one["payload"][key]) for one in ordered])


def lines(
    work: UnitOfWork, subscription: Json, items: Sequence[Json], end_s: int, *, last: bool = False
) -> list[Line]:
    """Return a line for each metered item: the usage of its period until an instant.

    The `last` line of an item includes usage within that very second.
    """
    metered = [one for one in items if price_shape.is_metered(one["price"])]
    if not metered:
        return []
    events = work.of_customer(EVENT, subscription["customer"])
    found = []
    for item in metered:
        period = (_counted_from(work, subscription, item), end_s)
        meter = work.get(METER, item["price"]["recurring"]["meter"])
        # A period ends exclusively; a final line has no later one that could bill its last second.
        quantity = used(meter, events, period[0], end_s + last)
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
        # Within a trial usage counts from the trial's end, which lies after this line's end. A
        # period must not run backwards.
        period=(min(period), period[1]),
        price_document=price,
        item_id=item["id"],
    )


def count_from(work: UnitOfWork, subscription: Json, item_ids: Iterable[str], at_s: int) -> None:
    """Bill usage of these items from an instant on: earlier usage is billed already."""
    since: dict[str, int] = work.private(subscription["id"]).get("usage_since", {})
    work.update_private(subscription["id"], usage_since=since | dict.fromkeys(item_ids, at_s))
