"""The rules that decide a customer's billing state from Stripe's events."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec
import pytest

from keystead.instants import DAY_MS, HOUR_MS
from keystead_stub.billing.billing_state import ENTITLED, fold
from keystead_stub.billing.entitlements import ProductEntitlement
from keystead_stub.stripe_sim import customer_controls, hosted_payments
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.events import queries as events_queries
from keystead_stub.stripe_sim.resources.subscriptions import queries as subscriptions
from keystead_stub.stripe_sim.resources.subscriptions.requests import SubscriptionChange
from keystead_stub.stripe_types.events import StripeEvent, customer_of, parse_event
from support.billing_events import (
    BOUGHT,
    CUSTOMER,
    LINK_PAID_BY,
    MONTH_S,
    RENEWAL_FAILED,
    RENEWED,
    T0,
    checkout_completed,
    event,
    invoice_event,
    purchase_by_invoice,
    refund_of,
    single_purchase,
    subscription_event,
)
from support.stripe_world import YEARLY, StripeWorld


def end_of(period: int) -> int:
    return (T0 + (period + 1) * MONTH_S) * 1000


def test_settling_lasts_from_the_checkout_until_the_period_is_known() -> None:
    first = fold(CUSTOMER, [checkout_completed(1)])
    assert (first.status, first.entitled, first.period_end_ms) == ("settling", True, None)
    assert (first.settling_since_ms, first.seats, first.price_id) == (T0 * 1000, 2, "price_1")
    bought = fold(CUSTOMER, BOUGHT)
    assert (bought.status, bought.period_end_ms) == ("active", end_of(0))
    assert bought.settling_since_ms is None


def test_a_bank_debit_entitles_to_nothing_until_the_bank_responds() -> None:
    started = checkout_completed(1, payment="unpaid")
    state = fold(CUSTOMER, [started])
    assert (state.status, state.entitled) == ("settling", False)
    assert (state.reason, state.settling_since_ms) == ("payment_not_confirmed", None)
    later = event(
        2, "checkout.session.async_payment_succeeded", T0 + 86_400, id="cs_1", payment_status="paid"
    )
    state = fold(CUSTOMER, [started, later])
    assert (state.status, state.entitled, state.reason) == ("settling", True, None)
    assert state.settling_since_ms == (T0 + 86_400) * 1000
    again = event(
        3, "checkout.session.async_payment_succeeded", T0 + 90_000, id="cs_1", payment_status="paid"
    )
    assert fold(CUSTOMER, [again, later, started]) == state


def test_a_paid_checkout_settles_although_its_subscription_still_reads_incomplete() -> None:
    """The webhooks of one payment arrive one by one; a device may ask for its status in between."""
    started = subscription_event(1, "customer.subscription.created", T0, "incomplete")
    state = fold(CUSTOMER, [started, checkout_completed(2)])
    assert (state.status, state.entitled) == ("settling", True)


def test_a_failed_bank_debit_does_not_entitle() -> None:
    later = event(2, "checkout.session.async_payment_failed", T0 + 86_400, id="cs_1")
    state = fold(CUSTOMER, [checkout_completed(1, payment="unpaid"), later])
    assert (state.entitled, state.reason) == (False, "payment_failed")


def test_an_expired_checkout_does_not_entitle() -> None:
    state = fold(CUSTOMER, [event(1, "checkout.session.expired", T0, id="cs_1")])
    assert (state.entitled, state.ever_paid) == (False, False)


def test_an_unpaid_period_does_not_extend_the_period_end() -> None:
    moved = fold(CUSTOMER, BOUGHT + RENEWAL_FAILED[:1])
    assert (moved.status, moved.period_end_ms) == ("active", end_of(0))
    failed = fold(CUSTOMER, BOUGHT + RENEWAL_FAILED)
    assert (failed.status, failed.period_end_ms) == ("past_due", end_of(0))
    assert failed.reason == "payment_failed"
    renewed = fold(CUSTOMER, BOUGHT + RENEWAL_FAILED + RENEWED)
    assert (renewed.status, renewed.period_end_ms) == ("active", end_of(1))


def test_past_due_without_a_known_invoice_ends_at_the_start_of_its_period() -> None:
    state = fold(CUSTOMER, [subscription_event(1, "updated", T0, "past_due", period=1)])
    assert state.period_end_ms == end_of(0)


def test_an_active_subscription_entitles_without_other_events() -> None:
    state = fold(CUSTOMER, [subscription_event(1, "updated", T0, "active", period=3, quantity=7)])
    assert (state.period_end_ms, state.seats) == (end_of(3), 7)


def test_a_paid_proration_does_not_move_the_period() -> None:
    details = {"subscription_item_details": {"proration": True}}
    line = {"period": {"end": T0 + 99 * MONTH_S}, "parent": details}
    extra = event(
        20,
        "invoice.paid",
        T0 + 60,
        id="in_x",
        created=T0 + 60,
        amount_paid=50,
        lines={"data": [line]},
        parent={"subscription_details": {"subscription": "sub_1"}},
    )
    failed = [*BOUGHT, extra, *RENEWAL_FAILED]
    assert fold(CUSTOMER, failed).period_end_ms == end_of(0)


def test_a_cancellation_date_within_the_period_becomes_the_period_end() -> None:
    earlier = T0 + 86_400
    state = fold(CUSTOMER, [subscription_event(1, "updated", T0, "active", cancel_at=earlier)])
    assert (state.cancel_at_period_end, state.period_end_ms) == (True, earlier * 1000)
    far = T0 + 5 * MONTH_S
    later = fold(CUSTOMER, [subscription_event(1, "updated", T0, "active", cancel_at=far)])
    assert (later.cancel_at_period_end, later.period_end_ms) == (False, end_of(0))


@pytest.mark.parametrize(
    ("status", "entitled"),
    [
        ("active", True),
        ("trialing", True),
        ("past_due", True),
        ("unpaid", False),
        ("canceled", False),
        ("incomplete", False),
        ("incomplete_expired", False),
        ("paused", False),
        ("never_heard_of", False),
    ],
)
def test_stripes_status_decides_the_entitlement(status: str, entitled: bool) -> None:
    state = fold(CUSTOMER, [subscription_event(1, "updated", T0, status)])
    assert (state.status, state.entitled) == (status, entitled)
    assert state.entitled == (status in ENTITLED)


def refund(number: int, charged_s: int, *, whole: bool = True) -> StripeEvent:
    return event(
        number, "charge.refunded", T0 + 2 * MONTH_S, id="ch_1", created=charged_s, refunded=whole
    )


def test_a_full_refund_of_the_newest_payment_ends_the_entitlement() -> None:
    whole = fold(CUSTOMER, [*BOUGHT, refund(30, T0)])
    assert (whole.status, whole.entitled, whole.reason) == ("canceled", False, "refunded")
    assert fold(CUSTOMER, [*BOUGHT, refund(30, T0, whole=False)]).entitled
    # A refund of the first month, as goodwill, after the second was paid.
    assert fold(CUSTOMER, [*BOUGHT, *RENEWAL_FAILED, *RENEWED, refund(30, T0)]).entitled


def test_a_refund_leaves_another_purchase_of_the_same_second() -> None:
    """Two payments may have the same second; their invoices tell which one was refunded."""

    def paid_by(number: int, invoice_id: str, intent: str) -> StripeEvent:
        payment = {"type": "payment_intent", "payment_intent": intent}
        return event(number, "invoice_payment.paid", T0, invoice=invoice_id, payment=payment)

    second = event(
        93, "invoice.paid", T0, **{**invoice_event(93, "paid", T0, 0).object, "id": "in_b"}
    )
    back = event(
        92, "charge.refunded", T0, id="ch_1", created=T0, refunded=True, payment_intent="pi_1"
    )
    links = [paid_by(94, "in_0", "pi_1"), paid_by(95, "in_b", "pi_2")]
    assert fold(CUSTOMER, [*BOUGHT, second, back, *links]).reason is None
    assert fold(CUSTOMER, [*BOUGHT, back, links[0]]).reason == "refunded"


def test_a_dispute_ends_the_entitlement_until_it_is_won() -> None:
    opened = event(30, "charge.dispute.created", T0 + 60, id="dp_1", created=T0 + 60)
    disputed = fold(CUSTOMER, [*BOUGHT, opened])
    assert (disputed.entitled, disputed.reason) == (False, "disputed")
    lost = event(31, "charge.dispute.closed", T0 + 90, id="dp_1", status="lost")
    assert not fold(CUSTOMER, [*BOUGHT, opened, lost]).entitled
    won = event(32, "charge.dispute.closed", T0 + 95, id="dp_1", status="won")
    assert fold(CUSTOMER, [*BOUGHT, opened, won]).entitled


def test_a_deleted_customer_stays_deleted() -> None:
    deleted = StripeEvent(
        id="evt_x",
        type="customer.deleted",
        created_ms=T0 * 1000,
        object={"object": "customer", "id": CUSTOMER},
    )
    state = fold(CUSTOMER, [*BOUGHT, deleted])
    assert (state.entitled, state.reason) == (False, "customer_deleted")


def test_a_new_checkout_replaces_an_ended_subscription() -> None:
    ended = subscription_event(10, "deleted", T0 + 5, "canceled")
    again = checkout_completed(11, at_s=T0 + 10, id="cs_2", subscription="sub_2")
    state = fold(CUSTOMER, [*BOUGHT, ended, again])
    assert (state.status, state.subscription_id) == ("settling", "sub_2")


def test_features_from_stripe_replace_the_catalogues() -> None:
    kind = "entitlements.active_entitlement_summary.updated"
    data = {"data": [{"lookup_key": "sync"}, {"lookup_key": "export"}]}
    assert fold(CUSTOMER, BOUGHT).features is None
    assert fold(CUSTOMER, [*BOUGHT, event(9, kind, T0, entitlements=data)]).features == (
        "export",
        "sync",
    )


def test_a_single_purchase_is_active_and_has_no_period() -> None:
    for story in ([single_purchase(40)], [purchase_by_invoice(40)]):
        state = fold(CUSTOMER, story)
        assert (state.status, state.entitled, state.bought_once) == ("active", True, True)
        assert (state.period_end_ms, state.settling_since_ms) == (None, None)
        assert state.entitles == ProductEntitlement("toolbox", ("export", "audit"))
        assert (state.price_id, state.ever_paid) == ("price_once", True)
    assert fold(CUSTOMER, [single_purchase(40)]).seats == 2


def test_a_free_purchase_entitles() -> None:
    free = single_purchase(40, payment_status="no_payment_required", payment_intent=None)
    assert fold(CUSTOMER, [free]).status == "active"


def test_a_single_purchase_without_our_metadata_does_not_entitle() -> None:
    poster = single_purchase(40, metadata={})
    state = fold(CUSTOMER, [poster])
    assert (state.entitled, state.status, state.ever_paid) == (False, "incomplete", False)
    assert fold(CUSTOMER, [*BOUGHT, poster]) == fold(CUSTOMER, BOUGHT)


def test_a_refund_or_dispute_of_a_single_purchase_ends_the_entitlement() -> None:
    refunded = fold(CUSTOMER, [single_purchase(40), refund_of(43, "pi_cs_o")])
    assert (refunded.entitled, refunded.reason) == (False, "refunded")
    opened = event(
        43, "charge.dispute.created", T0 + 60, id="dp_1", created=T0, payment_intent="pi_cs_o"
    )
    disputed = fold(CUSTOMER, [single_purchase(40), opened])
    assert (disputed.entitled, disputed.reason) == (False, "disputed")
    won = event(44, "charge.dispute.closed", T0 + 90, id="dp_1", status="won")
    assert fold(CUSTOMER, [single_purchase(40), opened, won]).entitled
    assert not fold(
        CUSTOMER, [purchase_by_invoice(40), LINK_PAID_BY, refund_of(43, "pi_link")]
    ).entitled
    # Another purchase of theirs is another purchase.
    again = single_purchase(45, T0 + 9, session="cs_p")
    assert fold(CUSTOMER, [single_purchase(40), again, refund_of(43, "pi_cs_o")]).entitled


def test_an_entitling_subscription_takes_precedence_over_a_single_purchase() -> None:
    both = [single_purchase(40, T0 + 99), *BOUGHT]
    assert fold(CUSTOMER, both).subscription_id == "sub_1"
    ended = fold(CUSTOMER, [*both, subscription_event(42, "deleted", T0 + 100, "canceled")])
    assert (ended.status, ended.bought_once) == ("active", True)
    refused = fold(CUSTOMER, [single_purchase(40), subscription_event(42, "updated", T0, "unpaid")])
    assert (refused.status, refused.entitled) == ("active", True)


def test_a_refund_ends_only_the_purchase_of_its_payment() -> None:
    both = [single_purchase(40), *BOUGHT, refund_of(43, "pi_cs_o")]
    assert (fold(CUSTOMER, both).status, fold(CUSTOMER, both).reason) == ("active", None)
    top_up = event(
        46, "payment_intent.succeeded", T0 + 60, id="pi_top", metadata={"purpose": "top_up"}
    )
    state = fold(CUSTOMER, [*BOUGHT, top_up, refund_of(47, "pi_top")])
    assert (state.status, state.reason) == ("active", None)


def test_a_purchase_by_bank_debit_is_settling_until_the_bank_responds() -> None:
    promised = single_purchase(40, payment_status="unpaid")
    state = fold(CUSTOMER, [promised])
    assert (state.status, state.entitled) == ("settling", False)
    assert state.reason == "payment_not_confirmed"
    paid = single_purchase(41, T0 + 86_400, happens="async_payment_succeeded")
    assert fold(CUSTOMER, [promised, paid]).status == "active"
    failed = single_purchase(
        41, T0 + 86_400, happens="async_payment_failed", payment_status="unpaid"
    )
    assert fold(CUSTOMER, [promised, failed]).reason == "payment_failed"


def test_an_open_checkout_leaves_a_single_purchase_active() -> None:
    state = fold(CUSTOMER, [single_purchase(40), checkout_completed(41, T0 + 60)])
    assert (state.status, state.bought_once) == ("active", True)


def test_a_subscription_moved_to_another_product_entitles_to_that_product() -> None:
    metadata = {"key": "basic", "features": "export", "priceId": "price_1", "seats": "1"}
    price = {"id": "price_2", "product": "prod_gold"}
    first = subscription_event(1, "updated", T0, "active", metadata=metadata)
    assert fold(CUSTOMER, [first]).entitles == ProductEntitlement("basic", ("export",))
    item = {**first.object["items"]["data"][0], "price": price}
    moved = event(
        2,
        "customer.subscription.updated",
        T0 + 60,
        **{**first.object, "items": {"data": [item]}},
    )
    assert fold(CUSTOMER, [first, moved]).entitles == ProductEntitlement("prod_gold")
    gold = ProductEntitlement("gold", ("audit",))
    known = {"prod_gold": gold, "prod_other": ProductEntitlement("other")}
    assert fold(CUSTOMER, [moved, first], products=known).entitles == gold
    assert fold(CUSTOMER, [first], products=known).entitles == ProductEntitlement(
        "basic", ("export",)
    )


def test_a_customer_without_purchases_has_nothing() -> None:
    state = fold(CUSTOMER, [event(1, "customer.created", T0, email="ada@example.com")])
    assert (state.status, state.entitled, state.reason) == ("incomplete", False, "not_paid")
    assert (state.email, state.ever_paid) == ("ada@example.com", False)
    assert (state.seats, state.bought_once, state.cancel_at_period_end) == (1, False, False)


def test_the_email_is_taken_from_invoices_until_the_customer_has_one() -> None:
    paid = event(1, "invoice.paid", T0 + 5, id="in_1", customer_email="invoice@example.com")
    assert fold(CUSTOMER, [paid]).email == "invoice@example.com"
    named = event(2, "customer.created", T0, email="ada@example.com")
    assert fold(CUSTOMER, [paid, named]).email == "ada@example.com"


def test_a_free_invoice_does_not_restore_access_after_a_refund() -> None:
    """A month paid by credit or a coupon is not a new payment."""
    free = invoice_event(20, "paid", T0 + MONTH_S, 1, amount=0)
    renewed = subscription_event(
        21, "updated", T0 + MONTH_S, "active", period=1, latest_invoice="in_1"
    )
    refunded = refund(30, T0)
    state = fold(CUSTOMER, [*BOUGHT, free, renewed, refunded])
    assert (state.entitled, state.reason) == (False, "refunded")
    disputed = event(31, "charge.dispute.created", T0 + MONTH_S, id="dp_1", created=T0)
    assert fold(CUSTOMER, [*BOUGHT, free, renewed, disputed]).reason == "disputed"
    paid = invoice_event(20, "paid", T0 + MONTH_S, 1, amount=1)
    assert fold(CUSTOMER, [*BOUGHT, paid, renewed, refunded]).entitled


def test_a_free_invoice_alone_is_no_payment() -> None:
    free = invoice_event(20, "paid", T0, 0, amount=0)
    ended = subscription_event(21, "updated", T0, "canceled")
    assert fold(CUSTOMER, [free, ended]).ever_paid is False
    assert fold(CUSTOMER, [invoice_event(20, "paid", T0, 0, amount=1), ended]).ever_paid is True


def test_canceling_while_past_due_keeps_the_end_of_the_paid_period() -> None:
    leaving = {"period": 1, "latest_invoice": "in_1", "cancel_at_period_end": True}
    cancel_at = T0 + 2 * MONTH_S
    canceled = subscription_event(
        12, "updated", T0 + MONTH_S + 7200, "past_due", cancel_at=cancel_at, **leaving
    )
    state = fold(CUSTOMER, [*BOUGHT, *RENEWAL_FAILED, canceled])
    assert (state.status, state.entitled) == ("past_due", True)
    assert (state.period_end_ms, state.cancel_at_period_end) == (end_of(0), True)


@pytest.mark.parametrize(("usage", "paid_until"), [("metered", 0), ("licensed", 1)])
def test_metered_usage_is_billed_for_the_previous_period(usage: str, paid_until: int) -> None:
    price = {"id": "price_1", "recurring": {"usage_type": usage}}
    period = {
        "current_period_start": T0 + MONTH_S,
        "current_period_end": T0 + 2 * MONTH_S,
    }
    late = subscription_event(
        1, "updated", T0, "past_due", items={"data": [{"price": price, **period}]}
    )
    paid = invoice_event(2, "paid", T0, 1)
    assert fold(CUSTOMER, [late, paid]).period_end_ms == end_of(paid_until)


@pytest.mark.parametrize("status", ["active", "trialing"])
def test_a_subscription_without_a_period_settles(status: str) -> None:
    item = {"price": {"id": "price_1"}, "quantity": 3}
    started = subscription_event(2, "created", T0 + 9, status, items={"data": [item]})
    state = fold(CUSTOMER, [started])
    assert (state.status, state.entitled, state.settling_since_ms) == ("settling", True, T0 * 1000)
    assert (state.price_id, state.seats, state.reason) == ("price_1", 3, None)
    known = fold(CUSTOMER, [started, checkout_completed(4, T0 + 5)])
    assert (known.settling_since_ms, known.seats) == ((T0 + 5) * 1000, 2)


def test_the_newest_unconfirmed_checkout_settles() -> None:
    first = checkout_completed(1, T0, id="cs_1", subscription="sub_1")
    second = checkout_completed(2, T0 + 5, id="cs_2", subscription="sub_2")
    assert fold(CUSTOMER, [first, second]).subscription_id == "sub_2"


def test_ids_of_events_decide_nothing_between_subscriptions_of_one_second() -> None:
    found = set()
    for one, two in ((1, 2), (2, 1)):
        events = [
            subscription_event(one, "created", T0, "active", id="sub_b"),
            subscription_event(two, "created", T0, "active", id="sub_a"),
            checkout_completed(one + 2, T0, id="cs_3", subscription="sub_3"),
            checkout_completed(two + 2, T0, id="cs_4", subscription="sub_4"),
        ]
        found.add(fold(CUSTOMER, events).subscription_id)
    assert len(found) == 1


@pytest.mark.parametrize("status", ["canceled", "incomplete_expired"])
def test_an_active_subscription_takes_precedence_over_a_newer_ended_one(status: str) -> None:
    old = subscription_event(1, "created", T0, "past_due")
    new = subscription_event(2, "created", T0 + 9, status, id="sub_2", created=T0 + 9)
    assert fold(CUSTOMER, [old, new]).subscription_id == "sub_1"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("past_due", "payment_failed"),
        ("unpaid", "payment_failed"),
        ("canceled", "payment_failed"),
        ("incomplete_expired", "payment_failed"),
        ("paused", "paused"),
        ("active", None),
    ],
)
def test_a_subscription_ended_by_failed_payment_has_that_reason(
    status: str, reason: str | None
) -> None:
    ended = subscription_event(10, "updated", T0 + 9, status)
    failed = invoice_event(6, "payment_failed", T0 + 5, 1)
    assert fold(CUSTOMER, [*BOUGHT, failed, ended]).reason == reason


def test_a_cancellation_after_a_recovered_payment_has_reason_canceled() -> None:
    ended = subscription_event(10, "deleted", T0 + 9, "canceled")
    failed = invoice_event(1, "payment_failed", T0 - 5, 0)
    assert fold(CUSTOMER, [failed, *BOUGHT, ended]).reason == "canceled"
    assert fold(CUSTOMER, [ended]).reason == "canceled"


def test_a_cancellation_date_at_period_end_keeps_the_period_end() -> None:
    end_s = T0 + MONTH_S
    state = fold(CUSTOMER, [subscription_event(1, "updated", T0, "active", cancel_at=end_s)])
    assert (state.cancel_at_period_end, state.period_end_ms) == (True, end_s * 1000)


def test_the_newest_purchase_that_is_not_refunded_decides_the_entitlement() -> None:
    old, new = single_purchase(1, T0, "cs_a"), single_purchase(2, T0 + 9, "cs_b", metadata=TOOLS)
    assert fold(CUSTOMER, [new, old]).price_id == "price_tools"
    assert fold(CUSTOMER, [new, old, refund_of(3, "pi_cs_b")]).price_id == "price_once"
    both = [refund_of(3, "pi_cs_b"), refund_of(4, "pi_cs_a")]
    gone = fold(CUSTOMER, [new, old, *both])
    assert (gone.entitled, gone.price_id, gone.reason) == (False, "price_tools", "refunded")
    link = purchase_by_invoice(5, T0 + 10)
    assert fold(CUSTOMER, [new, link]).price_id == "price_once"


TOOLS = {"key": "tools", "priceId": "price_tools"}


def test_the_state_folded_from_events_equals_the_simulated_subscription() -> None:
    world = StripeWorld()
    session = world.checkout()
    world.stripe.run(hosted_payments.complete_checkout, session.id)
    customer = world.stripe.read(customer_queries.list_all)[0].id
    _live(world, customer)
    events = [
        parse_event(json.loads(json.dumps(one.document)))
        for one in world.stripe.read(events_queries.newest, customer_id=customer, limit=1000)
    ]
    state = fold(customer, [one for one in events if customer_of(one) == customer])
    truth = world.stripe.read(subscriptions.current, customer)
    assert truth is not None
    assert (state.status, state.seats) == (truth.status, truth.quantity)
    assert state.period_end_ms == truth.current_period_end_ms
    assert state.cancel_at_period_end == truth.cancel_at_period_end


def test_the_state_follows_trials_discounts_credit_and_plan_changes() -> None:
    world = StripeWorld()
    event = world.trigger("customer.subscription.trial_will_end")
    customer = event.customer_id
    assert customer is not None
    steps: list[Callable[[], object]] = [
        lambda: world.stripe.run(customer_controls.apply_promotion_code, customer, "LAUNCH20"),
        lambda: world.stripe.run(
            customer_controls.update_subscription, customer, SubscriptionChange(quantity=9)
        ),
        lambda: world.stripe.run(
            customer_controls.update_subscription, customer, SubscriptionChange(quantity=3)
        ),
        lambda: world.stripe.run(
            customer_controls.update_subscription,
            customer,
            SubscriptionChange(quantity=5, proration_behavior="create_prorations"),
        ),
        lambda: world.stripe.run(
            customer_controls.update_subscription, customer, SubscriptionChange(price_id=YEARLY)
        ),
        lambda: world.stripe.run(customer_controls.remove_discount, customer),
    ]
    for step in steps:
        step()
        world.pass_time(days=20)
        events = [
            parse_event(json.loads(json.dumps(one.document)))
            for one in world.stripe.read(events_queries.newest, customer_id=customer, limit=1000)
        ]
        own = [one for one in events if customer_of(one) in {customer, None}]
        state = fold(customer, own)
        assert fold(customer, list(reversed(own))) == state
        truth = world.subscription(customer)
        assert (state.status, state.seats, state.price_id) == (
            truth.status,
            truth.quantity,
            truth.price_id,
        )
        assert state.period_end_ms == truth.current_period_end_ms


def _live(world: StripeWorld, customer: str) -> None:
    for month in range(14):
        if month == 3:
            world.stripe.run(
                customer_controls.update_subscription, customer, SubscriptionChange(quantity=4)
            )
        if month == 6:
            world.stripe.run(customer_controls.cancel, customer, at_period_end=True)
            world.stripe.run(customer_controls.resume, customer)
        world.real_ms += 31 * DAY_MS + HOUR_MS
        world.stripe.run_due()


def test_a_new_checkout_settles_after_a_refunded_purchase() -> None:
    refunded = [single_purchase(40), refund_of(43, "pi_cs_o")]
    state = fold(CUSTOMER, [*refunded, checkout_completed(44, T0 + 3 * MONTH_S)])
    assert (state.status, state.entitled, state.bought_once) == ("settling", True, False)


def test_an_unpaid_subscription_without_a_period_does_not_settle() -> None:
    unpaid = subscription_event(1, "updated", T0, "unpaid", items={"data": []})
    state = fold(CUSTOMER, [unpaid])
    assert (state.status, state.entitled, state.settling_since_ms) == ("unpaid", False, None)


def test_a_cancellation_date_without_a_known_period_sets_no_period() -> None:
    late = subscription_event(1, "updated", T0, "past_due", items={"data": []}, cancel_at=T0 + 60)
    state = fold(CUSTOMER, [late])
    assert (state.period_end_ms, state.cancel_at_period_end) == (None, False)


# What costs nothing


def zero_price(*, metered: bool = False) -> StripeEvent:
    price = {"id": "price_0", "unit_amount": 0, "recurring": {"usage_type": "licensed"}}
    if metered:
        price = {"id": "price_1", "unit_amount": 5, "recurring": {"usage_type": "metered"}}
    item = {"price": price, "current_period_end": T0 + MONTH_S, "current_period_start": T0}
    items = {"data": [item]}
    return subscription_event(2, "created", T0, "active", items=items, latest_invoice="in_0")


def test_a_price_of_0_is_free() -> None:
    assert fold(CUSTOMER, [zero_price()]).free
    assert not fold(CUSTOMER, BOUGHT).free


def test_a_subscription_is_free_once_its_paid_invoice_is_0_and_none_was_more() -> None:
    active = subscription_event(2, "updated", T0, "active", latest_invoice="in_0")
    # A subscription without a known invoice is not judged by it.
    assert not fold(CUSTOMER, [active]).free
    nothing = invoice_event(3, "paid", T0, 0, amount=0)
    assert fold(CUSTOMER, [active, nothing]).free
    assert not fold(CUSTOMER, [active, invoice_event(3, "paid", T0, 0)]).free
    # The first invoice after a trial is paid an hour after the trial.
    renewed = subscription_event(4, "updated", T0 + 9, "active", latest_invoice="in_1")
    assert not fold(CUSTOMER, [active, nothing, renewed]).free


def test_trials_and_usage_are_paid_for_later() -> None:
    nothing = invoice_event(3, "paid", T0, 0, amount=0)
    trial = subscription_event(2, "updated", T0, "trialing", latest_invoice="in_0")
    assert not fold(CUSTOMER, [trial, nothing]).free
    assert not fold(CUSTOMER, [zero_price(metered=True), nothing]).free


def test_a_single_purchase_is_free_if_its_total_is_0() -> None:
    assert fold(CUSTOMER, [single_purchase(1, amount_total=0)]).free
    assert not fold(CUSTOMER, [single_purchase(1, amount_total=1)]).free
    invoice = purchase_by_invoice(1)
    assert not fold(CUSTOMER, [invoice]).free
    free = msgspec.structs.replace(invoice, object={**invoice.object, "total": 0})
    assert fold(CUSTOMER, [free]).free


def test_a_state_names_the_connected_account_of_its_events() -> None:
    assert fold(CUSTOMER, BOUGHT).account is None
    theirs = [msgspec.structs.replace(one, account="acct_shop") for one in BOUGHT]
    assert fold(CUSTOMER, theirs).account == "acct_shop"
    silent = msgspec.structs.replace(event(1, "invoice.created", T0), account="acct_shop")
    assert fold(CUSTOMER, [silent]).account == "acct_shop"
