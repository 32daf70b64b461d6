"""What is metered, and how much of it was used."""

from __future__ import annotations

from keystead_stub.stripe_sim.resources.meters import queries as meters
from keystead_stub.stripe_sim.rest.parameters import Parameters, invalid
from keystead_stub.stripe_sim.rest.reading.area import Area, Resource
from keystead_stub.stripe_sim.rest.reading.paging import page_of, paging_of
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document

_WINDOWS_S = {None: None, "day": 86_400, "hour": 3_600}


def usage_summaries(stripe: SimulatedStripe, meter_id: str, given: Parameters) -> Document:
    """What a customer used, as one number or window by window."""
    customer_id, paging = given.required("customer"), paging_of(given)
    start, end = given.whole("start_time"), given.whole("end_time")
    window = given.choice("value_grouping_window", "day", "hour")
    given.done()
    if start is None or end is None:
        raise invalid("start_time" if start is None else "end_time")
    found = stripe.read(
        meters.event_summaries, meter_id, customer_id, (start, end), _WINDOWS_S[window]
    )
    return page_of(found, paging, f"billing/meters/{meter_id}/event_summaries")


AREA = Area(
    resources={"billing/meters": Resource("billing.meter", {"status": "status"})},
    within={("billing/meters", "event_summaries"): usage_summaries},
)
