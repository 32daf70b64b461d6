"""Events in the REST API: https://docs.stripe.com/api/events."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.errors import invalid_parameter
from keystead_stub.stripe_sim.engine.search import Page
from keystead_stub.stripe_sim.resources.events import queries as event_queries
from keystead_stub.stripe_sim.rest.list_pages import list_object, read_paging
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def list_events(stripe: SimulatedStripe, params: Parameters) -> Document:
    """The newest events, or those before one."""
    paging = read_paging(params)
    # Refused instead of ignored, because a wrong page would look right.
    if paging.query["ending_before"] is not None:
        raise invalid_parameter("ending_before")
    types = {str(one) for one in params.list("types")}
    if event_type := params.text("type"):
        types.add(event_type)
    params.done()
    limit = paging.query["limit"]
    found = stripe.read(
        event_queries.page,
        types=types,
        # One more than the page holds, which tells whether there are more.
        limit=limit + 1,
        starting_after=paging.query["starting_after"],
        created=(paging.query["created_from"], paging.query["created_to"]),
    )
    wanted = tuple(one.document for one in found[:limit])
    return list_object(Page(wanted, len(found) > limit), "events")


def retrieve(stripe: SimulatedStripe, event_id: str, params: Parameters) -> Document:
    return stripe.read(event_queries.get, event_id).document


RESOURCES = (Resource(path="events", get=list_events, retrieve=retrieve),)
