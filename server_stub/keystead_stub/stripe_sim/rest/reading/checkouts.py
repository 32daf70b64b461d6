"""Checkout sessions."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.search import Page
from keystead_stub.stripe_sim.resources.checkout_sessions import queries
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.reading.area import Area, Resource
from keystead_stub.stripe_sim.rest.reading.paging import listed
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def line_items(stripe: SimulatedStripe, session: Document) -> Document:
    found = Page(stripe.read(queries.line_items, session["id"]), has_more=False)
    return listed(found, f"checkout/sessions/{session['id']}/line_items")


def line_items_of(stripe: SimulatedStripe, session_id: str, given: Parameters) -> Document:
    return line_items(stripe, stripe.read(queries.get, session_id).document)


AREA = Area(
    resources={
        "checkout/sessions": Resource(
            "checkout.session",
            {
                "status": "status",
                "subscription": "subscription",
                "payment_intent": "payment_intent",
            },
            of_customer=True,
        ),
    },
    within={("checkout/sessions", "line_items"): line_items_of},
    included={"checkout.session": {"line_items": line_items}},
)
