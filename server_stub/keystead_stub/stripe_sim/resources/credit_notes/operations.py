"""Operations on credit notes: they reduce an open invoice, or return what was paid.

https://docs.stripe.com/invoicing/integration/programmatic-credit-notes. Money goes back by a
refund, or to the customer's balance; an out-of-band amount is only recorded.
"""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import amounts
from keystead_stub.stripe_sim.engine.errors import invalid_request, invalid_state
from keystead_stub.stripe_sim.engine.objects import Json, merged
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.credit_notes import shape
from keystead_stub.stripe_sim.resources.credit_notes.requests import NewCreditLine, NewCreditNote
from keystead_stub.stripe_sim.resources.credit_notes.shape import CreditLine
from keystead_stub.stripe_sim.resources.customer_balance_transactions import (
    operations as customer_balance,
)
from keystead_stub.stripe_sim.resources.customers.operations import retrieve
from keystead_stub.stripe_sim.resources.invoices import lifecycle as invoice_lifecycle
from keystead_stub.stripe_sim.resources.payment_intents import lifecycle as intent_lifecycle
from keystead_stub.stripe_sim.resources.refunds import operations as refunds
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle

KIND = "credit_note"


def create(work: UnitOfWork, request: NewCreditNote) -> Json:
    """Credit an invoice; raises StripeError, and then nothing has changed."""
    invoice = work.get("invoice", request.invoice_id)
    if invoice["status"] not in {"open", "paid"}:
        raise invalid_state(
            "Credit notes can only be issued for open or paid invoices; this invoice is"
            f" {invoice['status']}."
        )
    # Voided notes do not count: their amount can be credited again.
    before = _issued(work, invoice)
    lines = _lines(invoice, request, before)
    paid = invoice["status"] == "paid"
    note = shape.credit_note(
        request,
        note_id=work.ids.new("cn_1"),
        # Numbered over all notes, also voided ones: a number is never used twice.
        number=f"{invoice['number']}-CN-{len(_all(work, invoice)) + 1:02d}",
        created=work.now_s,
        invoice=invoice,
        lines=lines,
        documents=[shape.credit_line(line, line_id=work.ids.new("cnli_1")) for line in lines],
        paid=paid,
    )
    if not 0 < note["total"] <= _creditable(invoice, before):
        raise invalid_request(
            f"The credit note amount must be between 1 and {_creditable(invoice, before)}."
        )
    _check_distribution(request, note)
    work.add(note)
    (_return_payment if paid else _reduce_open_invoice)(work, invoice, note, request)
    work.emit("credit_note.created", note)
    return note


def _all(work: UnitOfWork, invoice: Json) -> list[Json]:
    notes = work.of_customer(KIND, invoice["customer"])
    return [note for note in notes if note["invoice"] == invoice["id"]]


def _issued(work: UnitOfWork, invoice: Json) -> list[Json]:
    return [note for note in _all(work, invoice) if note["status"] == "issued"]


def _creditable(invoice: Json, before: list[Json]) -> int:
    """Return how much of the invoice can still be credited."""
    left: int = invoice["total"] - sum(note["total"] for note in before)
    # An open invoice may be partly covered by the customer's balance; only the rest is owed.
    return left if invoice["status"] == "paid" else min(left, invoice["amount_remaining"])


def _check_distribution(request: NewCreditNote, note: Json) -> None:
    parts = (request.credit_amount, request.refund_amount, request.out_of_band_amount)
    # Stripe requires the whole amount to be accounted for:
    # https://docs.stripe.com/api/credit_notes/create.
    if min(parts) < 0 or sum(parts) != note["post_payment_amount"]:
        raise invalid_request(
            "The sum of credit_amount, refund_amount and out_of_band_amount must equal the credit"
            f" note amount ({note['post_payment_amount']})."
        )


# What is credited


def _lines(invoice: Json, request: NewCreditNote, before: list[Json]) -> list[CreditLine]:
    if (request.amount is None) == (not request.lines):
        raise invalid_request("You must specify exactly one of these parameters: amount, lines.")
    if request.amount is not None:
        return [CreditLine(amount=request.amount, description=request.memo, quantity=1)]
    found = [_line(invoice, wanted) for wanted in request.lines]
    credited: dict[str, int] = {}
    earlier = [line for note in before for line in note["lines"]["data"]]
    for line_id, amount in (
        *((one["invoice_line_item"], one["amount"]) for one in earlier),
        *((one.invoice_line_item, one.amount) for one in found),
    ):
        credited[line_id] = credited.get(line_id, 0) + amount
    # Checked over all notes of the invoice, so that two notes can't credit the same line twice.
    for line in invoice["lines"]["data"]:
        # A negative line is a credit already, so nothing of it can be credited.
        if credited.get(line["id"], 0) > max(line["amount"], 0):
            raise invalid_request(
                "The credited amount exceeds the amount of the invoice line item."
            )
    return found


def _line(invoice: Json, wanted: NewCreditLine) -> CreditLine:
    if wanted.invoice_line_item is None:
        if wanted.unit_amount is None or wanted.unit_amount < 0 or (wanted.quantity or 1) < 1:
            raise invalid_request("A custom_line_item needs a positive quantity and a unit_amount.")
        quantity = wanted.quantity or 1
        return CreditLine(
            amount=quantity * wanted.unit_amount,
            description=wanted.description,
            quantity=quantity,
            unit_amount=wanted.unit_amount,
        )
    lines = {one["id"]: one for one in invoice["lines"]["data"]}
    line = lines.get(wanted.invoice_line_item)
    if line is None:
        raise invalid_request(
            f"No such invoice line item: '{wanted.invoice_line_item}'",
            code="resource_missing",
            status=404,
        )
    amount = _part_of(line, wanted)
    return CreditLine(
        amount=amount,
        description=wanted.description or line["description"],
        quantity=wanted.quantity or line["quantity"],
        invoice_line_item=line["id"],
        # The line's discount is credited in proportion: only what was paid for it goes back.
        discounts={
            one["discount"]: amounts.part(one["amount"], amount, line["amount"])
            for one in line["discount_amounts"]
        },
    )


def _part_of(line: Json, wanted: NewCreditLine) -> int:
    amount: int = line["amount"]
    if wanted.amount is not None:
        amount = wanted.amount
    elif wanted.quantity is not None:
        if not 0 < wanted.quantity <= line["quantity"]:
            raise invalid_request(
                "The credited quantity exceeds the quantity of the invoice line item."
            )
        amount = amounts.part(line["amount"], wanted.quantity, line["quantity"])
    if not 0 < amount <= line["amount"]:
        raise invalid_request("The credited amount exceeds the amount of the invoice line item.")
    return amount


# What comes of it


def _reduce_open_invoice(
    work: UnitOfWork, invoice: Json, note: Json, _request: NewCreditNote
) -> None:
    """Reduce the amount due of an open invoice; at 0 it is paid."""
    intent = invoice_lifecycle.payment_intent_of(work, invoice)
    # The amount of a bank debit under way can't be changed.
    if intent["status"] == "processing":
        raise invalid_state("This invoice has a payment that is still processing.")
    _change_amount_due(work, invoice, -note["total"])
    if invoice["amount_due"] == 0:
        intent_lifecycle.cancel(work, intent, "void_invoice")
        payment = work.get("invoice_payment", work.private(invoice["id"])["payment"])
        transitions = payment["status_transitions"] | {"canceled_at": work.now_s}
        work.change(payment, None, status="canceled", status_transitions=transitions)
        # Fully credited, an invoice becomes paid and not void
        # (https://docs.stripe.com/invoicing/integration/programmatic-credit-notes).
        invoice_lifecycle.mark_paid(work, invoice, None, manual=True)
        lifecycle.invoice_paid(work, invoice)


def _change_amount_due(work: UnitOfWork, invoice: Json, change: int) -> None:
    """Change the amount due of an open invoice and of its payment intent."""
    due = invoice["amount_due"] + change
    work.change(
        invoice,
        "invoice.updated",
        amount_due=due,
        amount_remaining=due,
        pre_payment_credit_notes_amount=invoice["pre_payment_credit_notes_amount"] - change,
    )
    payment = work.get("invoice_payment", work.private(invoice["id"])["payment"])
    # A payment intent of 0 is not allowed; the caller cancels it instead.
    if due:
        work.change(invoice_lifecycle.payment_intent_of(work, invoice), None, amount=due)
        work.change(payment, None, amount_requested=due)


def _return_payment(work: UnitOfWork, invoice: Json, note: Json, request: NewCreditNote) -> None:
    """Return the payment to the customer's balance, by refund, or out of band."""
    if request.credit_amount:
        customer = retrieve(work, invoice["customer"])
        booked = customer_balance.credit(work, customer, request.credit_amount, note)
        work.change(note, None, customer_balance_transaction=booked["id"])
    if request.refund_amount:
        refund = refunds.refund_charge(work, _charge_of(work, invoice), request.refund_amount)
        way = {"amount_refunded": refund["amount"], "refund": refund["id"], "type": "refund"}
        work.change(note, None, refunds=[{"payment_record_refund": None, **way}])
    credited = invoice["post_payment_credit_notes_amount"] + note["total"]
    work.change(invoice, "invoice.updated", post_payment_credit_notes_amount=credited)


def _charge_of(work: UnitOfWork, invoice: Json) -> Json:
    private = work.private(invoice["id"])
    charge_id = (
        invoice_lifecycle.payment_intent_of(work, invoice)["latest_charge"] if private else None
    )
    charge = work.find("charge", charge_id) if charge_id else None
    if charge is None or not charge["paid"] or charge["disputed"]:
        raise invalid_request("This invoice has no payment that can be refunded.")
    return charge


def update(work: UnitOfWork, note_id: str, fields: Json) -> Json:
    """Set the memo or metadata of a credit note; `metadata` is merged."""
    note = work.get(KIND, note_id)
    work.change(note, "credit_note.updated", **merged(note, fields))
    return note


def void(work: UnitOfWork, note_id: str) -> Json:
    """Void a credit note of an open invoice."""
    note = work.get(KIND, note_id)
    invoice = work.get("invoice", note["invoice"])
    # A note on a paid invoice has moved money, which voiding can't take back.
    if note["status"] != "issued" or invoice["status"] != "open":
        raise invalid_state("You can only void a credit note whose invoice is open.")
    _change_amount_due(work, invoice, note["total"])
    work.change(note, None, status="void", voided_at=work.now_s)
    work.emit("credit_note.voided", note)
    return note
