"""A customer's history does not depend on how Stripe's events arrive."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from keystead_stub.billing.billing_history import EMPTY, BillingHistory, decode, encode, merge
from keystead_stub.billing.billing_state import decide_state, fold
from keystead_stub.billing.entitlements import ProductEntitlement
from keystead_stub.billing.event_facts import facts_of, replay
from keystead_stub.billing.known_subscriptions import ANY_PRICE, Offer
from keystead_stub.stripe_types.events import StripeEvent
from support.billing_events import CUSTOMER, MONTH_S, T0

#: Few ids and few instants, so that several events share an object or a second.
SECONDS = st.sampled_from([T0, T0 + 1, T0 + MONTH_S, T0 + MONTH_S + 1, T0 + 2 * MONTH_S])
SUBSCRIPTIONS = st.sampled_from(["sub_1", "sub_2"])
INVOICES = st.sampled_from(["in_1", "in_2", "in_3"])
INTENTS = st.sampled_from(["pi_1", "pi_2", "pi_3"])
PRICES = st.sampled_from(["price_1", "price_2"])
PRODUCTS = {"prod_1": ProductEntitlement("gold", ("audit",))}
METADATA = st.sampled_from(
    [
        {},
        {"key": "pro", "features": "export,sync", "priceId": "price_1", "seats": "3"},
        {"plan": "pro"},
        {"planId": "team", "tenantId": "acme"},
        {"tenantId": "acme"},
        {"modules": "web,cctv", "priceId": "price_1"},
        {"purpose": "top_up"},
    ]
)
ITEMS = st.fixed_dictionaries(
    {
        "price": st.fixed_dictionaries(
            {
                "id": PRICES,
                "product": st.sampled_from(["prod_1", "prod_2"]),
                "recurring": st.fixed_dictionaries(
                    {"usage_type": st.sampled_from(["licensed", "metered"])}
                ),
            }
        ),
        "quantity": st.integers(1, 5),
        "current_period_start": SECONDS,
        "current_period_end": st.none() | SECONDS,
    }
)
STATUSES = "active trialing past_due unpaid canceled incomplete incomplete_expired paused".split()
BODIES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "customer.subscription.": st.fixed_dictionaries(
        {
            "id": SUBSCRIPTIONS,
            "status": st.sampled_from(STATUSES),
            "created": SECONDS,
            "items": st.builds(lambda data: {"data": data}, st.lists(ITEMS, max_size=2)),
            "latest_invoice": st.none() | INVOICES,
            "cancel_at": st.none() | SECONDS,
            "cancel_at_period_end": st.booleans(),
        }
    ),
    "checkout.session.": st.fixed_dictionaries(
        {
            "id": st.sampled_from(["cs_1", "cs_2"]),
            "mode": st.sampled_from(["subscription", "payment"]),
            "subscription": st.none() | SUBSCRIPTIONS,
            "payment_intent": st.none() | INTENTS,
            "payment_status": st.sampled_from(["paid", "unpaid"]),
            "customer_details": st.sampled_from([{}, {"email": "ada@example.com"}]),
        }
    ),
    "invoice.": st.fixed_dictionaries(
        {
            "id": INVOICES,
            "created": SECONDS,
            "amount_paid": st.sampled_from([0, 1200]),
            "amount_due": st.sampled_from([0, 1200]),
            "status": st.sampled_from(["open", "paid"]),
            "customer_email": st.sampled_from([None, "invoice@example.com"]),
            "lines": st.builds(lambda end: {"data": [{"period": {"end": end}}]}, SECONDS),
            "parent": st.none()
            | st.builds(lambda s: {"subscription_details": {"subscription": s}}, SUBSCRIPTIONS),
        }
    ),
    "invoice_payment.": st.fixed_dictionaries(
        {"invoice": INVOICES, "payment": st.builds(lambda i: {"payment_intent": i}, INTENTS)}
    ),
    "payment_intent.": st.fixed_dictionaries({"id": INTENTS}),
    "charge.": st.fixed_dictionaries(
        {
            "id": st.sampled_from(["ch_1", "ch_2"]),
            "created": SECONDS,
            "refunded": st.booleans(),
            "amount": st.sampled_from([None, 1200]),
            "amount_refunded": st.sampled_from([None, 500, 1200]),
            "payment_intent": st.none() | INTENTS,
            "status": st.sampled_from(["won", "lost", "warning_closed", "needs_response"]),
        }
    ),
    "refund.": st.fixed_dictionaries(
        {"id": st.just("re_1"), "charge": st.sampled_from(["ch_1", "ch_2"])}
    ),
    "entitlements.": st.builds(
        lambda names: {"entitlements": {"data": [{"lookup_key": name} for name in names]}},
        st.lists(st.sampled_from(["export", "sync"]), max_size=2),
    ),
    "customer.": st.fixed_dictionaries(
        {"object": st.just("customer"), "email": st.sampled_from([None, "new@example.com"])}
    ),
}
TYPES = st.sampled_from(
    [
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.paused",
        "customer.subscription.resumed",
        "customer.subscription.deleted",
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice.payment_failed",
        "invoice_payment.paid",
        "payment_intent.succeeded",
        "charge.refunded",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
        "charge.updated",
        "refund.failed",
        "invoice.finalized",
        "entitlements.active_entitlement_summary.updated",
        "customer.created",
        "customer.updated",
        "customer.deleted",
    ]
)


@st.composite
def events(draw: st.DrawFn) -> list[StripeEvent]:
    """Generate events of one customer, with ids that do not follow their times."""
    found = []
    for number in draw(st.permutations(range(draw(st.integers(0, 12))))):
        kind = draw(TYPES)
        body = next(body for start, body in BODIES.items() if kind.startswith(start))
        found.append(
            StripeEvent(
                id=f"evt_{number:02}",
                type=kind,
                created_ms=draw(SECONDS) * 1000,
                object={"customer": CUSTOMER, "metadata": draw(METADATA), **draw(body)},
                account=draw(st.sampled_from([None, None, "acct_1"])),
                # Attributes of another event of this kind of object.
                previous=draw(st.none() | body),
            )
        )
    return found


def one_by_one(arrived: Iterable[StripeEvent]) -> BillingHistory:
    """Return the history, encoded and decoded after each event as in the database."""
    history = EMPTY
    for event in arrived:
        history = decode(encode(merge(history, facts_of(event))))
    return history


@given(events(), st.data())
def test_history_and_state_do_not_depend_on_order_or_repetition_of_events(
    happened: list[StripeEvent], data: st.DataObject
) -> None:
    repeated = data.draw(
        st.lists(st.sampled_from(happened), max_size=6) if happened else st.just([])
    )
    arrived = data.draw(st.permutations(happened + repeated))
    history = one_by_one(arrived)
    assert history == replay(happened)
    assert encode(history) == encode(replay(happened))
    offer = data.draw(st.sampled_from([ANY_PRICE, Offer(("price_2",), ("pro", ""))]))
    state = decide_state(CUSTOMER, history, offer, PRODUCTS)
    assert state == fold(CUSTOMER, happened, offer, PRODUCTS)


@given(events(), st.randoms(use_true_random=False))
def test_ids_of_events_decide_nothing(happened: list[StripeEvent], random: Random) -> None:
    ids = [event.id for event in happened]
    random.shuffle(ids)
    renamed = [
        msgspec.structs.replace(event, id=new) for event, new in zip(happened, ids, strict=True)
    ]
    assert replay(renamed) == replay(happened)


@given(events(), st.data())
def test_merging_partial_histories_equals_the_whole_history(
    happened: list[StripeEvent], data: st.DataObject
) -> None:
    """Two parts of the events, which may overlap, merge to the history of all of them."""
    parts = data.draw(st.lists(st.integers(1, 3), min_size=len(happened), max_size=len(happened)))
    one = [event for event, part in zip(happened, parts, strict=True) if part & 1]
    other = [event for event, part in zip(happened, parts, strict=True) if part & 2]
    assert merge(replay(one), replay(other)) == replay(happened)
    assert merge(one_by_one(one), one_by_one(other)) == merge(replay(other), replay(one))
