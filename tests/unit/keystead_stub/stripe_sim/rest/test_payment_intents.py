"""Payment intents through the official SDK."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
import stripe

from keystead_stub.in_process import BillingStub
from support.hosted_page import open_page, submit_form
from support.stripe_sdk import event_types, validated

# The SDK hands its forms to httpx in a way that httpx is giving up.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

SECURED = "pm_card_authenticationRequired"
DECLINED = "pm_card_visa_chargeDeclinedInsufficientFunds"
CARD = {"card": "4242 4242 4242 4242", "expiry": "12 / 39", "cvc": "123"}


def create_intent(sdk: stripe.StripeClient, **fields: Any) -> Any:
    params: Any = {"amount": 2500, "currency": "eur", **fields}
    return validated(sdk.v1.payment_intents.create(params))


def retrieve_intent(sdk: stripe.StripeClient, intent: Any, *expand: str) -> Any:
    return validated(sdk.v1.payment_intents.retrieve(intent.id, {"expand": list(expand)}))


@pytest.fixture
def customer(sdk: stripe.StripeClient) -> str:
    return sdk.v1.customers.create({"email": "ada@example.com"}).id


def test_a_confirmed_payment_intent_creates_a_charge_and_balance_transaction(
    sdk: stripe.StripeClient, customer: str
) -> None:
    before = len(event_types(sdk))
    intent = create_intent(
        sdk, customer=customer, metadata={"purpose": "top_up"}, description="Top-up"
    )
    assert (intent.status, intent.automatic_payment_methods.enabled) == (
        "requires_payment_method",
        True,
    )
    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    paid = validated(sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}))
    assert (paid.status, paid.amount_received, paid.customer) == ("succeeded", 2500, customer)
    charge = retrieve_intent(sdk, intent, "latest_charge.balance_transaction").latest_charge
    assert charge.metadata.to_dict() == {"purpose": "top_up"}
    assert (charge.balance_transaction.net, charge.description) == (2437, "Top-up")
    assert event_types(sdk, before) == [
        "payment_intent.created",
        "payment_intent.succeeded",
        "charge.succeeded",
    ]
    assert [one.id for one in sdk.v1.payment_intents.list({"customer": customer}).data] == [
        intent.id
    ]


def test_a_saved_card_is_charged_off_session(sdk: stripe.StripeClient, customer: str) -> None:
    (method,) = _save(sdk, customer, "pm_card_visa")
    intent = create_intent(
        sdk, customer=customer, payment_method=method, off_session=True, confirm=True
    )
    assert (intent.status, intent.payment_method) == ("succeeded", method)
    other = sdk.v1.customers.create({"name": "Bo"})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        create_intent(sdk, customer=other.id, payment_method=method, confirm=True)
    assert refused.value.code == "payment_method_unexpected"


def _save(sdk: stripe.StripeClient, customer: str, card: str) -> list[str]:
    sdk.v1.payment_methods.attach(card, {"customer": customer})
    return [one.id for one in sdk.v1.payment_methods.list({"customer": customer}).data]


def test_a_decline_is_returned_and_stored_as_last_payment_error(
    sdk: stripe.StripeClient, customer: str
) -> None:
    with pytest.raises(stripe.CardError) as refused:
        create_intent(sdk, customer=customer, payment_method=DECLINED, confirm=True)
    error: Any = refused.value.error
    assert (refused.value.code, error.decline_code) == ("card_declined", "insufficient_funds")
    intent = retrieve_intent(sdk, error.payment_intent)
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert (intent.latest_charge, intent.last_payment_error.charge) == (error.charge,) * 2
    charge = sdk.v1.charges.retrieve(error.charge)
    assert (charge.paid, charge.failure_code) == (False, "card_declined")
    assert event_types(sdk)[-2:] == ["payment_intent.payment_failed", "charge.failed"]
    again = sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (again.status, again.last_payment_error) == ("succeeded", None)
    assert len(sdk.v1.charges.list({"payment_intent": intent.id}).data) == 2


def test_3d_secure_is_completed_on_the_hosted_page(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    back = f"{stub.url}/checkout/success"
    intent = create_intent(sdk, payment_method=SECURED, confirm=True, return_url=back)
    assert intent.status == "requires_action"
    redirect = intent.next_action.redirect_to_url
    assert redirect.return_url == back
    assert "Confirm with your bank" in open_page(redirect.url).text
    refused = submit_form(redirect.url, {"action": "authenticate", "answer": "no"})
    assert refused.status_code == 422
    assert retrieve_intent(sdk, intent).status == "requires_payment_method"
    sdk.v1.payment_intents.confirm(intent.id, {"payment_method": SECURED})
    agreed = submit_form(redirect.url, {"action": "authenticate", "answer": "yes"})
    assert str(agreed.url) == back
    assert retrieve_intent(sdk, intent).status == "succeeded"
    assert "This is paid" in open_page(redirect.url).text


def test_an_off_session_payment_that_needs_authentication_is_declined(
    sdk: stripe.StripeClient, customer: str
) -> None:
    with pytest.raises(stripe.CardError) as refused:
        create_intent(
            sdk, customer=customer, payment_method=SECURED, off_session=True, confirm=True
        )
    assert refused.value.code == "authentication_required"


def test_a_payment_intent_is_paid_on_the_hosted_page(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    intent = create_intent(sdk, description="100 credits")
    url = f"{stub.url}/_stub/payments/{intent.id}"
    assert "100 credits" in open_page(url).text
    declined = submit_form(url, {**CARD, "card": "4000 0000 0000 0002"})
    assert re.findall(r'role="alert">(.*?)<', declined.text) == ["Your card was declined."]
    assert submit_form(url, {**CARD, "cvc": "1"}).status_code == 422
    assert "This is paid" in submit_form(url, CARD).text
    assert retrieve_intent(sdk, intent).status == "succeeded"
    assert httpx.get(f"{stub.url}/_stub/payments/pi_none", timeout=60).status_code == 404


def test_a_bank_debit_is_processing_until_the_bank_responds(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    good = create_intent(sdk, payment_method="sepa_debit", confirm=True)
    bad = create_intent(sdk, payment_method="sepa_debit_fails", confirm=True)
    assert good.status == bad.status == "processing"
    stub.clock.advance(hours=1)
    assert retrieve_intent(sdk, good).status == "succeeded"
    failed = retrieve_intent(sdk, bad)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error.decline_code == "insufficient_funds"


def test_an_authorized_payment_is_partially_captured(sdk: stripe.StripeClient) -> None:
    intent = create_intent(
        sdk, payment_method="pm_card_visa", confirm=True, capture_method="manual"
    )
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 2500)
    assert sdk.v1.balance_transactions.list().data == []
    taken = validated(sdk.v1.payment_intents.capture(intent.id, {"amount_to_capture": 2000}))
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 2000, 0)
    (booked,) = sdk.v1.balance_transactions.list().data
    assert (booked.amount, booked.fee) == (2000, 55)
    charge = sdk.v1.charges.retrieve(str(taken.latest_charge))
    assert (charge.captured, charge.amount_captured, charge.amount_refunded) == (True, 2000, 500)
    assert event_types(sdk)[-2:] == ["charge.captured", "payment_intent.succeeded"]


def test_a_canceled_payment_intent_releases_its_authorization(sdk: stripe.StripeClient) -> None:
    intent = create_intent(sdk)
    reason: Any = {"cancellation_reason": "requested_by_customer"}
    gone = validated(sdk.v1.payment_intents.cancel(intent.id, reason))
    assert (gone.status, gone.cancellation_reason) == ("canceled", "requested_by_customer")
    held = create_intent(sdk, payment_method="pm_card_visa", confirm=True, capture_method="manual")
    assert sdk.v1.payment_intents.cancel(held.id).status == "canceled"
    assert sdk.v1.charges.retrieve(held.latest_charge).refunded
    assert sdk.v1.balance_transactions.list().data == []
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.payment_intents.confirm(gone.id, {"payment_method": "pm_card_visa"})
    assert refused.value.code == "payment_intent_unexpected_state"


def test_the_amount_of_a_payment_intent_can_be_updated_until_it_is_paid(
    sdk: stripe.StripeClient, customer: str
) -> None:
    intent = create_intent(sdk, metadata={"a": "1", "b": "2"})
    changed = validated(
        sdk.v1.payment_intents.update(
            intent.id, {"amount": 3000, "customer": customer, "metadata": {"a": "", "c": "3"}}
        )
    )
    assert (changed.amount, changed.customer) == (3000, customer)
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    sdk.v1.payment_intents.update(intent.id, {"payment_method": "pm_card_visa"})
    assert sdk.v1.payment_intents.confirm(intent.id).amount_received == 3000
    sdk.v1.payment_intents.update(intent.id, {"description": "Paid"})
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.payment_intents.update(intent.id, {"amount": 1})


def test_a_declined_request_repeated_with_its_idempotency_key_creates_one_intent(
    sdk: stripe.StripeClient,
) -> None:
    params: Any = {
        "amount": 900,
        "currency": "eur",
        "payment_method": DECLINED,
        "confirm": True,
    }
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            sdk.v1.payment_intents.create(params, {"idempotency_key": "once"})
    assert len(sdk.v1.payment_intents.list().data) == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"amount": 10}, "amount_too_small"),
        ({"amount": 10**9}, "amount_too_large"),
        ({"confirm": True}, "parameter_missing"),
        ({"customer": "cus_none"}, "resource_missing"),
        ({"payment_method": "pm_none"}, "resource_missing"),
        ({"capture_method": "by_hand"}, "parameter_invalid"),
        ({"payment_method_types": ["cash"]}, "parameter_invalid"),
        (
            {
                "payment_method_types": ["sepa_debit"],
                "payment_method": "pm_card_visa",
                "confirm": True,
            },
            "invalid_request",
        ),
        (
            {"payment_method": "sepa_debit", "confirm": True, "capture_method": "manual"},
            "capture_unsupported_payment_method",
        ),
    ],
)
def test_invalid_payment_intents_are_refused(
    sdk: stripe.StripeClient, fields: Any, code: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        create_intent(sdk, **fields)
    assert refused.value.code == code
    assert sdk.v1.payment_intents.list().data == []
