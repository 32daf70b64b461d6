"""Refunds and disputes through the official SDK."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from keystead_stub.in_process import BillingStub
from support.stripe_sdk import event_types, validated

# The SDK hands its forms to httpx in a way that httpx is giving up.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def paid(sdk: stripe.StripeClient, **fields: Any) -> Any:
    params: Any = {
        "amount": 5000,
        "currency": "eur",
        "payment_method": "pm_card_visa",
        "confirm": True,
        **fields,
    }
    return sdk.v1.payment_intents.create(params)


def booked(sdk: stripe.StripeClient) -> int:
    return sum(one.net for one in sdk.v1.balance_transactions.list({"limit": 100}).data)


def test_a_payment_is_refunded_in_parts(sdk: stripe.StripeClient) -> None:
    old, new = paid(sdk), paid(sdk)
    before = booked(sdk)
    first = validated(
        sdk.v1.refunds.create(
            {
                "payment_intent": old.id,
                "amount": 1500,
                "reason": "duplicate",
                "metadata": {"ticket": "5"},
            }
        )
    )
    assert (first.charge, first.reason, first.metadata.to_dict()) == (
        old.latest_charge,
        "duplicate",
        {"ticket": "5"},
    )
    assert booked(sdk) == before - 1500
    rest = validated(sdk.v1.refunds.create({"charge": old.latest_charge}))
    assert rest.amount == 3500
    charge = validated(sdk.v1.charges.retrieve(old.latest_charge))
    assert (charge.refunded, charge.amount_refunded) == (True, 5000)
    assert [one.id for one in sdk.v1.refunds.list({"charge": charge.id}).data] == [
        rest.id,
        first.id,
    ]
    assert sdk.v1.charges.retrieve(new.latest_charge).amount_refunded == 0
    assert sdk.v1.refunds.update(first.id, {"metadata": {"seen": "1"}}).metadata is not None
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_already_refunded"


@pytest.mark.parametrize("amount", [0, -1, 5001])
def test_refunds_never_exceed_the_charge(sdk: stripe.StripeClient, amount: int) -> None:
    intent = paid(sdk)
    before = booked(sdk)
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.refunds.create({"payment_intent": intent.id, "amount": amount})
    assert booked(sdk) == before


def test_an_uncaptured_charge_cannot_be_refunded(sdk: stripe.StripeClient) -> None:
    held = paid(sdk, capture_method="manual")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.refunds.create({"payment_intent": held.id})
    assert refused.value.code == "charge_not_refundable"
    unpaid = sdk.v1.payment_intents.create({"amount": 900, "currency": "eur"})
    for missing in ({"payment_intent": unpaid.id}, {"charge": "ch_none"}, {}):
        with pytest.raises(stripe.InvalidRequestError):
            sdk.v1.refunds.create(missing)  # type: ignore[arg-type]


def test_a_repeated_idempotency_key_refunds_once(sdk: stripe.StripeClient) -> None:
    intent = paid(sdk)
    params: Any = {"payment_intent": intent.id, "amount": 100}
    made = [sdk.v1.refunds.create(params, {"idempotency_key": "r"}).id for _ in range(2)]
    assert made[0] == made[1]
    assert sdk.v1.charges.retrieve(intent.latest_charge).amount_refunded == 100


def test_description_and_metadata_of_a_charge_can_be_updated(sdk: stripe.StripeClient) -> None:
    intent = paid(sdk, metadata={"a": "1"})
    params: Any = {"description": "Lamp", "metadata": {"b": "2"}}
    changed = validated(sdk.v1.charges.update(intent.latest_charge, params))
    assert (changed.description, changed.metadata.to_dict()) == ("Lamp", {"a": "1", "b": "2"})
    assert event_types(sdk)[-1] == "charge.updated"


@pytest.fixture
def disputed(stub: BillingStub, sdk: stripe.StripeClient) -> Any:
    customer = sdk.v1.customers.create({"email": "ada@example.com"})
    paid(sdk, customer=customer.id)
    stub.customer(customer.id, "dispute")
    (found,) = sdk.v1.disputes.list().data
    return found


@pytest.mark.parametrize(
    ("words", "status", "back"),
    [("winning_evidence", "won", 5000), ("losing_evidence", "lost", 0), ("?", "under_review", 0)],
)
def test_submitted_evidence_decides_the_outcome_of_a_dispute(
    sdk: stripe.StripeClient, disputed: Any, words: str, status: str, back: int
) -> None:
    before = booked(sdk)
    staged: Any = {"evidence": {"customer_name": "Ada"}, "submit": False}
    assert sdk.v1.disputes.update(disputed.id, staged).status == "needs_response"
    params: Any = {"evidence": {"uncategorized_text": words}}
    answered = sdk.v1.disputes.update(disputed.id, params)
    assert (answered.status, answered.evidence.customer_name) == (status, "Ada")
    assert answered.evidence_details.submission_count == 1
    assert booked(sdk) == before + back
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.disputes.update(disputed.id, params)


def test_closing_a_dispute_accepts_it_as_lost(sdk: stripe.StripeClient, disputed: Any) -> None:
    assert sdk.v1.disputes.close(disputed.id).status == "lost"
    assert event_types(sdk)[-1] == "charge.dispute.closed"
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.disputes.close(disputed.id)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.refunds.create({"charge": disputed.charge})
    assert refused.value.code == "charge_disputed"
