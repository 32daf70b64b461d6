"""How much a meter has counted: https://docs.stripe.com/api/billing/meter-event-summary."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.errors import invalid_request
from keystead_stub.stripe_sim.engine.snapshot import Snapshot
from keystead_stub.stripe_sim.resources.meters import operations as meters
from keystead_stub.stripe_sim.resources.meters import shape
from keystead_stub.stripe_sim.resources.meters import usage as meter_usage
from keystead_stub.stripe_types.api import Document

#: The most windows that one request may ask for.
_MOST_WINDOWS = 1000


def event_summaries(
    snapshot: Snapshot,
    meter_id: str,
    customer_id: str,
    period: tuple[int, int],
    window_s: int | None,
) -> tuple[Document, ...]:
    """Return a customer's usage in a period, in seconds: as a whole, or by windows, newest first.

    Raises StripeError for times that are not on minutes, or not on the windows' boundaries.
    """
    start_s, end_s = period
    step = window_s or end_s - start_s
    if start_s >= end_s or start_s % (window_s or 60) or end_s % (window_s or 60):
        raise invalid_request(
            "Invalid start_time or end_time: they must be aligned with the windows, and start"
            " before end."
        )
    if (end_s - start_s) // step > _MOST_WINDOWS:
        raise invalid_request(f"The requested range has more than {_MOST_WINDOWS} windows.")
    meter, _ = records.get(snapshot, meters.METER, meter_id)
    events = [one for one, _ in records.objects(snapshot, meters.EVENT, customer_id)]
    return tuple(
        shape.summary(
            meter_id=meter_id,
            summary_id=f"mtrusg_test_{customer_id}_{at}_{at + step}",
            start=at,
            end=at + step,
            value=meter_usage.used(dict(meter), map(dict, events), at, at + step),
        )
        for at in reversed(range(start_s, end_s, step))
    )
