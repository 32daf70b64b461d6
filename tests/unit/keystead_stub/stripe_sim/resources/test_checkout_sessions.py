"""Checkout sessions: creation, payment on the hosted page, expiry."""

import asyncio

import pytest

from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS
from keystead_stub.stripe_sim import customer_controls, hosted_payments
from keystead_stub.stripe_sim.resources.billing_portal import queries as billing_portal
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.checkout_sessions import queries as checkout_sessions
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.invoices import queries as invoices
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.requests import CheckoutItem, NewCheckout, NewPortal
from support.stripe_world import MONTHLY, START_MS, YEARLY, StripeWorld

STORY = [
    "customer.created",
    "payment_method.attached",
    "customer.updated",
    "customer.subscription.created",
    "invoice.created",
    "invoice.finalized",
    "payment_intent.created",
    "payment_intent.succeeded",
    "charge.succeeded",
    "invoice_payment.paid",
    "invoice.paid",
    "invoice.payment_succeeded",
    "customer.subscription.updated",
    "checkout.session.completed",
    "entitlements.active_entitlement_summary.updated",
]


def _code(refused: pytest.ExceptionInfo[StripeError]) -> tuple[str, int]:
    return refused.value.code, refused.value.status


def test_an_open_session_has_a_url_and_expires_after_a_day() -> None:
    world = StripeWorld()
    session = world.checkout(YEARLY, quantity=3, metadata={"deviceId": "d"})
    assert session.id.startswith("cs_test_")
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert session.url == f"http://127.0.0.1:8787/_stub/checkout/{session.id}"
    assert session.success_url == f"http://127.0.0.1:8787/done?session={session.id}"
    assert session.expires_at_ms == START_MS + DAY_MS
    assert (session.amount_total, session.currency) == (36_000, "eur")
    assert session.client_reference_id == "device-1"
    assert session.metadata == {"deviceId": "d"}
    assert world.events() == []


def test_a_paid_checkout_emits_events_in_stripes_order() -> None:
    world = StripeWorld()
    session = world.checkout()
    result = world.stripe.run(
        hosted_payments.complete_checkout, session.id, email="ada@example.com"
    )
    assert result.status == "paid"
    assert result.session is not None
    assert (result.session.status, result.session.payment_status) == ("complete", "paid")
    assert result.session.url is None
    assert result.session.customer_email == "ada@example.com"
    assert world.types() == STORY


def test_a_paid_checkout_creates_a_subscription_for_a_calendar_month() -> None:
    world = StripeWorld()
    bought = world.subscription(world.buy(quantity=4))
    assert (bought.status, bought.quantity, bought.price_id) == ("active", 4, MONTHLY)
    assert bought.current_period_start_ms == START_MS
    assert bought.current_period_end_ms == START_MS + 28 * DAY_MS
    assert bought.metadata == {"deviceId": "device-1"}


def test_the_subscription_is_incomplete_until_its_invoice_is_paid() -> None:
    world = StripeWorld()
    world.buy()
    story = {event.type: event.document["data"] for event in world.events()}
    assert story["customer.subscription.created"]["object"]["status"] == "incomplete"
    updated = story["customer.subscription.updated"]
    assert updated["object"]["status"] == "active"
    assert updated["previous_attributes"] == {"status": "incomplete"}


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("4000 0000 0000 0002", "generic_decline"),
        ("4000 0000 0000 9995", "insufficient_funds"),
        ("4000 0000 0000 0069", "expired_card"),
        ("pm_card_chargeDeclined", "generic_decline"),
        ("1234", "incorrect_number"),
        ("", "incorrect_number"),
    ],
)
def test_a_declined_card_leaves_the_session_open_and_creates_nothing(card: str, code: str) -> None:
    world = StripeWorld()
    session = world.checkout()
    result = world.stripe.run(hosted_payments.complete_checkout, session.id, card=card)
    assert (result.status, result.code) == ("declined", code)
    assert result.sentence
    assert world.stripe.read(checkout_sessions.get, session.id).status == "open"
    assert world.stripe.read(customer_queries.list_all) == ()
    assert world.stripe.run(hosted_payments.complete_checkout, session.id).status == "paid"


def test_authentication_is_required_before_payment() -> None:
    world = StripeWorld()
    session = world.checkout()
    card = "4000 0025 0000 3155"
    assert (
        world.stripe.run(hosted_payments.complete_checkout, session.id, card=card).status
        == "requires_action"
    )
    assert world.events() == []
    refused = world.stripe.run(
        hosted_payments.complete_checkout, session.id, card=card, authenticate=False
    )
    assert (refused.status, refused.code) == ("declined", "authentication_required")
    paid = world.stripe.run(
        hosted_payments.complete_checkout, session.id, card=card, authenticate=True
    )
    assert paid.status == "paid"


def test_a_bank_debit_succeeds_minutes_later() -> None:
    world = StripeWorld()
    session = world.checkout()
    assert (
        world.stripe.run(hosted_payments.complete_checkout, session.id, card="sepa_debit").status
        == "processing"
    )
    waiting = world.stripe.read(checkout_sessions.get, session.id)
    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
    assert waiting.customer_id is not None
    assert world.subscription(waiting.customer_id).status == "incomplete"
    world.pass_time(to_ms=START_MS + 3 * MINUTE_MS)
    assert world.stripe.read(checkout_sessions.get, session.id).payment_status == "paid"
    assert world.subscription(waiting.customer_id).status == "active"
    assert "checkout.session.async_payment_succeeded" in world.types()


def test_a_failed_bank_debit_expires_the_incomplete_subscription() -> None:
    world = StripeWorld()
    customer_id = world.buy(card="sepa_debit_fails")
    world.pass_time(days=90)
    assert world.subscription(customer_id).status == "incomplete_expired"
    assert world.stripe.read(invoices.of_customer, customer_id)[0].status == "void"
    types = world.types()
    assert "checkout.session.async_payment_failed" in types
    assert "invoice.paid" not in types
    assert "entitlements.active_entitlement_summary.updated" not in types


def test_an_unpaid_session_expires_after_a_day() -> None:
    world = StripeWorld()
    session = world.checkout()
    world.pass_time(to_ms=START_MS + DAY_MS - 1)
    assert world.stripe.read(checkout_sessions.get, session.id).status == "open"
    world.pass_time(to_ms=START_MS + DAY_MS)
    assert world.stripe.read(checkout_sessions.get, session.id).status == "expired"
    assert world.types() == ["checkout.session.expired"]


def test_closed_sessions_can_neither_be_paid_nor_expired() -> None:
    world = StripeWorld()
    session = world.checkout()
    world.stripe.run(checkout.expire, session.id)
    before = world.types()
    with pytest.raises(StripeError) as refused:
        world.stripe.run(hosted_payments.complete_checkout, session.id)
    assert _code(refused) == ("illegal_transition", 409)
    with pytest.raises(StripeError) as refused:
        world.stripe.run(checkout.expire, session.id)
    assert _code(refused) == ("illegal_transition", 409)
    assert world.types() == before


def test_a_checkout_of_an_existing_customer_creates_no_other() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.stripe.run(customer_controls.cancel, customer_id, at_period_end=False)
    again = world.checkout(customer_id=customer_id)
    world.stripe.run(hosted_payments.complete_checkout, again.id)
    assert len(world.stripe.read(customer_queries.list_all)) == 1
    assert world.subscription(customer_id).status == "active"


@pytest.mark.parametrize(
    ("price_id", "quantity", "customer_id", "expected"),
    [
        ("price_unknown", 1, None, ("resource_missing", 404)),
        (MONTHLY, 0, None, ("invalid_request", 400)),
        (MONTHLY, 51, None, ("invalid_request", 400)),
        (MONTHLY, 1, "cus_unknown", ("resource_missing", 404)),
    ],
)
def test_a_session_for_missing_objects_is_refused(
    price_id: str, quantity: int, customer_id: str | None, expected: tuple[str, int]
) -> None:
    world = StripeWorld()
    with pytest.raises(StripeError) as refused:
        world.checkout(price_id, quantity=quantity, customer_id=customer_id)
    assert _code(refused) == expected


def test_an_unknown_session_is_not_found() -> None:
    world = StripeWorld()
    world.checkout()
    unknown = "cs_test_unknown' OR 1=1 --"
    with pytest.raises(StripeError) as refused:
        world.stripe.read(checkout_sessions.get, unknown)
    assert _code(refused) == ("resource_missing", 404)
    with pytest.raises(StripeError) as refused:
        world.stripe.run(checkout.expire, unknown)
    assert _code(refused) == ("resource_missing", 404)


def test_a_portal_session_url_is_valid_for_an_hour() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    request = NewPortal(
        customer_id=customer_id, flow="subscription_cancel", return_url="http://127.0.0.1/back"
    )
    session = asyncio.run(world.stripe.create_portal_session(request))
    assert world.stripe.read(billing_portal.get, session.id).flow == "subscription_cancel"
    assert world.stripe.read(billing_portal.get, session.id).return_url == "http://127.0.0.1/back"
    world.pass_time(to_ms=START_MS + HOUR_MS)
    with pytest.raises(StripeError) as refused:
        world.stripe.read(billing_portal.get, session.id)
    assert _code(refused) == ("resource_missing", 404)


def test_a_portal_for_an_unknown_customer_is_refused() -> None:
    world = StripeWorld()
    with pytest.raises(StripeError):
        asyncio.run(world.stripe.create_portal_session(NewPortal(customer_id="cus_unknown")))


def test_generated_ids_are_unique_and_reproducible() -> None:
    ids = [StripeWorld().checkout().id for _ in range(2)]
    assert ids[0] == ids[1]
    world = StripeWorld()
    assert world.checkout().id != world.checkout().id


def test_urls_without_the_session_placeholder_stay_unchanged() -> None:
    world = StripeWorld()
    request = NewCheckout(
        items=(CheckoutItem(price_id=MONTHLY, quantity=1),),
        success_url="https://a.example/",
        cancel_url="https://b.example/",
    )
    session = asyncio.run(world.stripe.create_checkout_session(request))
    assert (session.success_url, session.cancel_url) == ("https://a.example/", "https://b.example/")
