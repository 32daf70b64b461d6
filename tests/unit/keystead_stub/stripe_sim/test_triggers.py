"""Events: ids, order, and what can be triggered."""

import pytest

from keystead_stub.stripe_sim import customer_controls
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.events import operations as event_operations
from keystead_stub.stripe_sim.resources.events import queries as events
from keystead_stub.stripe_sim.resources.webhook_endpoints import operations as webhook_endpoints
from keystead_stub.stripe_sim.triggers import EVENT_TYPES
from keystead_stub.stripe_types.errors import StripeError
from support.stripe_world import StripeWorld

#: What the native billing API's webhook handles (specification §7.13), and more of its kind.
HANDLED = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice.payment_failed",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "refund.failed",
    "customer.deleted",
    "entitlements.active_entitlement_summary.updated",
)


def test_event_ids_of_one_second_sort_in_order_of_creation() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    for _ in range(70):
        world.stripe.run(customer_controls.cancel, customer_id)
        world.stripe.run(customer_controls.resume, customer_id)
    ids = [event.id for event in world.events()]
    assert len(ids) > 140
    assert ids == sorted(ids)


def test_only_events_caused_by_a_request_have_a_request_id() -> None:
    world = StripeWorld()
    world.buy()
    asked = world.events()[-1].document["request"]["id"]
    world.pass_time(days=28)
    assert asked.startswith("req_")
    assert world.events()[-1].document["request"]["id"] is None


def test_an_event_keeps_a_snapshot_of_its_object() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.stripe.run(customer_controls.cancel, customer_id)
    cancels = world.events()[-1].document["data"]["object"]["cancel_at_period_end"]
    world.stripe.run(customer_controls.resume, customer_id)
    event = next(
        e for e in world.stripe.read(events.newest) if e.type.endswith("subscription.updated")
    )
    assert cancels is True
    assert event.document["data"]["object"]["cancel_at_period_end"] is False


def test_events_are_listed_newest_first_by_customer_up_to_the_limit() -> None:
    world = StripeWorld()
    first, second = world.buy(), world.buy()
    assert {event.customer_id for event in world.stripe.read(events.newest, customer_id=first)} == {
        first
    }
    newest = world.stripe.read(events.newest, limit=1)
    assert [event.customer_id for event in newest] == [second]
    assert world.stripe.read(events.get, newest[0].id) == newest[0]


def test_every_event_type_that_the_webhook_handles_can_be_triggered() -> None:
    assert set(HANDLED) <= set(EVENT_TYPES)


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_each_type_can_be_triggered_without_a_customer(event_type: str) -> None:
    assert StripeWorld().trigger(event_type).type == event_type


#: Types without a customer, or with a new one.
WITHOUT_CUSTOMER = {"coupon.created", "customer.created", "promotion_code.created"}


@pytest.mark.parametrize("event_type", sorted(set(EVENT_TYPES) - WITHOUT_CUSTOMER))
def test_each_type_can_be_triggered_for_a_customer(event_type: str) -> None:
    world = StripeWorld()
    customer_id = world.buy()
    event = world.trigger(event_type, customer_id=customer_id)
    assert event.customer_id == customer_id
    assert len(world.stripe.read(customer_queries.list_all)) == 1


def test_triggering_a_payment_failure_fails_a_real_payment() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.trigger("invoice.payment_failed", customer_id=customer_id)
    assert world.subscription(customer_id).status == "past_due"
    world.pass_time(days=7)
    assert world.subscription(customer_id).status == "canceled"


def test_an_event_type_without_a_trigger_is_refused() -> None:
    world = StripeWorld()
    with pytest.raises(StripeError) as refused:
        world.trigger("payout.paid")
    assert refused.value.code == "unknown_event_type"
    assert world.events() == []


def test_a_trigger_without_its_precondition_changes_nothing() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.stripe.run(customer_controls.cancel, customer_id, at_period_end=False)
    before = world.types()
    with pytest.raises(StripeError):
        world.trigger("invoice.paid", customer_id=customer_id)
    assert world.types() == before


def test_an_endpoint_receives_only_its_enabled_events() -> None:
    world = StripeWorld()
    world.stripe.run(
        webhook_endpoints.register, "http://127.0.0.1:9/a", ["whsec_a"], ["invoice.paid"]
    )
    world.buy()
    owed = {event.type: event.pending_webhooks for event in world.events()}
    assert owed.pop("invoice.paid") == 1
    assert set(owed.values()) == {0}
    for event in world.events():
        sent = world.stripe.run(event_operations.resend, event.id)
        assert sent.pending_webhooks == (event.type == "invoice.paid")


def test_registering_an_endpoint_again_replaces_its_secrets() -> None:
    world = StripeWorld()
    url = "http://127.0.0.1:9/a"
    first = world.stripe.run(webhook_endpoints.register, url, ["whsec_a"])
    second = world.stripe.run(webhook_endpoints.register, url, ["whsec_a", "whsec_b"])
    assert second.id == first.id
    assert second.secrets == ("whsec_a", "whsec_b")
