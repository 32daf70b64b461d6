"""The account that is acted in: what it is and has, what happened, and who hears of it."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.search import Page
from keystead_stub.stripe_sim.resources.balance import queries as balance_queries
from keystead_stub.stripe_sim.resources.events import queries as event_queries
from keystead_stub.stripe_sim.rest.parameters import Parameters, invalid
from keystead_stub.stripe_sim.rest.reading.area import Area, Resource
from keystead_stub.stripe_sim.rest.reading.paging import listed, paging_of
from keystead_stub.stripe_sim.rest.writing.endpoints import shown
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def account(stripe: SimulatedStripe, given: Parameters) -> Document:
    return stripe.account()


def account_of(stripe: SimulatedStripe, account_id: str, given: Parameters) -> Document:
    return stripe.within(account_id).account()


def balance(stripe: SimulatedStripe, given: Parameters) -> Document:
    return stripe.read(balance_queries.get)


def events(stripe: SimulatedStripe, given: Parameters) -> Document:
    """The newest events, or those before one."""
    paging = paging_of(given)
    if paging.query["ending_before"] is not None:
        raise invalid("ending_before")
    types = {str(one) for one in given.list("types")}
    if event_type := given.text("type"):
        types.add(event_type)
    given.done()
    limit = paging.query["limit"]
    found = stripe.read(
        event_queries.page,
        types=types,
        limit=limit + 1,
        starting_after=paging.query["starting_after"],
        created=(paging.query["created_from"], paging.query["created_to"]),
    )
    wanted = tuple(one.document for one in found[:limit])
    return listed(Page(wanted, len(found) > limit), "events")


def event(stripe: SimulatedStripe, event_id: str, given: Parameters) -> Document:
    return stripe.read(event_queries.get, event_id).document


def endpoints(stripe: SimulatedStripe, given: Parameters) -> Document:
    known = map(shown, stripe.read(records.endpoints))
    return listed(Page(tuple(known), has_more=False), "webhook_endpoints")


AREA = Area(
    resources={"accounts": Resource("account")},
    alone={
        "account": account,
        "balance": balance,
        "events": events,
        "webhook_endpoints": endpoints,
    },
    one={"accounts": account_of, "events": event},
)
