"""Credit notes in the REST API: https://docs.stripe.com/api/credit_notes."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.resources.credit_notes import operations as credit_notes
from keystead_stub.stripe_sim.resources.credit_notes.requests import NewCreditLine, NewCreditNote
from keystead_stub.stripe_sim.rest.list_pages import page_of, read_paging
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects, action
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def list_lines(stripe: SimulatedStripe, note_id: str, params: Parameters) -> Document:
    paging = read_paging(params)
    params.done()
    lines = stripe.read(lookup.retrieve, "credit_note", note_id)["lines"]["data"]
    return page_of(lines, paging, f"credit_notes/{note_id}/lines")


def preview(stripe: SimulatedStripe, params: Parameters) -> Document:
    return stripe.preview(credit_notes.create, read_request(params))


def preview_lines(stripe: SimulatedStripe, params: Parameters) -> Document:
    lines: Document = stripe.preview(credit_notes.create, read_request(params))["lines"]
    return lines


_REASONS = ("duplicate", "fraudulent", "order_change", "product_unsatisfactory")


def read_request(params: Parameters, key: str | None = None) -> NewCreditNote:
    """Return the requested credit note, to be issued or previewed."""
    reason: Any = params.choice("reason", *_REASONS)
    # Checked and ignored: the simulation sends no mail.
    params.choice("email_type", "credit_note", "none")
    request = NewCreditNote(
        invoice_id=params.required("invoice"),
        amount=params.whole("amount"),
        lines=tuple(map(_line, params.each("lines"))),
        credit_amount=params.whole("credit_amount") or 0,
        refund_amount=params.whole("refund_amount") or 0,
        out_of_band_amount=params.whole("out_of_band_amount") or 0,
        reason=reason,
        memo=params.text("memo"),
        metadata=params.metadata(),
        idempotency_key=key,
    )
    params.done()
    return request


def _line(line: Parameters) -> NewCreditLine:
    custom = line.choice("type", "custom_line_item", "invoice_line_item") == "custom_line_item"
    made = NewCreditLine(
        invoice_line_item=None if custom else line.required("invoice_line_item"),
        amount=line.whole("amount"),
        quantity=line.whole("quantity"),
        unit_amount=line.whole("unit_amount"),
        description=line.text("description"),
    )
    line.done()
    return made


def create(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    return stripe.submit(credit_notes.create, read_request(params, key))


def update(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    fields = params.changes("memo")
    params.done()
    return stripe.run(credit_notes.update, object_id, fields)


RESOURCES = (
    Resource(
        path="credit_notes",
        objects=StoredObjects("credit_note", {"invoice": "invoice"}, of_customer=True),
        nested={"lines": list_lines},
        create=create,
        update=update,
        actions={"void": action(credit_notes.void)},
    ),
    Resource(path="credit_notes/preview", get=preview),
    Resource(path="credit_notes/preview/lines", get=preview_lines),
)
