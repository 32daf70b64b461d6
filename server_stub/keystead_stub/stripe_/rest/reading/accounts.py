"""The account that is acted in: what it is and has, what happened, and who hears of it."""

from __future__ import annotations

from keystead_stub.stripe_.interface import Document
from keystead_stub.stripe_.queries import Page
from keystead_stub.stripe_.rest.parameters import Parameters
from keystead_stub.stripe_.rest.reading.area import Area, Resource
from keystead_stub.stripe_.rest.reading.paging import listed
from keystead_stub.stripe_.rest.writing.endpoints import shown
from keystead_stub.stripe_.simulated.stripe import SimulatedStripe


def account(stripe: SimulatedStripe, given: Parameters) -> Document:
    return stripe.account()


def account_of(stripe: SimulatedStripe, account_id: str, given: Parameters) -> Document:
    return stripe.within(account_id).account()


def balance(stripe: SimulatedStripe, given: Parameters) -> Document:
    return stripe.balance()


def events(stripe: SimulatedStripe, given: Parameters) -> Document:
    """The newest events."""
    limit, event_type = given.whole("limit") or 10, given.text("type")
    given.done()
    found = stripe.events(limit=1000)
    wanted = [one.document for one in found if event_type in {None, one.type}]
    return listed(Page(tuple(wanted[:limit]), len(wanted) > limit), "events")


def event(stripe: SimulatedStripe, event_id: str, given: Parameters) -> Document:
    return stripe.event(event_id).document


def endpoints(stripe: SimulatedStripe, given: Parameters) -> Document:
    known = map(shown, stripe.endpoints())
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
