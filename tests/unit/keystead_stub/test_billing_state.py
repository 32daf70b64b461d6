"""The fold over Stripe's events: the same set ends in the same state, in whatever order it came."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.errors import InvalidInput
from keystead.instants import DAY_MS, HOUR_MS
from keystead_stub.billing.billing_state import ENTITLED, BillingState, fold
from keystead_stub.billing.entitlements import Entitles
from keystead_stub.stripe_sim.resources.coupons.requests import NewChange
from keystead_stub.stripe_types.events import StripeEvent, customer_of, parse_event
from support.stripe_world import YEARLY, StripeWorld

T0 = 1_800_000_000
MONTH_S = 31 * 86_400
CUSTOMER = "cus_1"


def event(number: int, kind: str, at_s: int, **body: Any) -> StripeEvent:
    return StripeEvent(
        id=f"evt_{number:04}",
        type=kind,
        created_ms=at_s * 1000,
        object={"customer": CUSTOMER, **body},
    )


def subscription(number: int, kind: str, at_s: int, status: str, **changes: Any) -> StripeEvent:
    period = changes.pop("period", 0)
    item = {
        "price": {"id": "price_1"},
        "quantity": changes.pop("quantity", 1),
        "current_period_start": T0 + period * MONTH_S,
        "current_period_end": T0 + (period + 1) * MONTH_S,
    }
    body = {"id": "sub_1", "created": T0, "status": status, "items": {"data": [item]}, **changes}
    return event(number, f"customer.subscription.{kind}", at_s, **body)


def invoice(number: int, kind: str, at_s: int, period: int, amount: int = 1200) -> StripeEvent:
    line = {"period": {"start": T0 + period * MONTH_S, "end": T0 + (period + 1) * MONTH_S}}
    return event(
        number,
        f"invoice.{kind}",
        at_s,
        id=f"in_{period}",
        created=T0 + period * MONTH_S,
        amount_paid=amount if kind != "payment_failed" else 0,
        lines={"data": [line]},
        parent={"subscription_details": {"subscription": "sub_1"}},
    )


def completed(number: int, at_s: int = T0, payment: str = "paid", **changes: Any) -> StripeEvent:
    body = {
        "id": "cs_1",
        "subscription": "sub_1",
        "payment_status": payment,
        "metadata": {"priceId": "price_1", "seats": "2"},
        **changes,
    }
    return event(number, "checkout.session.completed", at_s, **body)


BOUGHT = [
    completed(1),
    subscription(2, "created", T0, "incomplete", latest_invoice="in_0"),
    invoice(3, "paid", T0, 0),
    subscription(4, "updated", T0, "active", latest_invoice="in_0"),
]
RENEWAL_FAILED = [
    subscription(5, "updated", T0 + MONTH_S, "active", period=1, latest_invoice="in_1"),
    invoice(6, "payment_failed", T0 + MONTH_S + 3600, 1),
    subscription(7, "updated", T0 + MONTH_S + 3600, "past_due", period=1, latest_invoice="in_1"),
]
RENEWED = [
    invoice(8, "paid", T0 + MONTH_S + 7200, 1),
    subscription(9, "updated", T0 + MONTH_S + 7200, "active", period=1, latest_invoice="in_1"),
]
ONCE_METADATA = {"key": "toolbox", "features": "export,audit", "priceId": "price_once"}


def bought_once(
    number: int,
    at_s: int = T0,
    session: str = "cs_o",
    *,
    happens: str = "completed",
    **changes: Any,
) -> StripeEvent:
    """A checkout in payment mode that was completed: of a license that has no period."""
    body = {
        "id": session,
        "mode": "payment",
        "subscription": None,
        "payment_intent": f"pi_{session}",
        "payment_status": "paid",
        "metadata": {**ONCE_METADATA, "seats": "2"},
        **changes,
    }
    return event(number, f"checkout.session.{happens}", at_s, **body)


def invoiced(number: int, at_s: int = T0, invoice_id: str = "in_link") -> StripeEvent:
    """An invoice of no subscription that was paid, and carries a license."""
    return event(
        number,
        "invoice.paid",
        at_s,
        id=invoice_id,
        created=at_s,
        amount_paid=4900,
        lines={"data": []},
        parent=None,
        metadata=ONCE_METADATA,
    )


def given_back(number: int, intent: str, kind: str = "charge.refunded") -> StripeEvent:
    return event(
        number,
        kind,
        T0 + 2 * MONTH_S,
        id=f"ch_{intent}",
        created=T0 + 2 * MONTH_S,
        refunded=True,
        payment_intent=intent,
    )


PAID_BY = event(
    41, "invoice_payment.paid", T0, invoice="in_link", payment={"payment_intent": "pi_link"}
)
BOUGHT_ONCE = [
    [bought_once(40)],
    [bought_once(40), *BOUGHT, subscription(42, "deleted", T0 + 9, "canceled")],
    [bought_once(40), given_back(43, "pi_cs_o")],
    [
        bought_once(40, payment_status="unpaid"),
        bought_once(44, T0 + 9, happens="async_payment_failed"),
    ],
    [invoiced(40), PAID_BY, given_back(43, "pi_link", "charge.dispute.created")],
]
STORIES = [
    *BOUGHT_ONCE,
    BOUGHT,
    BOUGHT + RENEWAL_FAILED,
    BOUGHT + RENEWAL_FAILED + RENEWED,
    [*BOUGHT, subscription(10, "deleted", T0 + 5, "canceled")],
    [*BOUGHT, subscription(10, "paused", T0, "paused"), subscription(11, "resumed", T0, "active")],
    [*BOUGHT, event(10, "charge.refunded", T0 + 9, id="ch_1", created=T0, refunded=True)],
    [completed(1, payment="unpaid"), subscription(2, "created", T0, "incomplete")],
]


def end_of(period: int) -> int:
    return (T0 + (period + 1) * MONTH_S) * 1000


@given(st.sampled_from(STORIES), st.data())
def test_any_order_with_any_repetition_ends_in_the_same_state(
    story: list[StripeEvent], data: st.DataObject
) -> None:
    repeated = data.draw(st.lists(st.sampled_from(story), max_size=6))
    arrived = data.draw(st.permutations(story + repeated))
    assert fold(CUSTOMER, arrived) == fold(CUSTOMER, story)


def test_settling_begins_with_the_checkout_and_ends_with_the_period() -> None:
    first = fold(CUSTOMER, [completed(1)])
    assert (first.status, first.entitled, first.period_end_ms) == ("settling", True, None)
    assert (first.settling_since_ms, first.seats, first.price_id) == (T0 * 1000, 2, "price_1")
    bought = fold(CUSTOMER, BOUGHT)
    assert (bought.status, bought.period_end_ms) == ("active", end_of(0))
    assert bought.settling_since_ms is None


def test_settling_does_not_begin_again_with_the_banks_answer() -> None:
    later = event(
        2, "checkout.session.async_payment_succeeded", T0 + 86_400, id="cs_1", payment_status="paid"
    )
    state = fold(CUSTOMER, [completed(1, payment="unpaid"), later])
    assert state.settling_since_ms == T0 * 1000


def test_a_paid_checkout_settles_although_its_subscription_still_reads_incomplete() -> None:
    """The webhooks of one payment arrive one after another; a device may ask in between."""
    started = subscription(1, "customer.subscription.created", T0, "incomplete")
    state = fold(CUSTOMER, [started, completed(2)])
    assert (state.status, state.entitled) == ("settling", True)


def test_a_debit_that_failed_is_no_entitlement() -> None:
    later = event(2, "checkout.session.async_payment_failed", T0 + 86_400, id="cs_1")
    state = fold(CUSTOMER, [completed(1, payment="unpaid"), later])
    assert (state.entitled, state.reason) == (False, "payment_failed")


def test_an_expired_checkout_is_no_entitlement() -> None:
    state = fold(CUSTOMER, [event(1, "checkout.session.expired", T0, id="cs_1")])
    assert (state.entitled, state.ever_paid) == (False, False)


def test_a_period_that_nobody_paid_does_not_count() -> None:
    moved = fold(CUSTOMER, BOUGHT + RENEWAL_FAILED[:1])
    assert (moved.status, moved.period_end_ms) == ("active", end_of(0))
    failed = fold(CUSTOMER, BOUGHT + RENEWAL_FAILED)
    assert (failed.status, failed.period_end_ms) == ("past_due", end_of(0))
    assert failed.reason == "payment_failed"
    renewed = fold(CUSTOMER, BOUGHT + RENEWAL_FAILED + RENEWED)
    assert (renewed.status, renewed.period_end_ms) == ("active", end_of(1))


def test_past_due_without_a_known_invoice_ends_where_its_period_began() -> None:
    state = fold(CUSTOMER, [subscription(1, "updated", T0, "past_due", period=1)])
    assert state.period_end_ms == end_of(0)


def test_a_subscription_alone_is_believed() -> None:
    state = fold(CUSTOMER, [subscription(1, "updated", T0, "active", period=3, quantity=7)])
    assert (state.period_end_ms, state.seats) == (end_of(3), 7)


def test_a_proration_is_no_period() -> None:
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


def test_a_date_to_cancel_is_a_cancellation_at_that_date() -> None:
    earlier = T0 + 86_400
    state = fold(CUSTOMER, [subscription(1, "updated", T0, "active", cancel_at=earlier)])
    assert (state.cancel_at_period_end, state.period_end_ms) == (True, earlier * 1000)
    far = T0 + 5 * MONTH_S
    later = fold(CUSTOMER, [subscription(1, "updated", T0, "active", cancel_at=far)])
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
def test_stripes_status_decides(status: str, entitled: bool) -> None:
    state = fold(CUSTOMER, [subscription(1, "updated", T0, status)])
    assert (state.status, state.entitled) == (status, entitled)
    assert state.entitled == (status in ENTITLED)


def refund(number: int, charged_s: int, *, whole: bool = True) -> StripeEvent:
    return event(
        number, "charge.refunded", T0 + 2 * MONTH_S, id="ch_1", created=charged_s, refunded=whole
    )


def test_a_refund_ends_what_its_payment_bought_and_no_more() -> None:
    whole = fold(CUSTOMER, [*BOUGHT, refund(30, T0)])
    assert (whole.status, whole.entitled, whole.reason) == ("canceled", False, "refunded")
    assert fold(CUSTOMER, [*BOUGHT, refund(30, T0, whole=False)]).entitled
    # The first month given back as a kindness, long after the second was paid.
    assert fold(CUSTOMER, [*BOUGHT, *RENEWAL_FAILED, *RENEWED, refund(30, T0)]).entitled


def test_what_is_bought_in_the_second_of_a_refund_is_not_refunded() -> None:
    """A clock of whole seconds cannot tell two payments apart; what each has paid can."""

    def paid_by(number: int, invoice_id: str, intent: str) -> StripeEvent:
        payment = {"type": "payment_intent", "payment_intent": intent}
        return event(number, "invoice_payment.paid", T0, invoice=invoice_id, payment=payment)

    second = event(93, "invoice.paid", T0, **{**invoice(93, "paid", T0, 0).object, "id": "in_b"})
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


def test_a_new_subscription_takes_the_place_of_an_ended_one() -> None:
    ended = subscription(10, "deleted", T0 + 5, "canceled")
    again = completed(11, at_s=T0 + 10, id="cs_2", subscription="sub_2")
    state = fold(CUSTOMER, [*BOUGHT, ended, again])
    assert (state.status, state.subscription_id) == ("settling", "sub_2")


def test_stripes_own_features_win_over_the_catalogues() -> None:
    kind = "entitlements.active_entitlement_summary.updated"
    data = {"data": [{"lookup_key": "sync"}, {"lookup_key": "export"}]}
    assert fold(CUSTOMER, BOUGHT).features is None
    assert fold(CUSTOMER, [*BOUGHT, event(9, kind, T0, entitlements=data)]).features == (
        "export",
        "sync",
    )


def test_what_is_bought_once_has_no_period_and_is_active() -> None:
    for story in ([bought_once(40)], [invoiced(40)]):
        state = fold(CUSTOMER, story)
        assert (state.status, state.entitled, state.bought_once) == ("active", True, True)
        assert (state.period_end_ms, state.settling_since_ms) == (None, None)
        assert state.entitles == Entitles("toolbox", ("export", "audit"))
        assert (state.price_id, state.ever_paid) == ("price_once", True)
    assert fold(CUSTOMER, [bought_once(40)]).seats == 2


def test_what_is_free_is_bought_like_all_else() -> None:
    free = bought_once(40, payment_status="no_payment_required", payment_intent=None)
    assert fold(CUSTOMER, [free]).status == "active"


def test_what_is_bought_once_and_carries_no_license_entitles_to_nothing() -> None:
    poster = bought_once(40, metadata={})
    state = fold(CUSTOMER, [poster])
    assert (state.entitled, state.status, state.ever_paid) == (False, "incomplete", False)
    assert fold(CUSTOMER, [*BOUGHT, poster]) == fold(CUSTOMER, BOUGHT)


def test_all_of_a_purchase_given_back_or_disputed_ends_it() -> None:
    refunded = fold(CUSTOMER, [bought_once(40), given_back(43, "pi_cs_o")])
    assert (refunded.entitled, refunded.reason) == (False, "refunded")
    opened = event(
        43, "charge.dispute.created", T0 + 60, id="dp_1", created=T0, payment_intent="pi_cs_o"
    )
    disputed = fold(CUSTOMER, [bought_once(40), opened])
    assert (disputed.entitled, disputed.reason) == (False, "disputed")
    won = event(44, "charge.dispute.closed", T0 + 90, id="dp_1", status="won")
    assert fold(CUSTOMER, [bought_once(40), opened, won]).entitled
    assert not fold(CUSTOMER, [invoiced(40), PAID_BY, given_back(43, "pi_link")]).entitled
    # Another purchase of theirs is another purchase.
    again = bought_once(45, T0 + 9, session="cs_p")
    assert fold(CUSTOMER, [bought_once(40), again, given_back(43, "pi_cs_o")]).entitled


def test_a_subscription_counts_before_what_was_bought_once() -> None:
    both = [bought_once(40, T0 + 99), *BOUGHT]
    assert fold(CUSTOMER, both).subscription_id == "sub_1"
    ended = fold(CUSTOMER, [*both, subscription(42, "deleted", T0 + 100, "canceled")])
    assert (ended.status, ended.bought_once) == ("active", True)
    refused = fold(CUSTOMER, [bought_once(40), subscription(42, "updated", T0, "unpaid")])
    assert (refused.status, refused.entitled) == ("active", True)


def test_money_that_goes_back_ends_only_what_it_had_bought() -> None:
    both = [bought_once(40), *BOUGHT, given_back(43, "pi_cs_o")]
    assert (fold(CUSTOMER, both).status, fold(CUSTOMER, both).reason) == ("active", None)
    top_up = event(
        46, "payment_intent.succeeded", T0 + 60, id="pi_top", metadata={"purpose": "top_up"}
    )
    state = fold(CUSTOMER, [*BOUGHT, top_up, given_back(47, "pi_top")])
    assert (state.status, state.reason) == ("active", None)


def test_a_purchase_by_debit_settles_until_the_bank_has_answered() -> None:
    promised = bought_once(40, payment_status="unpaid")
    state = fold(CUSTOMER, [promised])
    assert (state.status, state.settling_since_ms) == ("settling", T0 * 1000)
    paid = bought_once(41, T0 + 86_400, happens="async_payment_succeeded")
    assert fold(CUSTOMER, [promised, paid]).status == "active"
    failed = bought_once(41, T0 + 86_400, happens="async_payment_failed", payment_status="unpaid")
    assert fold(CUSTOMER, [promised, failed]).reason == "payment_failed"


def test_a_new_checkout_does_not_put_a_purchase_in_doubt() -> None:
    state = fold(CUSTOMER, [bought_once(40), completed(41, T0 + 60)])
    assert (state.status, state.bought_once) == ("active", True)


def test_a_subscription_moved_to_another_product_is_for_that() -> None:
    metadata = {"key": "basic", "features": "export", "priceId": "price_1", "seats": "1"}
    price = {"id": "price_2", "product": "prod_gold"}
    first = subscription(1, "updated", T0, "active", metadata=metadata)
    assert fold(CUSTOMER, [first]).entitles == Entitles("basic", ("export",))
    item = {**first.object["items"]["data"][0], "price": price}
    moved = event(
        2,
        "customer.subscription.updated",
        T0 + 60,
        **{**first.object, "items": {"data": [item]}},
    )
    assert fold(CUSTOMER, [first, moved]).entitles == Entitles("prod_gold")
    gold = Entitles("gold", ("audit",))
    known = {"prod_gold": gold, "prod_other": Entitles("other")}
    assert fold(CUSTOMER, [moved, first], products=known).entitles == gold
    assert fold(CUSTOMER, [first], products=known).entitles == Entitles("basic", ("export",))


SCRAMBLED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("cus_1"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "id status items data lines period end price quantity customer parent "
                "subscription_details metadata seats created key features mode".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
KINDS = st.sampled_from(
    [
        *sorted({one.type for story in STORIES for one in story}),
        "charge.dispute.created",
        "customer.updated",
        "unknown.kind",
    ]
)


@given(
    KINDS,
    st.dictionaries(
        st.sampled_from(["id", "items", "lines", "status", "mode", "metadata"]), SCRAMBLED
    ),
)
def test_no_object_however_strange_breaks_the_fold(kind: str, body: dict[str, Any]) -> None:
    strange = StripeEvent(id="evt_z", type=kind, created_ms=T0 * 1000, object=body)
    state = fold(CUSTOMER, [*BOUGHT, strange])
    assert msgspec.json.decode(msgspec.json.encode(state), type=BillingState) == state


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"id": "e"}, {"id": "e", "type": "t", "created": "1", "data": {"object": {}}}],
)
def test_what_is_no_event_is_refused(document: Any) -> None:
    with pytest.raises(InvalidInput):
        parse_event(document)


def test_a_life_in_the_simulation_folds_to_what_the_simulation_says() -> None:
    world = StripeWorld()
    session = world.checkout()
    world.stripe.complete_checkout(session.id)
    customer = world.stripe.customers()[0].id
    _live(world, customer)
    events = [
        parse_event(json.loads(json.dumps(one.document)))
        for one in world.stripe.events(customer_id=customer, limit=1000)
    ]
    state = fold(customer, [one for one in events if customer_of(one) == customer])
    truth = world.stripe.subscription(customer)
    assert truth is not None
    assert (state.status, state.seats) == (truth.status, truth.quantity)
    assert state.period_end_ms == truth.current_period_end_ms
    assert state.cancel_at_period_end == truth.cancel_at_period_end


def test_a_life_with_a_trial_a_discount_credit_and_another_plan_folds_to_the_same() -> None:
    world = StripeWorld()
    event = world.stripe.trigger("customer.subscription.trial_will_end")
    customer = event.customer_id
    assert customer is not None
    steps: list[Callable[[], object]] = [
        lambda: world.stripe.discount(customer, "LAUNCH20"),
        lambda: world.stripe.update_subscription(customer, NewChange(quantity=9)),
        lambda: world.stripe.update_subscription(customer, NewChange(quantity=3)),
        lambda: world.stripe.update_subscription(
            customer, NewChange(quantity=5, proration_behavior="create_prorations")
        ),
        lambda: world.stripe.update_subscription(customer, NewChange(price_id=YEARLY)),
        lambda: world.stripe.remove_discount(customer),
    ]
    for step in steps:
        step()
        world.pass_time(days=20)
        events = [
            parse_event(json.loads(json.dumps(one.document)))
            for one in world.stripe.events(customer_id=customer, limit=1000)
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
            world.stripe.update_subscription(customer, NewChange(quantity=4))
        if month == 6:
            world.stripe.cancel(customer, at_period_end=True)
            world.stripe.resume(customer)
        world.real_ms += 31 * DAY_MS + HOUR_MS
        world.stripe.run_due()
