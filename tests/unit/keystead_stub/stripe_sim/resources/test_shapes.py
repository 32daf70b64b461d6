"""Every object of the simulation has the shape of Stripe's."""

import asyncio
import json
from typing import Any

import pytest

from keystead_stub.stripe_sim import customer_controls, hosted_payments
from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.promotion_codes import operations as promotion_codes
from keystead_stub.stripe_sim.resources.promotion_codes.requests import NewPromotionCode
from keystead_stub.stripe_sim.resources.subscriptions.requests import SubscriptionChange
from keystead_stub.stripe_sim.triggers import EVENT_TYPES
from keystead_stub.stripe_types.api import STRIPE_API_VERSION
from keystead_stub.stripe_types.requests import CheckoutItem, NewCheckout, NewPortal
from keystead_stub.stripe_types.values import CheckoutSession
from support.external_data import STRIPE_FIXTURES
from support.stripe_shapes import field_differences, shape_errors
from support.stripe_world import YEARLY, StripeWorld

KINDS = (
    "balance_transaction",
    "bank_account",
    "billing_portal.session",
    "charge",
    "checkout.session",
    "coupon",
    "customer",
    "customer_balance_transaction",
    "discount",
    "dispute",
    "entitlements.feature",
    "invoice",
    "invoice_payment",
    "invoiceitem",
    "payment_intent",
    "payment_method",
    "payout",
    "price",
    "product",
    "promotion_code",
    "refund",
    "setup_intent",
    "subscription",
)

#: Required by the SDK, whose version is newer than the pinned one, and not in Stripe's fixture.
NEWER = {"dispute.evidence_details.submission_method: missing"}

#: Fields that depend on the case, so both sets of names are right. Prefixes of reported faults.
BY_CASE = {
    "customer": (".customer_account: not in the fixture",),
    "checkout.session": (".payment_method_options.card: not in the fixture",),
    "charge": (".outcome.risk_level: not in the fixture", ".payment_method_details."),
    # `subscription` is gone from the class since 2025-03-31.basil; the fixture still has a null.
    "invoice": (".subscription: not in the object", ".lines.data[0].pricing.price_details"),
    "invoice_payment": (".payment.payment_intent: not in the fixture",),
    "balance_transaction": (".fee_details",),
    # Only a refund that failed says why, and where its money is.
    "refund": (".failure_reason: not in the", ".failure_balance_transaction: not in the"),
    "setup_intent": (
        ".automatic_payment_methods",
        ".customer_account",
        ".last_setup_error",
        ".next_action",
    ),
    "payment_intent": (".last_payment_error.",),
    "payment_method": (".card: not in the object", ".sepa_debit: not in the fixture"),
    "billing_portal.session": (".flow.",),
}

#: Stripe's fixtures as given hold the billing resources only.
WITHOUT_FIXTURE = {
    "bank_account",
    "customer_balance_transaction",
    "discount",
    "invoiceitem",
    "promotion_code",
}


@pytest.fixture(scope="module")
def world() -> StripeWorld:
    """Return an account with objects of every type and events of every kind."""
    made = StripeWorld()
    customer_id = made.buy(quantity=2)
    made.stripe.run(
        customer_controls.update_subscription, customer_id, SubscriptionChange(quantity=5)
    )
    made.stripe.run(
        customer_controls.update_subscription, customer_id, SubscriptionChange(quantity=1)
    )
    made.stripe.run(customer_controls.update_card, customer_id, "pm_card_mastercard")
    for flow in (None, "payment_method_update", "subscription_cancel", "subscription_update"):
        request = NewPortal(
            customer_id=customer_id,
            flow=flow,
            return_url="http://127.0.0.1/",
        )
        asyncio.run(made.stripe.create_portal_session(request))
    made.buy(YEARLY, card="sepa_debit")
    made.stripe.run(hosted_payments.complete_checkout, made.checkout().id, card="4000000000009995")
    made.stripe.run(customer_controls.cancel, customer_id)
    made.stripe.run(hosted_payments.complete_checkout, trial_with_code(made).id, card=None)
    made.stripe.submit(promotion_codes.create, NewPromotionCode(coupon_id="launch20"))
    for event_type in EVENT_TYPES:
        made.trigger(event_type)
    made.pass_time(days=60)
    return made


def trial_with_code(world: StripeWorld) -> CheckoutSession:
    request = NewCheckout(
        items=(CheckoutItem(price_id=YEARLY, quantity=1),),
        success_url="http://127.0.0.1/done",
        cancel_url="http://127.0.0.1/cancel",
        allow_promotion_codes=True,
        trial_period_days=20,
        payment_method_collection="if_required",
    )
    session = asyncio.run(world.stripe.create_checkout_session(request))
    world.stripe.run(checkout.apply_promotion_code, session.id, "LAUNCH20")
    return session


def _objects(world: StripeWorld, kind: str) -> list[Any]:
    with world.stripe.reading() as rows:
        found = [document for document, _ in records.objects(rows, kind)]
    # A deleted object has only its id and `deleted`; the SDK's class describes existing ones.
    living = [document for document in found if not document.get("deleted")]
    assert living
    return living


@pytest.mark.parametrize("kind", KINDS)
def test_objects_have_the_fields_and_types_of_the_official_sdk(
    world: StripeWorld, kind: str
) -> None:
    found = {fault for document in _objects(world, kind) for fault in shape_errors(document)}
    assert found - NEWER == set()


def test_events_have_the_fields_and_types_of_the_official_sdk(world: StripeWorld) -> None:
    events = world.events()
    assert set(EVENT_TYPES) <= {event.type for event in events}
    for event in events:
        assert shape_errors(event.document) == []
        assert set(shape_errors(event.document["data"]["object"])) <= NEWER
        assert event.document["api_version"] == STRIPE_API_VERSION
        assert event.document["created"] * 1000 == event.created_ms


@pytest.mark.parametrize("kind", KINDS)
def test_objects_have_the_field_names_of_stripes_own_fixtures(
    world: StripeWorld, kind: str
) -> None:
    if not STRIPE_FIXTURES.exists():
        pytest.skip("Stripe's fixtures are not beside the checkout (KEYSTEAD_TEST_DATA)")
    fixture = json.loads(STRIPE_FIXTURES.read_text()).get(kind)
    if fixture is None:
        assert kind in WITHOUT_FIXTURE
        return
    for document in _objects(world, kind):
        names = field_differences(document, fixture)
        assert [one for one in names if not one.startswith(BY_CASE.get(kind, ()))] == []


def test_the_shape_check_detects_wrong_fields() -> None:
    right = _objects(StripeWorld(), "price")[0]
    assert shape_errors(right) == []
    assert shape_errors({**right, "unit_amount": "1200"}) == ["price.unit_amount: str for int"]
    assert shape_errors({**right, "surprise": 1}) == ["price.surprise: unknown field"]
    assert shape_errors({k: v for k, v in right.items() if k != "active"}) == [
        "price.active: missing"
    ]
    assert shape_errors({**right, "active": 1}) == ["price.active: int for bool"]
    assert shape_errors({"object": "toaster"}) == [".: unknown object 'toaster'"]
    assert shape_errors({**right, "recurring": {**right["recurring"], "interval": 3}}) != []
