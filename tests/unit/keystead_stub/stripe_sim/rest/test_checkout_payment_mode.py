"""Checkout sessions in payment mode, through the official SDK."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from keystead_stub.in_process import BillingStub
from support.hosted_page import submit_form
from support.stripe_sdk import PAGES, event_types, validated

# The SDK hands its forms to httpx in a way that httpx is giving up.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

LINES: Any = [
    {
        "price_data": {
            "currency": "eur",
            "unit_amount": 500,
            "product_data": {"name": "Sticker"},
        },
        "quantity": 3,
    },
    {
        "price_data": {"currency": "eur", "unit_amount": 2500, "product_data": {"name": "Mug"}},
        "quantity": 1,
    },
]


def create_session(sdk: stripe.StripeClient, **fields: Any) -> Any:
    params: Any = {"mode": "payment", "line_items": LINES, **PAGES, **fields}
    return validated(sdk.v1.checkout.sessions.create(params))


def retrieve_session(sdk: stripe.StripeClient, session: Any, *expand: str) -> Any:
    """Return the current session."""
    return validated(sdk.v1.checkout.sessions.retrieve(session.id, {"expand": list(expand)}))


def test_a_one_time_purchase_of_two_line_items_is_charged_once(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    session = create_session(
        sdk,
        customer_creation="always",
        metadata={"order": "7"},
        payment_intent_data={"metadata": {"order": "7"}, "description": "Order 7"},
    )
    assert (session.mode, session.amount_total, session.payment_intent) == ("payment", 4000, None)
    before = len(event_types(sdk))
    stub.pay(session.id, email="ada@example.com")
    done = retrieve_session(
        sdk, session, "line_items", "payment_intent.latest_charge.balance_transaction"
    )
    assert (done.status, done.payment_status, done.subscription) == ("complete", "paid", None)
    assert [(one.description, one.quantity, one.amount_total) for one in done.line_items.data] == [
        ("Sticker", 3, 1500),
        ("Mug", 1, 2500),
    ]
    intent = done.payment_intent
    assert (intent.status, intent.amount_received) == ("succeeded", 4000)
    assert intent.metadata.to_dict() == intent.latest_charge.metadata.to_dict() == {"order": "7"}
    charge = intent.latest_charge
    assert (charge.amount, charge.description, charge.customer) == (4000, "Order 7", done.customer)
    assert (charge.balance_transaction.fee, charge.balance_transaction.net) == (85, 3915)
    customer = sdk.v1.customers.retrieve(done.customer)
    assert customer.email == "ada@example.com"
    assert event_types(sdk, before) == [
        "customer.created",
        "payment_intent.created",
        "payment_intent.succeeded",
        "charge.succeeded",
        "checkout.session.completed",
    ]
    listed = sdk.v1.checkout.sessions.line_items.list(session.id)
    assert [one.price.unit_amount for one in listed.data if one.price] == [500, 2500]


def test_a_guest_checkout_creates_no_customer(stub: BillingStub, sdk: stripe.StripeClient) -> None:
    session = create_session(sdk)
    assert session.customer_creation == "if_required"
    stub.pay(session.id, email="guest@example.com")
    done = retrieve_session(sdk, session)
    assert (done.customer, done.payment_status) == (None, "paid")
    assert done.customer_details.email == "guest@example.com"
    assert sdk.v1.customers.list().data == []


def test_an_existing_customer_buys_by_price_id(stub: BillingStub, sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create({"name": "Manual"})
    price = sdk.v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 1900})
    customer = sdk.v1.customers.create({"email": "bo@example.com"})
    session = create_session(
        sdk, line_items=[{"price": price.id, "quantity": 2}], customer=customer.id
    )
    assert (session.amount_total, session.currency) == (3800, "usd")
    stub.pay(session.id)
    (charge,) = sdk.v1.charges.list({"customer": customer.id}).data
    assert (charge.amount, charge.currency, charge.paid) == (3800, "usd", True)


def test_a_declined_payment_can_be_repeated_with_another_card(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    session = create_session(sdk, customer_creation="always")
    before = len(event_types(sdk))
    assert stub.pay(session.id, card="4000000000009995")["code"] == "insufficient_funds"
    refused = retrieve_session(sdk, session, "payment_intent")
    assert (refused.status, refused.payment_intent.status) == ("open", "requires_payment_method")
    assert refused.payment_intent.last_payment_error.decline_code == "insufficient_funds"
    secured = "4000002760003184"
    assert stub.pay(session.id, card=secured, authenticate=False)["status"] == "declined"
    assert stub.pay(session.id, card=secured, authenticate=True)["status"] == "paid"
    paid = retrieve_session(sdk, session, "payment_intent")
    assert paid.payment_intent.id == refused.payment_intent.id
    assert paid.payment_intent.customer == paid.customer
    assert event_types(sdk, before) == [
        "payment_intent.created",
        "payment_intent.payment_failed",
        "charge.failed",
        "payment_intent.payment_failed",
        "charge.failed",
        "customer.created",
        "payment_intent.succeeded",
        "charge.succeeded",
        "checkout.session.completed",
    ]


@pytest.mark.parametrize(
    ("card", "event_type", "status"),
    [
        ("sepa_debit", "checkout.session.async_payment_succeeded", "paid"),
        ("sepa_debit_fails", "checkout.session.async_payment_failed", "unpaid"),
    ],
)
def test_a_bank_debit_completes_or_fails_asynchronously(
    stub: BillingStub, sdk: stripe.StripeClient, card: str, event_type: str, status: str
) -> None:
    session = create_session(sdk)
    assert stub.pay(session.id, card=card)["status"] == "processing"
    promised = retrieve_session(sdk, session, "payment_intent")
    assert (promised.status, promised.payment_status) == ("complete", "unpaid")
    assert promised.payment_intent.status == "processing"
    stub.clock.advance(hours=1)
    assert event_type in event_types(sdk)
    assert retrieve_session(sdk, session).payment_status == status


def test_a_coupon_is_distributed_over_the_line_items(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    coupon = sdk.v1.coupons.create({"percent_off": 10, "duration": "once"})
    session = create_session(sdk, discounts=[{"coupon": coupon.id}])
    assert (session.amount_subtotal, session.amount_total) == (4000, 3600)
    lines = sdk.v1.checkout.sessions.line_items.list(session.id).data
    assert [one.amount_discount for one in lines] == [150, 250]
    stub.pay(session.id)
    assert sdk.v1.coupons.retrieve(coupon.id).times_redeemed == 1
    (charge,) = sdk.v1.charges.list().data
    assert charge.amount == 3600


def test_a_discount_must_leave_at_least_the_minimum_charge(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    price = {"currency": "eur", "unit_amount": 50, "product_data": {"name": "Sticker"}}
    cheap: Any = [{"price_data": price, "quantity": 1}]
    coupon = sdk.v1.coupons.create({"percent_off": 20, "duration": "once"})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        create_session(sdk, line_items=cheap, discounts=[{"coupon": coupon.id}])
    assert refused.value.code == "amount_too_small"
    session = create_session(sdk, line_items=cheap, allow_promotion_codes=True)
    page = submit_form(session.url, {"action": "promotion", "code": "LAUNCH20"})
    assert "Amount must be at least 50 eur." in page.text
    stub.pay(session.id, email="ada@example.com")
    (charge,) = sdk.v1.charges.list().data
    assert charge.amount == 50


def test_a_free_checkout_needs_no_card(stub: BillingStub, sdk: stripe.StripeClient) -> None:
    coupon = sdk.v1.coupons.create({"percent_off": 100, "duration": "once"})
    session = create_session(sdk, discounts=[{"coupon": coupon.id}])
    stub.pay(session.id, card=None, email="ada@example.com")
    done = retrieve_session(sdk, session)
    assert (done.payment_status, done.payment_intent) == ("no_payment_required", None)


def test_setup_future_usage_saves_the_card(stub: BillingStub, sdk: stripe.StripeClient) -> None:
    session = create_session(sdk, payment_intent_data={"setup_future_usage": "off_session"})
    stub.pay(session.id, email="ada@example.com")
    done = retrieve_session(sdk, session)
    methods = sdk.v1.payment_methods.list({"customer": done.customer})
    assert [one.card.last4 for one in methods.data if one.card] == ["4242"]


def test_expiring_a_session_cancels_its_payment_intent(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    session = create_session(sdk)
    stub.pay(session.id, card="4000000000000002")
    expired = sdk.v1.checkout.sessions.expire(session.id, {"expand": ["payment_intent"]})
    assert isinstance(expired.payment_intent, stripe.PaymentIntent)
    assert expired.payment_intent.status == "canceled"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"line_items": []}, "invalid_request"),
        ({"line_items": [{"price": "price_nyra_pro_monthly"}]}, "invalid_request"),
        ({"line_items": [{**LINES[0], "price": "price_1"}]}, "invalid_request"),
        ({"line_items": [{"price_data": {"currency": "eur"}}]}, "parameter_invalid"),
        ({"line_items": [{**LINES[0], "quantity": 0}]}, "invalid_request"),
        (
            {
                "line_items": [
                    {
                        "price_data": {
                            "currency": "eur",
                            "unit_amount": 49,
                            "product_data": {"name": "Cheap"},
                        }
                    }
                ]
            },
            "amount_too_small",
        ),
        ({"subscription_data": {"metadata": {"a": "b"}}}, "parameter_unknown"),
        ({"mode": "setup"}, "parameter_invalid"),
    ],
)
def test_invalid_line_items_are_refused(sdk: stripe.StripeClient, fields: Any, code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        create_session(sdk, **fields)
    assert refused.value.code == code
    assert sdk.v1.products.list({"active": False}).data == []


INVOICED: Any = {"invoice_creation": {"enabled": True}}


def test_invoice_creation_creates_a_paid_invoice(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    coupon = sdk.v1.coupons.create({"percent_off": 10, "duration": "once"})
    session = create_session(sdk, discounts=[{"coupon": coupon.id}], **INVOICED)
    before = len(event_types(sdk))
    stub.pay(session.id, email="ada@example.com")
    done = retrieve_session(sdk, session)
    invoice = validated(sdk.v1.invoices.retrieve(done.invoice))
    assert (invoice.status, invoice.billing_reason) == ("paid", "manual")
    assert invoice.customer == done.customer
    assert (invoice.subtotal, invoice.total, invoice.amount_paid) == (4000, 3600, 3600)
    assert [one.description for one in invoice.lines.data] == ["Sticker", "Mug"]
    assert [one.discount_amounts[0].amount for one in invoice.lines.data] == [150, 250]
    (paid,) = sdk.v1.invoice_payments.list({"invoice": invoice.id}).data
    assert (paid.status, paid.amount_paid) == ("paid", 3600)
    assert paid.payment.payment_intent == done.payment_intent
    assert event_types(sdk, before)[-7:] == [
        "charge.succeeded",
        "invoice.created",
        "invoice.finalized",
        "invoice_payment.paid",
        "invoice.paid",
        "invoice.payment_succeeded",
        "checkout.session.completed",
    ]


def test_the_invoice_of_a_bank_debit_is_created_when_it_succeeds(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    session = create_session(sdk, **INVOICED)
    stub.pay(session.id, card="sepa_debit")
    assert retrieve_session(sdk, session).invoice is None
    stub.clock.advance(days=7)
    paid = retrieve_session(sdk, session, "invoice")
    assert (paid.payment_status, paid.invoice.status) == ("paid", "paid")


def test_a_free_checkout_does_not_charge_a_given_card(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    coupon = sdk.v1.coupons.create({"percent_off": 100, "duration": "once"})
    session = create_session(sdk, discounts=[{"coupon": coupon.id}])
    stub.pay(session.id, card="pm_card_chargeDeclined", email="ada@example.com")
    done = retrieve_session(sdk, session)
    assert (done.status, done.payment_status) == ("complete", "no_payment_required")
    assert sdk.v1.charges.list().data == sdk.v1.payment_intents.list().data == []
