"""Payment methods saved for later, through the official SDK."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from keystead_stub.in_process import BillingStub
from support.hosted_page import open_page, submit_form
from support.stripe_sdk import event_types, validated

# The SDK hands its forms to httpx in a way that httpx is giving up.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

MONTHLY: Any = [{"price": "price_nyra_pro_monthly"}]
ASKS = "pm_card_authenticationRequiredOnSetup"


@pytest.fixture
def customer(sdk: stripe.StripeClient) -> str:
    return sdk.v1.customers.create({"email": "ada@example.com"}).id


def methods_of(sdk: stripe.StripeClient, customer: str) -> list[str]:
    return [one.id for one in sdk.v1.payment_methods.list({"customer": customer}).data]


def default_of(sdk: stripe.StripeClient, customer: str) -> Any:
    settings = sdk.v1.customers.retrieve(customer).invoice_settings
    assert settings is not None
    return settings.default_payment_method


def test_a_detached_payment_method_cannot_be_attached_again(
    sdk: stripe.StripeClient, customer: str
) -> None:
    made = validated(sdk.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}))
    assert (made.card.last4, made.customer) == ("4242", None)
    assert methods_of(sdk, customer) == []
    attached = validated(sdk.v1.payment_methods.attach(made.id, {"customer": customer}))
    assert (attached.id, attached.customer) == (made.id, customer)
    assert methods_of(sdk, customer) == [made.id]
    gone = validated(sdk.v1.payment_methods.detach(made.id))
    assert gone.customer is None
    assert methods_of(sdk, customer) == []
    assert event_types(sdk)[-2:] == ["payment_method.attached", "payment_method.detached"]
    with pytest.raises(stripe.InvalidRequestError, match="detached"):
        sdk.v1.payment_methods.attach(made.id, {"customer": customer})
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.payment_methods.detach(made.id)


def test_a_sepa_debit_payment_method_is_created(sdk: stripe.StripeClient) -> None:
    params: Any = {
        "type": "sepa_debit",
        "sepa_debit": {"iban": "DE89370400440532013000"},
        "billing_details": {"email": "ada@example.com"},
    }
    made = validated(sdk.v1.payment_methods.create(params))
    assert (made.type, made.billing_details.email) == ("sepa_debit", "ada@example.com")


@pytest.mark.parametrize("card", [{"token": "tok_none"}, {"number": "4242424242424242"}, {}])
def test_cards_are_created_from_test_tokens_only(sdk: stripe.StripeClient, card: Any) -> None:
    with pytest.raises((stripe.InvalidRequestError, stripe.CardError)):
        sdk.v1.payment_methods.create({"type": "card", "card": card})


def test_only_the_default_payment_method_pays_subscription_invoices(
    stub: BillingStub, sdk: stripe.StripeClient, customer: str
) -> None:
    method = sdk.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    assert default_of(sdk, customer) is None
    with pytest.raises(stripe.CardError):
        sdk.v1.subscriptions.create({"customer": customer, "items": MONTHLY})
    settings: Any = {"invoice_settings": {"default_payment_method": method}}
    sdk.v1.customers.update(customer, settings)
    bought = sdk.v1.subscriptions.create({"customer": customer, "items": MONTHLY})
    assert bought.status == "active"
    sdk.v1.payment_methods.detach(method)
    assert default_of(sdk, customer) is None
    stub.clock.advance(days=32)
    assert sdk.v1.subscriptions.retrieve(bought.id).status == "past_due"


def test_a_customer_is_created_with_a_default_payment_method(sdk: stripe.StripeClient) -> None:
    card = "pm_card_visa"
    params: Any = {"payment_method": card, "invoice_settings": {"default_payment_method": card}}
    made = sdk.v1.customers.create(params).id
    assert methods_of(sdk, made) == [default_of(sdk, made)]
    plain = sdk.v1.customers.create({"payment_method": card}).id
    assert (len(methods_of(sdk, plain)), default_of(sdk, plain)) == (1, None)


def test_another_customers_payment_method_cannot_be_attached(
    sdk: stripe.StripeClient, customer: str
) -> None:
    other = sdk.v1.customers.create().id
    method = sdk.v1.payment_methods.attach("pm_card_visa", {"customer": other}).id
    with pytest.raises(stripe.InvalidRequestError, match="another customer"):
        sdk.v1.payment_methods.attach(method, {"customer": customer})
    with pytest.raises(stripe.CardError):
        sdk.v1.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer})
    assert methods_of(sdk, customer) == []


def test_a_setup_intent_saves_a_card(sdk: stripe.StripeClient, customer: str) -> None:
    before = len(event_types(sdk))
    params: Any = {"customer": customer, "metadata": {"why": "later"}, "usage": "on_session"}
    intent = validated(sdk.v1.setup_intents.create(params))
    assert (intent.status, intent.usage) == ("requires_payment_method", "on_session")
    done = validated(sdk.v1.setup_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}))
    assert done.status == "succeeded"
    assert methods_of(sdk, customer) == [done.payment_method]
    assert [one.id for one in sdk.v1.setup_intents.list({"customer": customer}).data] == [intent.id]
    assert event_types(sdk, before) == [
        "setup_intent.created",
        "payment_method.attached",
        "setup_intent.succeeded",
    ]
    for act in (sdk.v1.setup_intents.confirm, sdk.v1.setup_intents.cancel):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            act(intent.id)
        assert refused.value.code == "setup_intent_unexpected_state"


def test_a_setup_intent_does_not_save_a_declined_card(
    sdk: stripe.StripeClient, customer: str
) -> None:
    params: Any = {"customer": customer, "payment_method": "pm_card_chargeDeclined"}
    intent = sdk.v1.setup_intents.create(params)
    assert intent.status == "requires_confirmation"
    with pytest.raises(stripe.CardError) as refused:
        sdk.v1.setup_intents.confirm(intent.id)
    assert refused.value.code == "card_declined"
    seen = validated(sdk.v1.setup_intents.retrieve(intent.id))
    assert (seen.status, seen.payment_method) == ("requires_payment_method", None)
    assert seen.last_setup_error.decline_code == "generic_decline"
    given_up = validated(
        sdk.v1.setup_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    )
    assert (given_up.status, given_up.cancellation_reason) == ("canceled", "abandoned")
    assert methods_of(sdk, customer) == []


@pytest.mark.parametrize(("answer", "status"), [("yes", "succeeded"), ("no", "canceled")])
def test_a_setup_intent_is_authenticated_on_a_hosted_page(
    sdk: stripe.StripeClient, customer: str, answer: str, status: str
) -> None:
    params: Any = {"customer": customer, "payment_method": ASKS, "confirm": True}
    intent = validated(sdk.v1.setup_intents.create(params))
    assert intent.status == "requires_action"
    url = intent.next_action.redirect_to_url.url
    assert "Your bank wants to know" in open_page(url).text
    ended = submit_form(url, {"answer": answer})
    assert ("This card is saved" in ended.text) is (answer == "yes")
    seen = sdk.v1.setup_intents.retrieve(intent.id)
    if answer == "no":
        assert seen.status == "requires_payment_method"
        seen = sdk.v1.setup_intents.cancel(intent.id)
    assert seen.status == status
    assert len(methods_of(sdk, customer)) == (answer == "yes")
