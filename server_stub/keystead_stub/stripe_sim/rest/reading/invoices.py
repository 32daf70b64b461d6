"""Invoices with their payments, and credit notes."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.engine.search import Query
from keystead_stub.stripe_sim.resources.credit_notes import operations as credit_notes
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.reading.area import Area, Resource
from keystead_stub.stripe_sim.rest.reading.paging import listed, page_of, paging_of
from keystead_stub.stripe_sim.rest.writing.credit_notes import read_note
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def _secret(stripe: SimulatedStripe, invoice: Document) -> Document | None:
    if invoice["status"] != "open":
        return None
    found = stripe.read(
        lookup.list_objects, Query(kind="invoice_payment", where={"invoice": invoice["id"]})
    )
    intents = [one["payment"]["payment_intent"] for one in found.data]
    secret = (
        stripe.read(lookup.retrieve, "payment_intent", intents[0])["client_secret"]
        if intents
        else None
    )
    return {"client_secret": secret, "type": "payment_intent"} if secret else None


def _payments(stripe: SimulatedStripe, invoice: Document) -> Document:
    found = stripe.read(
        lookup.list_objects, Query(kind="invoice_payment", where={"invoice": invoice["id"]})
    )
    return listed(found, "invoice_payments")


def lines_of_note(stripe: SimulatedStripe, note_id: str, given: Parameters) -> Document:
    paging = paging_of(given)
    given.done()
    lines = stripe.read(lookup.retrieve, "credit_note", note_id)["lines"]["data"]
    return page_of(lines, paging, f"credit_notes/{note_id}/lines")


def previewed(stripe: SimulatedStripe, given: Parameters) -> Document:
    return stripe.preview(credit_notes.create, read_note(given))


def previewed_lines(stripe: SimulatedStripe, given: Parameters) -> Document:
    lines: Document = stripe.preview(credit_notes.create, read_note(given))["lines"]
    return lines


AREA = Area(
    resources={
        "credit_notes": Resource("credit_note", {"invoice": "invoice"}, of_customer=True),
        "invoice_payments": Resource("invoice_payment", {"invoice": "invoice", "status": "status"}),
        "invoiceitems": Resource("invoiceitem", {"invoice": "invoice"}, of_customer=True),
        "invoices": Resource(
            "invoice",
            {
                "status": "status",
                "subscription": "parent.subscription_details.subscription",
                "collection_method": "collection_method",
            },
            of_customer=True,
        ),
    },
    alone={"credit_notes/preview": previewed, "credit_notes/preview/lines": previewed_lines},
    within={("credit_notes", "lines"): lines_of_note},
    included={"invoice": {"confirmation_secret": _secret, "payments": _payments}},
)
