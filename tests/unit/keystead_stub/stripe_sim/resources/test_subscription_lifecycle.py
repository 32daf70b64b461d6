"""Renewals, retries, cancellation, pauses, refunds and disputes of subscriptions."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import pytest

from keystead.instants import DAY_MS, from_iso
from keystead_stub.stripe_sim import customer_controls, hosted_payments
from keystead_stub.stripe_sim.engine.snapshot import Snapshot
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.customers import deletion as customer_deletion
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.events import operations as event_operations
from keystead_stub.stripe_sim.resources.events import queries as events
from keystead_stub.stripe_sim.resources.invoices import payment as invoice_payment
from keystead_stub.stripe_sim.resources.invoices import queries as invoice_queries
from keystead_stub.stripe_sim.resources.subscriptions import queries as subscriptions
from keystead_stub.stripe_sim.resources.subscriptions.requests import SubscriptionChange
from keystead_stub.stripe_sim.resources.webhook_endpoints import operations as webhook_endpoints
from keystead_stub.stripe_types.errors import StripeError
from support.stripe_world import MONTHLY, START_MS, YEARLY, StripeWorld

FAILING = "4000 0000 0000 0341"


def test_a_monthly_subscription_renews_and_is_charged_at_period_end() -> None:
    world = StripeWorld()
    customer_id = world.buy(quantity=2)
    before = len(world.events(customer_id))
    world.pass_time(days=28)
    renewed = world.subscription(customer_id)
    assert renewed.current_period_start_ms == from_iso("2026-02-28T10:00:00Z")
    assert renewed.current_period_end_ms == from_iso("2026-03-31T10:00:00Z")
    invoices = world.stripe.read(invoice_queries.of_customer, customer_id)
    assert [(one.status, one.amount_paid) for one in invoices] == [("paid", 2400)] * 2
    assert invoices[0].period_end_ms == renewed.current_period_end_ms
    assert invoices[0].number is not None
    assert invoices[0].number.endswith("-0002")
    assert world.types(customer_id, after=before) == [
        "invoice.upcoming",
        "invoice.created",
        "customer.subscription.updated",
        "invoice.finalized",
        "payment_intent.created",
        "payment_intent.succeeded",
        "charge.succeeded",
        "invoice_payment.paid",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]


def test_the_event_of_a_renewal_has_the_previous_period() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    first = world.subscription(customer_id)
    world.pass_time(days=28)
    updated = [one for one in world.events() if one.type == "customer.subscription.updated"][-1]
    previous = updated.document["data"]["previous_attributes"]
    assert previous["items"]["data"][0]["current_period_end"] * 1000 == first.current_period_end_ms
    assert previous["latest_invoice"] == first.latest_invoice_id


@pytest.mark.parametrize(("card", "flagged"), [(FAILING, False), ("4242424242424242", True)])
def test_a_failed_renewal_is_retried_after_1_3_5_and_7_days_then_canceled(
    card: str, flagged: bool
) -> None:
    world = StripeWorld()
    customer_id = world.buy(card=card)
    if flagged:
        world.stripe.run(customer_controls.fail_next_payment, customer_id)
    world.pass_time(days=28)
    assert world.subscription(customer_id).status == "past_due"
    open_one = world.stripe.read(invoice_queries.of_customer, customer_id)[0]
    assert (open_one.status, open_one.attempt_count) == ("open", 1)
    ended_ms = START_MS + 28 * DAY_MS
    assert open_one.next_payment_attempt_ms == ended_ms + DAY_MS
    world.pass_time(days=6)
    assert world.subscription(customer_id).status == "past_due"
    world.pass_time(days=1)
    ended = world.subscription(customer_id)
    assert (ended.status, ended.ended_at_ms) == ("canceled", ended_ms + 7 * DAY_MS)
    assert ended.document["cancellation_details"]["reason"] == "payment_failed"
    failures = [one for one in world.events() if one.type == "invoice.payment_failed"]
    days = [(one.created_ms - ended_ms) / DAY_MS for one in failures]
    assert days == [0, 1, 3, 5, 7]
    assert world.stripe.next_timer_ms() is None


def test_paying_the_latest_invoice_reactivates_an_unpaid_subscription() -> None:
    world = StripeWorld(after_retries="unpaid")
    customer_id = world.buy()
    world.stripe.run(customer_controls.fail_next_payment, customer_id)
    world.pass_time(days=40)
    assert world.subscription(customer_id).status == "unpaid"
    world.pass_time(days=40)
    latest = world.stripe.read(invoice_queries.of_customer, customer_id)[0]
    assert latest.status == "draft"
    older = next(
        one
        for one in world.stripe.read(invoice_queries.of_customer, customer_id)
        if one.status == "open"
    )
    world.stripe.run(invoice_payment.pay, older.id, card="4242424242424242")
    assert world.subscription(customer_id).status == "unpaid"
    assert world.stripe.run(invoice_payment.pay, latest.id).status == "paid"
    assert world.subscription(customer_id).status == "active"


def test_paying_the_open_invoice_reactivates_a_past_due_subscription() -> None:
    world = StripeWorld()
    customer_id = world.buy(card=FAILING)
    world.pass_time(days=30)
    open_one = world.stripe.read(invoice_queries.of_customer, customer_id)[0]
    declined = world.stripe.run(invoice_payment.pay, open_one.id)
    assert declined.status == "declined"
    assert world.stripe.read(invoice_queries.get, open_one.id).attempt_count == 2
    paid = world.stripe.run(invoice_payment.pay, open_one.id, card="5555 5555 5555 4444")
    assert paid.status == "paid"
    assert world.subscription(customer_id).status == "active"
    card = world.stripe.read(customer_queries.get, customer_id).card
    assert card is not None
    assert (card.brand, card.last4) == ("mastercard", "4444")
    with pytest.raises(StripeError) as refused:
        world.stripe.run(invoice_payment.pay, open_one.id)
    assert refused.value.code == "illegal_transition"
    world.pass_time(days=365)
    assert world.subscription(customer_id).status == "active"


def test_a_new_card_is_charged_at_the_next_retry() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.stripe.run(customer_controls.fail_next_payment, customer_id)
    world.pass_time(days=28)
    world.stripe.run(customer_controls.update_card, customer_id, "pm_card_mastercard")
    assert world.subscription(customer_id).status == "past_due"
    world.pass_time(days=1)
    assert world.subscription(customer_id).status == "active"


def test_a_declined_card_is_not_attached() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    before = world.types()
    with pytest.raises(StripeError) as refused:
        world.stripe.run(customer_controls.update_card, customer_id, "4000000000000002")
    assert (refused.value.code, refused.value.status) == ("card_declined", 402)
    assert world.types() == before


def test_a_renewal_that_needs_3d_secure_is_past_due_until_authenticated() -> None:
    world = StripeWorld()
    session = world.checkout()
    card = "4000 0027 6000 3184"
    world.stripe.run(hosted_payments.complete_checkout, session.id, card=card, authenticate=True)
    customer_id = world.stripe.read(customer_queries.list_all)[0].id
    world.pass_time(days=28)
    assert world.subscription(customer_id).status == "past_due"
    assert "invoice.payment_action_required" in world.types()
    open_one = world.stripe.read(invoice_queries.of_customer, customer_id)[0]
    assert world.stripe.run(invoice_payment.pay, open_one.id).status == "requires_action"
    assert world.stripe.run(invoice_payment.pay, open_one.id, authenticate=True).status == "paid"
    assert world.subscription(customer_id).status == "active"


def test_cancel_at_period_end_cancels_without_another_invoice() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    leaving = world.stripe.run(customer_controls.cancel, customer_id)
    assert (leaving.status, leaving.cancel_at_period_end) == ("active", True)
    assert leaving.document["cancel_at"] * 1000 == leaving.current_period_end_ms
    world.pass_time(days=400)
    ended = world.subscription(customer_id)
    assert (ended.status, ended.ended_at_ms) == ("canceled", leaving.current_period_end_ms)
    assert len(world.stripe.read(invoice_queries.of_customer, customer_id)) == 1
    assert world.types()[-2:] == [
        "customer.subscription.deleted",
        "entitlements.active_entitlement_summary.updated",
    ]


def test_undoing_a_cancellation_restores_the_same_subscription() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    before = dict(world.subscription(customer_id).document)
    world.stripe.run(customer_controls.cancel, customer_id)
    world.stripe.run(customer_controls.resume, customer_id)
    assert world.subscription(customer_id).document == before


def test_an_immediate_cancellation_ends_the_subscription() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    assert (
        world.stripe.run(customer_controls.cancel, customer_id, at_period_end=False).status
        == "canceled"
    )
    summary = world.events()[-1].document["data"]["object"]
    assert summary["entitlements"]["data"] == []
    for again in (customer_controls.cancel, customer_controls.resume, customer_controls.pause):
        with pytest.raises(StripeError) as refused:
            world.stripe.run(again, customer_id)
        assert (refused.value.code, refused.value.status) == ("illegal_transition", 409)


def test_a_paused_subscription_is_not_billed_and_resumes_with_a_new_period() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    assert world.stripe.run(customer_controls.pause, customer_id).status == "paused"
    assert world.types()[-2:] == [
        "customer.subscription.paused",
        "entitlements.active_entitlement_summary.updated",
    ]
    world.pass_time(days=100)
    assert len(world.stripe.read(invoice_queries.of_customer, customer_id)) == 1
    resumed = world.stripe.run(customer_controls.resume, customer_id)
    assert resumed.status == "active"
    assert resumed.current_period_start_ms == START_MS + 100 * DAY_MS
    assert len(world.stripe.read(invoice_queries.of_customer, customer_id)) == 2
    assert "customer.subscription.resumed" in world.types()


def test_resuming_within_the_paid_period_is_not_charged() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    before = world.subscription(customer_id).current_period_end_ms
    world.stripe.run(customer_controls.pause, customer_id)
    world.pass_time(days=5)
    assert world.stripe.run(customer_controls.resume, customer_id).current_period_end_ms == before
    assert len(world.stripe.read(invoice_queries.of_customer, customer_id)) == 1
    world.pass_time(to_ms=before)
    assert len(world.stripe.read(invoice_queries.of_customer, customer_id)) == 2


def test_paused_collection_stays_active_and_voids_its_invoices() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    assert world.stripe.run(
        customer_controls.pause, customer_id, behavior="collection"
    ).collection_paused
    world.pass_time(days=28)
    assert world.subscription(customer_id).status == "active"
    assert world.stripe.read(invoice_queries.of_customer, customer_id)[0].status == "void"
    assert not world.stripe.run(customer_controls.resume, customer_id).collection_paused


def test_a_charge_is_refunded_in_parts_up_to_its_amount() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    part = world.stripe.run(customer_controls.refund, customer_id, amount=200)
    assert (part["amount_refunded"], part["refunded"]) == (200, False)
    whole = world.stripe.run(customer_controls.refund, customer_id)
    assert (whole["amount_refunded"], whole["refunded"]) == (1200, True)
    assert [one["amount"] for one in whole["refunds"]["data"]] == [1000, 200]
    for amount in (None, 1):
        with pytest.raises(StripeError) as refused:
            world.stripe.run(customer_controls.refund, customer_id, amount=amount)
        assert refused.value.code == "illegal_transition"
    assert world.types().count("charge.refunded") == 2
    assert world.subscription(customer_id).status == "active"


@pytest.mark.parametrize("amount", [0, -1, 1201])
def test_a_refund_amount_outside_the_charge_is_refused(amount: int) -> None:
    world = StripeWorld()
    customer_id = world.buy()
    with pytest.raises(StripeError) as refused:
        world.stripe.run(customer_controls.refund, customer_id, amount=amount)
    assert refused.value.code == "invalid_request"


def test_the_event_of_a_dispute_belongs_to_its_customer() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    dispute = world.stripe.run(customer_controls.dispute, customer_id)
    assert (dispute["amount"], dispute["status"]) == (1200, "needs_response")
    created = [e for e in world.events(customer_id) if e.type == "charge.dispute.created"]
    assert [one.object_id for one in created] == [dispute["id"]]


def test_adding_seats_is_charged_for_the_rest_of_the_period() -> None:
    world = StripeWorld()
    customer_id = world.buy(quantity=1)
    world.pass_time(days=14)
    changed = world.stripe.run(
        customer_controls.update_subscription, customer_id, SubscriptionChange(quantity=3)
    )
    assert changed.quantity == 3
    invoice = world.stripe.read(invoice_queries.of_customer, customer_id)[0]
    lines = invoice.document["lines"]["data"]
    assert [line["amount"] for line in lines] == [-600, 1800]
    assert (invoice.total, invoice.amount_paid, invoice.status) == (1200, 1200, "paid")
    world.pass_time(to_ms=changed.current_period_end_ms)
    assert world.stripe.read(invoice_queries.of_customer, customer_id)[0].amount_paid == 3600


def test_removing_seats_creates_credit_for_the_next_invoices() -> None:
    world = StripeWorld()
    customer_id = world.buy(quantity=5)
    world.pass_time(days=7)
    world.stripe.run(
        customer_controls.update_subscription, customer_id, SubscriptionChange(quantity=1)
    )
    down = world.stripe.read(invoice_queries.of_customer, customer_id)[0]
    assert (down.total, down.amount_due, down.status) == (-3600, 0, "paid")
    assert world.stripe.read(customer_queries.get, customer_id).document["balance"] == -3600
    world.pass_time(days=130)
    paid = [one.amount_paid for one in world.stripe.read(invoice_queries.of_customer, customer_id)]
    assert paid == [1200, 0, 0, 0, 0, 6000]
    assert world.stripe.read(customer_queries.get, customer_id).document["balance"] == 0


def test_changing_the_billing_interval_starts_a_new_period() -> None:
    world = StripeWorld()
    customer_id = world.buy(MONTHLY)
    world.pass_time(days=14)
    changed = world.stripe.run(
        customer_controls.update_subscription, customer_id, SubscriptionChange(price_id=YEARLY)
    )
    assert changed.interval == "year"
    assert changed.current_period_start_ms == START_MS + 14 * DAY_MS
    assert changed.current_period_end_ms == from_iso("2027-02-14T10:00:00Z")
    assert (
        world.stripe.read(invoice_queries.of_customer, customer_id)[0].amount_paid == 12_000 - 600
    )
    world.pass_time(days=300)
    assert len(world.stripe.read(invoice_queries.of_customer, customer_id)) == 2


def test_a_declined_change_leaves_the_subscription_unchanged() -> None:
    world = StripeWorld()
    customer_id = world.buy(card=FAILING)
    before, event_types = world.subscription(customer_id), world.types()
    with pytest.raises(StripeError) as refused:
        world.stripe.run(
            customer_controls.update_subscription, customer_id, SubscriptionChange(quantity=9)
        )
    assert refused.value.status == 402
    assert world.subscription(customer_id) == before
    assert world.types() == event_types


def test_a_deleted_customer_keeps_only_its_id() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.stripe.run(customer_deletion.delete, customer_id)
    gone = world.stripe.read(customer_queries.get, customer_id)
    assert (gone.deleted, gone.email, gone.card) == (True, None, None)
    assert gone.document == {"id": customer_id, "object": "customer", "deleted": True}
    assert world.subscription(customer_id).status == "canceled"
    event_types = world.types(customer_id)
    assert event_types[-3:-1] == ["customer.subscription.deleted", "customer.deleted"]
    with pytest.raises(StripeError) as refused:
        world.stripe.run(customer_controls.cancel, customer_id)
    assert refused.value.code == "resource_missing"
    world.pass_time(days=400)
    assert world.types(customer_id) == event_types


def test_unknown_ids_are_reported_as_resource_missing() -> None:
    world = StripeWorld()
    operations: tuple[Callable[[UnitOfWork, str], object], ...] = (
        customer_controls.cancel,
        customer_controls.resume,
        customer_controls.pause,
        customer_controls.refund,
        customer_controls.dispute,
        customer_controls.fail_next_payment,
        customer_deletion.delete,
        invoice_payment.pay,
        event_operations.resend,
    )
    queries: tuple[Callable[[Snapshot, str], object], ...] = (
        customer_queries.get,
        invoice_queries.get,
        events.get,
    )
    calls: tuple[Callable[[], object], ...] = (
        *(partial(world.stripe.run, one, "cus_unknown") for one in operations),
        *(partial(world.stripe.read, one, "cus_unknown") for one in queries),
    )
    for call in calls:
        with pytest.raises(StripeError) as refused:
            call()
        assert (refused.value.code, refused.value.status) == ("resource_missing", 404)
    assert world.stripe.read(invoice_queries.of_customer, "cus_unknown") == ()
    assert world.stripe.read(subscriptions.current, "cus_unknown") is None


def test_overdue_renewals_are_caught_up_without_gaps_between_periods() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.stripe.turn_clock(START_MS + 365 * DAY_MS)
    world.stripe.run_due()
    invoices = list(reversed(world.stripe.read(invoice_queries.of_customer, customer_id)))
    assert len(invoices) == 13
    for one, following in pairwise(invoices):
        assert one.period_end_ms == following.period_start_ms


def test_reset_deletes_everything_except_webhook_endpoints() -> None:
    world = StripeWorld()
    world.stripe.run(webhook_endpoints.register, "http://127.0.0.1:9/hook", ["whsec_a"])
    world.buy()
    world.pass_time(days=300)
    world.stripe.reset()
    assert world.stripe.read(customer_queries.list_all) == ()
    assert world.events() == []
    assert world.stripe.now_ms() == START_MS
    assert world.stripe.next_timer_ms() is None
    world.buy()
    assert world.events()[0].pending_webhooks == 1
