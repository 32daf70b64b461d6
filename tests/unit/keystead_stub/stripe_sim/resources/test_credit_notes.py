"""Credit notes of open and paid invoices, to the cent."""

from __future__ import annotations

from typing import Any

import pytest

from keystead_stub.stripe_sim import customer_controls, hosted_payments
from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.engine.search import Query
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.credit_notes import operations as credit_notes
from keystead_stub.stripe_sim.resources.credit_notes.requests import NewCreditLine, NewCreditNote
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.invoices import payment as invoice_payment
from keystead_stub.stripe_sim.resources.invoices import queries as invoices
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.values import Invoice
from support.stripe_shapes import shape_errors
from support.stripe_world import StripeWorld


def newest(world: StripeWorld, customer_id: str) -> Invoice:
    return world.stripe.read(invoices.of_customer, customer_id)[0]


def issue(world: StripeWorld, invoice: Invoice, **fields: Any) -> Any:
    return world.stripe.submit(credit_notes.create, NewCreditNote(invoice_id=invoice.id, **fields))


def unpaid(quantity: int = 1) -> tuple[StripeWorld, str]:
    """Return an account with a customer whose renewal failed."""
    world = StripeWorld()
    customer_id = world.buy(quantity=quantity)
    world.stripe.run(customer_controls.fail_next_payment, customer_id)
    world.pass_time(days=28)
    return world, customer_id


def test_a_credit_note_reduces_an_open_invoice() -> None:
    world, customer_id = unpaid(2)
    note = issue(world, newest(world, customer_id), amount=900, reason="order_change")
    assert (note["type"], note["pre_payment_amount"], note["status"]) == (
        "pre_payment",
        900,
        "issued",
    )
    assert shape_errors(note) == []
    invoice = newest(world, customer_id)
    assert (invoice.total, invoice.amount_due, invoice.amount_remaining) == (2400, 1500, 1500)
    assert invoice.document["pre_payment_credit_notes_amount"] == 900
    world.stripe.run(invoice_payment.pay, invoice.id, card="pm_card_visa")
    charge = world.stripe.read(
        lookup.list_objects, Query(kind="charge", customer_id=customer_id)
    ).data[0]
    assert (newest(world, customer_id).amount_paid, charge["amount"]) == (1500, 1500)


def test_an_invoice_credited_in_full_is_paid() -> None:
    world, customer_id = unpaid()
    assert world.subscription(customer_id).status == "past_due"
    issue(world, newest(world, customer_id), amount=1200)
    invoice = newest(world, customer_id)
    assert (invoice.status, invoice.amount_paid) == ("paid", 0)
    assert world.subscription(customer_id).status == "active"


def test_voiding_a_credit_note_restores_the_amount_due() -> None:
    world, customer_id = unpaid()
    note = issue(world, newest(world, customer_id), amount=500)
    voided = world.stripe.run(credit_notes.void, note["id"])
    assert (voided["status"], newest(world, customer_id).amount_due) == ("void", 1200)
    assert world.types()[-1] == "credit_note.voided"
    with pytest.raises(StripeError):
        world.stripe.run(credit_notes.void, note["id"])


def test_a_paid_invoice_is_credited_by_balance_refund_or_out_of_band() -> None:
    world = StripeWorld()
    customer_id = world.buy(quantity=2)
    before = len(world.events())
    note = issue(
        world,
        newest(world, customer_id),
        amount=1000,
        credit_amount=300,
        refund_amount=600,
        out_of_band_amount=100,
    )
    assert shape_errors(note) == []
    assert (note["type"], note["post_payment_amount"]) == ("post_payment", 1000)
    assert note["refunds"][0]["amount_refunded"] == 600
    balance = world.stripe.read(lookup.list_objects, Query(kind="customer_balance_transaction"))
    assert [(one["amount"], one["type"], one["credit_note"]) for one in balance.data] == [
        (-300, "credit_note", note["id"])
    ]
    assert world.stripe.read(customer_queries.get, customer_id).document["balance"] == -300
    invoice = newest(world, customer_id).document
    assert (invoice["post_payment_credit_notes_amount"], invoice["amount_paid"]) == (1000, 2400)
    event_types = world.types(after=before)
    assert event_types == [
        "customer.updated",
        "charge.refunded",
        "refund.created",
        "invoice.updated",
        "credit_note.created",
    ]
    with pytest.raises(StripeError):
        world.stripe.run(credit_notes.void, note["id"])


def test_crediting_a_line_subtracts_its_discount() -> None:
    world = StripeWorld()
    session = world.checkout(quantity=4)
    world.stripe.run(checkout.apply_promotion_code, session.id, "LAUNCH20")
    world.stripe.run(hosted_payments.complete_checkout, session.id)
    customer_id = world.stripe.read(customer_queries.list_all)[0].id
    invoice = newest(world, customer_id)
    line = NewCreditLine(invoice_line_item=invoice.document["lines"]["data"][0]["id"], quantity=1)
    note = issue(world, invoice, lines=(line,), refund_amount=960)
    assert (note["subtotal"], note["discount_amount"], note["total"]) == (1200, 240, 960)
    own = NewCreditLine(quantity=2, unit_amount=50, description="Sorry")
    assert issue(world, invoice, lines=(own,), credit_amount=100)["total"] == 100
    whole = NewCreditLine(invoice_line_item=line.invoice_line_item)
    with pytest.raises(StripeError, match="exceeds the amount"):
        issue(world, invoice, lines=(whole,), credit_amount=3840)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"amount": 0},
        {"amount": 1201, "credit_amount": 1201},
        {"amount": 500},
        {"amount": 500, "credit_amount": 600, "refund_amount": -100},
        {"amount": 500, "credit_amount": 400},
        {"lines": (NewCreditLine(invoice_line_item="il_none"),), "credit_amount": 1},
        {"lines": (NewCreditLine(unit_amount=-5),), "credit_amount": 1},
    ],
)
def test_invalid_credit_notes_are_refused_and_change_nothing(fields: dict[str, Any]) -> None:
    world = StripeWorld()
    customer_id = world.buy()
    before = world.types()
    with pytest.raises(StripeError):
        issue(world, newest(world, customer_id), **fields)
    assert world.types() == before


def test_credit_notes_never_exceed_the_invoice_total() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    issue(world, newest(world, customer_id), amount=800, credit_amount=800)
    with pytest.raises(StripeError):
        issue(world, newest(world, customer_id), amount=401, credit_amount=401)
    issue(world, newest(world, customer_id), amount=400, refund_amount=400)
    assert newest(world, customer_id).document["post_payment_credit_notes_amount"] == 1200


def test_previewing_a_credit_note_changes_nothing() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    before = world.types()
    invoice = newest(world, customer_id)
    request = NewCreditNote(invoice_id=invoice.id, amount=700, refund_amount=700)
    preview = world.stripe.preview(credit_notes.create, request)
    assert (preview["total"], world.types()) == (700, before)
    assert world.stripe.read(lookup.list_objects, Query(kind="credit_note")).data == ()
