"""Credit notes."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.resources.credit_notes import operations as credit_notes
from keystead_stub.stripe_sim.resources.credit_notes.requests import NewCreditLine, NewCreditNote
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.writing.area import Area
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document

_REASONS = ("duplicate", "fraudulent", "order_change", "product_unsatisfactory")


def read_note(given: Parameters, key: str | None = None) -> NewCreditNote:
    """Return the credit note that is asked for, to be issued or only looked at."""
    reason: Any = given.choice("reason", *_REASONS)
    given.choice("email_type", "credit_note", "none")
    request = NewCreditNote(
        invoice_id=given.required("invoice"),
        amount=given.whole("amount"),
        lines=tuple(map(_line, given.each("lines"))),
        credit_amount=given.whole("credit_amount") or 0,
        refund_amount=given.whole("refund_amount") or 0,
        out_of_band_amount=given.whole("out_of_band_amount") or 0,
        reason=reason,
        memo=given.text("memo"),
        metadata=given.metadata(),
        idempotency_key=key,
    )
    given.done()
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


async def create_note(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    return stripe.submit(credit_notes.create, read_note(given, key))


def update_note(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    fields: dict[str, Any] = {"memo": given.text("memo")} if given.has("memo") else {}
    if given.has("metadata"):
        fields["metadata"] = given.metadata()
    given.done()
    return stripe.run(credit_notes.update, object_id, fields)


def void_note(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    given.done()
    return stripe.run(credit_notes.void, object_id)


AREA = Area(
    create={"credit_notes": create_note},
    update={"credit_notes": update_note},
    act={("credit_notes", "void"): void_note},
)
