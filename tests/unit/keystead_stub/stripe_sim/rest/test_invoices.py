"""Invoices created through the API, with the official SDK."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from keystead_stub.in_process import BillingStub
from support.hosted_page import open_page, submit_form
from support.stripe_sdk import PAGES, attach_card, event_types, validated

# The SDK hands its forms to httpx in a way that httpx is giving up.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

CARD = {"card": "4242 4242 4242 4242", "expiry": "12 / 39", "cvc": "123"}
SENT: Any = {"collection_method": "send_invoice", "days_until_due": 14}


@pytest.fixture
def customer(sdk: stripe.StripeClient) -> str:
    return sdk.v1.customers.create({"email": "ada@example.com"}).id


def create_item(sdk: stripe.StripeClient, customer: str, **fields: Any) -> Any:
    params: Any = {"customer": customer, "amount": 4000, "currency": "eur", **fields}
    return validated(sdk.v1.invoice_items.create(params))


def create_draft(sdk: stripe.StripeClient, customer: str, **fields: Any) -> Any:
    base = {"customer": customer, "pending_invoice_items_behavior": "include"}
    params: Any = base | fields
    return validated(sdk.v1.invoices.create(params))


def retrieve_invoice(sdk: stripe.StripeClient, invoice: Any) -> Any:
    return validated(sdk.v1.invoices.retrieve(invoice.id))


def test_a_sent_invoice_is_paid_on_its_hosted_page(
    stub: BillingStub, sdk: stripe.StripeClient, customer: str
) -> None:
    before = len(event_types(sdk))
    create_item(sdk, customer, description="Workshop", metadata={"order": "9"})
    invoice = create_draft(sdk, customer, **SENT, metadata={"order": "9"}, description="May")
    assert (invoice.status, invoice.number, invoice.total) == ("draft", None, 4000)
    (line,) = invoice.lines.data
    assert (line.description, line.metadata.to_dict()) == ("Workshop", {"order": "9"})
    final = validated(sdk.v1.invoices.finalize_invoice(invoice.id))
    assert (final.status, final.amount_due) == ("open", 4000)
    assert final.number.endswith("-0001")
    assert final.due_date - final.created == 14 * 86_400
    assert validated(sdk.v1.invoices.send_invoice(invoice.id)).status == "open"
    assert "Workshop" in open_page(final.hosted_invoice_url).text
    declined = submit_form(final.hosted_invoice_url, {**CARD, "card": "4000 0000 0000 0002"})
    assert "Your card was declined." in declined.text
    submit_form(final.hosted_invoice_url, CARD)
    paid = retrieve_invoice(sdk, invoice)
    assert (paid.status, paid.amount_paid, paid.metadata.to_dict()) == (
        "paid",
        4000,
        {"order": "9"},
    )
    (charge,) = sdk.v1.charges.list({"customer": customer}).data
    assert (charge.amount, charge.description) == (4000, "Payment for Invoice")
    (transaction,) = sdk.v1.balance_transactions.list().data
    assert (transaction.source, transaction.net) == (charge.id, 3915)
    invoice_events = [one for one in event_types(sdk, before) if "invoice" in one]
    assert invoice_events == [
        "invoiceitem.created",
        "invoice.created",
        "invoice.finalized",
        "invoice.sent",
        "invoice_payment.paid",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]


def test_auto_advance_finalizes_and_charges_a_draft_after_an_hour(
    stub: BillingStub, sdk: stripe.StripeClient, customer: str
) -> None:
    attach_card(sdk, customer)
    create_item(sdk, customer)
    invoice = create_draft(sdk, customer, auto_advance=True)
    assert invoice.automatically_finalizes_at - invoice.created == 3600
    stub.clock.advance(hours=2)
    assert retrieve_invoice(sdk, invoice).status == "paid"


def test_a_failed_invoice_payment_is_retried(
    stub: BillingStub, sdk: stripe.StripeClient, customer: str
) -> None:
    create_item(sdk, customer)
    invoice = create_draft(sdk, customer, auto_advance=True)
    assert sdk.v1.invoices.finalize_invoice(invoice.id).status == "open"
    tried = retrieve_invoice(sdk, invoice)
    assert (tried.attempt_count, tried.next_payment_attempt is not None) == (1, True)
    attach_card(sdk, customer)
    stub.clock.advance(days=2)
    assert retrieve_invoice(sdk, invoice).status == "paid"


def test_invoice_items_can_be_edited_until_the_invoice_is_finalized(
    sdk: stripe.StripeClient, customer: str
) -> None:
    waiting = create_item(sdk, customer, amount=500)
    invoice = create_draft(sdk, customer, pending_invoice_items_behavior="exclude")
    assert (invoice.total, invoice.lines.data) == (0, [])
    product = sdk.v1.products.create({"name": "Seat"})
    price = sdk.v1.prices.create({"product": product.id, "currency": "eur", "unit_amount": 900})
    seats = validated(
        sdk.v1.invoice_items.create(
            {
                "customer": customer,
                "invoice": invoice.id,
                "pricing": {"price": price.id},
                "quantity": 3,
            }
        )
    )
    less = create_item(sdk, customer, invoice=invoice.id, amount=-700, description="Goodwill")
    assert [line.amount for line in retrieve_invoice(sdk, invoice).lines.data] == [2700, -700]
    changed = validated(
        sdk.v1.invoice_items.update(seats.id, {"quantity": 4, "description": "Seats"})
    )
    assert (changed.amount, changed.description) == (3600, "Seats")
    assert sdk.v1.invoice_items.delete(less.id).deleted is True
    again = retrieve_invoice(sdk, invoice)
    assert (again.total, [line.quantity for line in again.lines.data]) == (3600, [4])
    found = sdk.v1.invoice_items.list({"customer": customer})
    assert {one.id for one in found.data} == {waiting.id, seats.id}
    sdk.v1.invoices.finalize_invoice(invoice.id)
    for touch in (
        lambda: sdk.v1.invoice_items.update(seats.id, {"quantity": 1}),
        lambda: sdk.v1.invoice_items.delete(seats.id),
        lambda: sdk.v1.invoices.update(invoice.id, {"description": "late"}),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            touch()
        assert refused.value.code == "invoice_not_editable"
    assert sdk.v1.invoices.update(invoice.id, {"metadata": {"a": "b"}}).metadata is not None


def test_an_invoice_is_paid_with_the_payment_method_of_the_request(
    sdk: stripe.StripeClient, customer: str
) -> None:
    sdk.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer})
    sdk.v1.payment_methods.attach("pm_card_visa", {"customer": customer})
    good, bad = [one.id for one in sdk.v1.payment_methods.list({"customer": customer}).data]
    create_item(sdk, customer)
    invoice = create_draft(sdk, customer, default_payment_method=bad)
    sdk.v1.invoices.finalize_invoice(invoice.id)
    with pytest.raises(stripe.CardError) as refused:
        sdk.v1.invoices.pay(invoice.id)
    assert refused.value.code == "card_declined"
    assert validated(sdk.v1.invoices.pay(invoice.id, {"payment_method": good})).status == "paid"
    (payment,) = sdk.v1.invoice_payments.list({"invoice": invoice.id}).data
    assert (payment.status, payment.amount_paid) == ("paid", 4000)


def test_an_invoice_is_paid_out_of_band(sdk: stripe.StripeClient, customer: str) -> None:
    create_item(sdk, customer)
    invoice = create_draft(sdk, customer, **SENT)
    sdk.v1.invoices.finalize_invoice(invoice.id)
    before = len(event_types(sdk))
    paid = validated(sdk.v1.invoices.pay(invoice.id, {"paid_out_of_band": True}))
    assert (paid.status, paid.amount_paid, paid.amount_remaining) == ("paid", 4000, 0)
    assert event_types(sdk, before) == ["payment_intent.canceled", "invoice.paid"]
    assert sdk.v1.charges.list().data == sdk.v1.balance_transactions.list().data == []
    (intent,) = sdk.v1.payment_intents.list().data
    assert intent.status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.invoices.pay(invoice.id, {"paid_out_of_band": True})


def test_the_collection_method_of_a_draft_can_be_changed(
    stub: BillingStub, sdk: stripe.StripeClient, customer: str
) -> None:
    create_item(sdk, customer)
    invoice = create_draft(sdk, customer)
    change = sdk.v1.invoices.update
    with pytest.raises(stripe.InvalidRequestError):
        change(invoice.id, {"days_until_due": 3})
    with pytest.raises(stripe.InvalidRequestError):
        change(invoice.id, {"collection_method": "send_invoice"})
    sent = validated(change(invoice.id, SENT))
    assert sent.collection_method == "send_invoice"
    # The draft was created by an earlier request, on a clock that runs.
    assert 0 <= sent.due_date - sent.created - 14 * 86_400 < 60
    later = sent.due_date + 3600
    assert validated(change(invoice.id, {"due_date": later})).due_date == later
    refused: Any = (
        {"due_date": 1},
        {"days_until_due": -1},
        {"days_until_due": 1, "due_date": later},
    )
    for wrong in refused:
        with pytest.raises(stripe.InvalidRequestError):
            change(invoice.id, wrong)
    sdk.v1.invoices.finalize_invoice(invoice.id)
    with pytest.raises(stripe.InvalidRequestError):
        change(invoice.id, {"due_date": later + 1})
    create_item(sdk, customer)
    other = create_draft(sdk, customer, **SENT)
    back = validated(change(other.id, {"collection_method": "charge_automatically"}))
    assert (back.collection_method, back.due_date) == ("charge_automatically", None)
    stub.clock.advance(days=15)
    assert "invoice.overdue" in event_types(sdk)


def test_an_invoice_is_voided_or_marked_uncollectible(
    sdk: stripe.StripeClient, customer: str
) -> None:
    create_item(sdk, customer)
    lost = create_draft(sdk, customer, **SENT)
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.invoices.void_invoice(lost.id)
    sdk.v1.invoices.finalize_invoice(lost.id)
    assert validated(sdk.v1.invoices.mark_uncollectible(lost.id)).status == "uncollectible"
    assert validated(sdk.v1.invoices.void_invoice(lost.id)).status == "void"
    assert event_types(sdk)[-3:] == [
        "invoice.marked_uncollectible",
        "invoice.voided",
        "payment_intent.canceled",
    ]
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.invoices.pay(lost.id)
    create_item(sdk, customer)
    late = create_draft(sdk, customer, **SENT)
    sdk.v1.invoices.finalize_invoice(late.id)
    sdk.v1.invoices.mark_uncollectible(late.id)
    assert sdk.v1.invoices.pay(late.id, {"payment_method": "pm_card_visa"}).status == "paid"


def test_deleting_a_draft_makes_its_items_pending_again(
    sdk: stripe.StripeClient, customer: str
) -> None:
    create_item(sdk, customer)
    first = create_draft(sdk, customer)
    assert sdk.v1.invoices.delete(first.id).deleted is True
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.invoices.retrieve(first.id)
    assert refused.value.code == "resource_missing"
    second = create_draft(sdk, customer)
    assert second.total == 4000
    sdk.v1.invoices.finalize_invoice(second.id)
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.invoices.delete(second.id)


def test_a_negative_invoice_becomes_credit_for_the_next_one(
    sdk: stripe.StripeClient, customer: str
) -> None:
    create_item(sdk, customer, amount=-1500)
    paid = sdk.v1.invoices.finalize_invoice(create_draft(sdk, customer).id)
    assert (paid.status, paid.amount_due) == ("paid", 0)
    assert sdk.v1.customers.retrieve(customer).balance == -1500
    create_item(sdk, customer)
    final = sdk.v1.invoices.finalize_invoice(create_draft(sdk, customer).id)
    assert (final.total, final.amount_due, final.starting_balance) == (4000, 2500, -1500)


def test_a_one_time_checkout_does_not_use_customer_credit(
    stub: BillingStub, sdk: stripe.StripeClient, customer: str
) -> None:
    create_item(sdk, customer, amount=-1500)
    sdk.v1.invoices.finalize_invoice(create_draft(sdk, customer).id)
    price = {"currency": "eur", "unit_amount": 2000, "product_data": {"name": "Mug"}}
    params: Any = {
        "mode": "payment",
        "customer": customer,
        "line_items": [{"price_data": price, "quantity": 2}],
        "invoice_creation": {"enabled": True},
        **PAGES,
    }
    session = sdk.v1.checkout.sessions.create(params)
    stub.pay(session.id)
    made = sdk.v1.checkout.sessions.retrieve(session.id).invoice
    invoice = validated(sdk.v1.invoices.retrieve(str(made)))
    assert (invoice.status, invoice.amount_paid, invoice.starting_balance) == ("paid", 4000, 0)
    (payment,) = sdk.v1.invoice_payments.list({"invoice": invoice.id}).data
    assert (payment.status, payment.amount_paid) == ("paid", 4000)
    assert sdk.v1.customers.retrieve(customer).balance == -1500
    (charge,) = sdk.v1.charges.list().data
    assert charge.amount == 4000


def test_an_overdue_invoice_emits_an_event(
    stub: BillingStub, sdk: stripe.StripeClient, customer: str
) -> None:
    create_item(sdk, customer)
    invoice = create_draft(sdk, customer, **SENT)
    sdk.v1.invoices.send_invoice(invoice.id)
    stub.clock.advance(days=15)
    assert event_types(sdk)[-1] == "invoice.overdue"


def test_pending_items_go_on_the_next_subscription_invoice(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    pages = {"success_url": stub.url, "cancel_url": stub.url}
    items: Any = [{"price": "price_nyra_pro_monthly", "quantity": 1}]
    params: Any = {"mode": "subscription", "line_items": items, **pages}
    session = sdk.v1.checkout.sessions.create(params)
    stub.pay(session.id, email="ada@example.com")
    customer = str(sdk.v1.checkout.sessions.retrieve(session.id).customer)
    create_item(sdk, customer, amount=300, description="Extra hour")
    stub.clock.advance(days=32)
    newest = retrieve_invoice(sdk, sdk.v1.invoices.list({"customer": customer}).data[0])
    assert (newest.status, newest.total) == ("paid", 1500)
    assert "Extra hour" in [line.description for line in newest.lines.data]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"collection_method": "send_invoice"}, "invalid_request"),
        ({"days_until_due": 3}, "invalid_request"),
        ({"customer": "cus_none"}, "resource_missing"),
        ({"default_payment_method": "pm_none"}, "resource_missing"),
        ({"collection_method": "by_mail"}, "parameter_invalid"),
    ],
)
def test_invalid_invoices_are_refused(
    sdk: stripe.StripeClient, customer: str, fields: Any, code: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.invoices.create({"customer": customer} | fields)
    assert refused.value.code == code
    assert sdk.v1.invoices.list().data == []


@pytest.mark.parametrize(
    "fields",
    [
        {"pricing": {"price": "price_nyra_pro_monthly"}},
        {"amount": "", "pricing": {"price": "price_nyra_pro_monthly"}},
        {"amount": ""},
        {"quantity": 0},
        {"invoice": "in_none"},
    ],
)
def test_invalid_invoice_items_are_refused(
    sdk: stripe.StripeClient, customer: str, fields: Any
) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        create_item(sdk, customer, **fields)
    assert sdk.v1.invoice_items.list().data == []


@pytest.mark.parametrize("step", ["finalize_invoice", "pay", "send_invoice"])
def test_an_empty_invoice_cannot_be_finalized(
    sdk: stripe.StripeClient, customer: str, step: str
) -> None:
    attach_card(sdk, customer)
    draft = create_draft(sdk, customer, **SENT)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        getattr(sdk.v1.invoices, step)(draft.id)
    assert refused.value.code == "invoice_no_customer_line_items"
    assert retrieve_invoice(sdk, draft).status == "draft"


def test_a_draft_that_credit_covers_is_paid_without_the_card(
    sdk: stripe.StripeClient, customer: str
) -> None:
    create_item(sdk, customer, amount=-5000)
    sdk.v1.invoices.finalize_invoice(create_draft(sdk, customer).id)
    card = sdk.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer})
    create_item(sdk, customer)
    draft = create_draft(sdk, customer, auto_advance=True)
    paid = validated(sdk.v1.invoices.pay(draft.id, {"payment_method": card.id}))
    assert (paid.status, paid.amount_due, paid.automatically_finalizes_at) == ("paid", 0, None)
    assert sdk.v1.customers.retrieve(customer).balance == -1000
    assert sdk.v1.charges.list().data == []


def test_the_draft_of_a_deleted_customer_is_never_finalized(
    stub: BillingStub, sdk: stripe.StripeClient, customer: str
) -> None:
    item = create_item(sdk, customer)
    draft = create_draft(sdk, customer, **SENT, auto_advance=True)
    sdk.v1.customers.delete(customer)
    invoices, items = sdk.v1.invoices, sdk.v1.invoice_items
    for step in (
        lambda: invoices.finalize_invoice(draft.id),
        lambda: invoices.send_invoice(draft.id),
        lambda: invoices.pay(draft.id, {"paid_out_of_band": True}),
        lambda: items.update(item.id, {"amount": 100}),
        lambda: items.delete(item.id),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            step()
        assert refused.value.code == "resource_missing"
    stub.clock.advance(hours=2)
    left = retrieve_invoice(sdk, draft)
    assert (left.status, left.auto_advance) == ("draft", False)
    invoices.delete(draft.id)
