"""The facts in one Stripe event, whatever types its fields have."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead_stub.billing.billing_history import (
    EMPTY,
    BillingHistory,
    Checkout,
    Item,
    Latest,
    Payment,
    Purchase,
    ReturnedPayment,
    SubscriptionPayments,
    decode,
    encode,
)
from keystead_stub.billing.billing_state import BillingState, fold
from keystead_stub.billing.entitlements import UNNAMED, ProductEntitlement
from keystead_stub.billing.event_facts import facts_of
from keystead_stub.stripe_types.events import StripeEvent
from support.billing_events import BOUGHT, CUSTOMER, HISTORIES, T0, event

AT_MS = T0 * 1000


def read(kind: str, **body: Any) -> BillingHistory:
    return facts_of(event(1, kind, T0, **body))


def read_subscription(**body: Any) -> Any:
    facts = read("customer.subscription.updated", id="sub_1", status="active", **body)
    return facts.subscriptions["sub_1"]


def test_a_customer_event_has_the_email() -> None:
    email = read("customer.updated", email="ada@example.com").email
    assert email is not None
    assert (email.value, email.order[0]) == ("ada@example.com", AT_MS)
    assert read("customer.created", email=None) == EMPTY


def test_a_customer_deleted_event_marks_the_history_as_deleted() -> None:
    assert read("customer.deleted") == BillingHistory(deleted=True)


@pytest.mark.parametrize(
    "kind",
    [
        "checkout.session.completed",
        "invoice.paid",
        "invoice_payment.paid",
        "payment_intent.succeeded",
        "charge.refunded",
        "charge.dispute.created",
        "charge.dispute.closed",
        "customer.subscription.updated",
        "charge.succeeded",
    ],
)
def test_an_object_without_an_id_yields_no_facts(kind: str) -> None:
    body = {
        "refunded": True,
        "status": "won",
        "metadata": {"purpose": "top_up"},
        "customer_email": "ada@example.com",
        "customer_details": {"email": "ada@example.com"},
        "parent": {"subscription_details": {"subscription": "sub_1"}},
    }
    assert read(kind, **body) == EMPTY


def test_a_completed_checkout_has_the_order_in_its_metadata() -> None:
    metadata = {"key": "pro", "features": "a,b", "priceId": "price_1", "seats": "3", "plan": "pro"}
    facts = read(
        "checkout.session.completed",
        id="cs_1",
        subscription="sub_1",
        payment_status="unpaid",
        customer_details={"email": "ada@example.com"},
        metadata=metadata | {"modules": "web,cctv"},
    )
    assert facts.checkouts["cs_1"].value == Checkout(
        subscription_id="sub_1",
        pending=True,
        price_id="price_1",
        entitles=ProductEntitlement("pro", ("a", "b")),
        seats=3,
        modules={"cctv": True, "web": True},
        plan="pro",
    )
    assert facts.email is not None
    assert facts.email.value == "ada@example.com"
    assert facts.other_intents == frozenset()


def test_a_failed_bank_debit_marks_the_checkout() -> None:
    facts = read("checkout.session.async_payment_failed", id="cs_1")
    assert facts.checkouts["cs_1"].value == Checkout(None, pending=False, failed=True)


def test_a_payment_mode_checkout_without_our_metadata_is_ignored() -> None:
    body = {"id": "cs_1", "mode": "payment", "payment_intent": "pi_1"}
    licensed = read("checkout.session.completed", **body, metadata={"key": "pro"})
    assert licensed.checkouts["cs_1"].value.once
    assert licensed.checkouts["cs_1"].value.intent == "pi_1"
    other = read("checkout.session.completed", **body, metadata={})
    assert other.checkouts == {}
    # Its refund must not end a subscription either way.
    assert licensed.other_intents == other.other_intents == {"pi_1"}


def test_the_payment_intent_of_a_subscription_checkout_pays_for_a_subscription() -> None:
    facts = read("checkout.session.completed", id="cs_1", payment_intent="pi_1")
    assert facts.other_intents == frozenset()


@pytest.mark.parametrize(
    ("given", "seats"),
    [("3", 3), (3, 3), ("0", 1), ("-2", 1), ("x", 1), (None, 1), ("99999", 99999), ("100000", 1)],
)
def test_seats_are_a_number_from_1_to_99999(given: Any, seats: int) -> None:
    assert read_subscription(items={"data": [{"quantity": given}]}).version.value.items == (
        Item(seats=seats),
    )


def test_digits_of_other_scripts_are_not_seats() -> None:
    assert read_subscription(items={"data": [{"quantity": "٣"}]}).version.value.items == (Item(),)


def test_a_subscription_is_read_with_all_its_items() -> None:
    price = {"id": "price_1", "product": "prod_1", "recurring": {"usage_type": "metered"}}
    item = {
        "price": price,
        "quantity": 2,
        "current_period_start": T0,
        "current_period_end": T0 + 60,
    }
    found = read_subscription(
        created=T0 - 5,
        items={"data": [item, None, {"price": {"id": "price_2"}}]},
        cancel_at=T0 + 30,
        cancel_at_period_end=True,
        latest_invoice="in_1",
        metadata={"key": "pro", "priceId": "price_1", "plan": "pro"},
    )
    version = found.version.value
    assert version.items == (
        Item("price_1", "prod_1", 2, AT_MS, AT_MS + 60_000, metered=True),
        Item("price_2"),
    )
    assert (version.created_ms, version.cancel_at_ms) == (AT_MS - 5000, AT_MS + 30_000)
    assert (version.cancel_at_period_end, version.latest_invoice) == (True, "in_1")
    assert (version.entitles, version.entitles_for_price) == (ProductEntitlement("pro"), "price_1")
    assert found.plan == Latest(found.first, "pro")
    assert found.unnamed_plan is False


def test_a_subscription_without_a_creation_time_has_that_of_its_event() -> None:
    assert read_subscription().version.value.created_ms == AT_MS


def test_an_account_without_a_plan_name_is_marked_as_unnamed_plan() -> None:
    found = read_subscription(metadata={"tenantId": "acme"})
    assert (found.plan, found.unnamed_plan) == (None, True)
    assert UNNAMED == ""


def test_plan_names_in_a_merchants_metadata_are_ignored() -> None:
    updated_event = event(
        1,
        "customer.subscription.updated",
        T0,
        id="sub_1",
        status="active",
        metadata={"plan": "pro"},
    )
    found = facts_of(msgspec.structs.replace(updated_event, account="acct_1")).subscriptions[
        "sub_1"
    ]
    assert (found.plan, found.unnamed_plan) == (None, False)
    assert found.version.value.account == "acct_1"


def test_a_subscription_deleted_event_means_canceled_whatever_its_status() -> None:
    facts = read("customer.subscription.deleted", id="sub_1", status="active")
    assert facts.subscriptions["sub_1"].status.value == "canceled"
    assert read("customer.subscription.updated", id="sub_1") == EMPTY


def test_a_paid_invoice_of_a_subscription_is_a_payment() -> None:
    facts = read(
        "invoice.paid",
        id="in_1",
        created=T0 - 5,
        amount_paid=1200,
        customer_email="ada@example.com",
        parent={"subscription_details": {"subscription": "sub_1"}},
        lines={"data": [{"period": {"end": T0 + 60}}]},
    )
    order = facts.payments["sub_1"].recent[0].order
    assert facts.payments["sub_1"] == SubscriptionPayments(AT_MS + 60_000, (Latest(order, "in_1"),))
    assert facts.newest_payment == Payment(AT_MS - 5000, order, "in_1")
    assert facts.payment_failed is not None
    assert facts.payment_failed.value is False
    assert facts.invoice_email is not None
    assert facts.email is None


@pytest.mark.parametrize(
    ("amount", "paid"), [(1, True), (0, False), (-5, False), ("12", False), (None, False)]
)
def test_a_free_invoice_is_not_a_payment(amount: Any, paid: bool) -> None:
    facts = read(
        "invoice.payment_succeeded",
        id="in_1",
        amount_paid=amount,
        parent={"subscription_details": {"subscription": "sub_1"}},
    )
    assert (facts.newest_payment is not None) is paid
    assert facts.payments["sub_1"].until_ms is None
    assert facts.payments["sub_1"].invoices == {"in_1"}


def test_a_boolean_amount_is_not_a_payment() -> None:
    parent = {"subscription_details": {"subscription": "sub_1"}}
    assert read("invoice.paid", id="in_1", amount_paid=True, parent=parent).newest_payment is None


def test_a_paid_invoice_without_subscription_or_our_metadata_is_no_purchase() -> None:
    metadata = {"key": "pro", "priceId": "price_1", "seats": "2"}
    facts = read("invoice.paid", id="in_1", metadata=metadata)
    assert facts.purchases["in_1"].value == Purchase(ProductEntitlement("pro"), "price_1", 2)
    assert facts.payment_failed is None
    assert read("invoice.paid", id="in_1", metadata={}) == EMPTY


def test_an_invoice_payment_failed_event_marks_the_payment_as_failed() -> None:
    facts = read("invoice.payment_failed", id="in_1")
    assert facts.payment_failed is not None
    assert facts.payment_failed.value is True


def test_an_invoice_payment_without_invoice_or_intent_is_ignored() -> None:
    payment = {"payment_intent": "pi_1"}
    facts = read("invoice_payment.paid", invoice="in_1", payment=payment)
    assert facts.invoice_of_intent == {"pi_1": "in_1"}
    assert read("invoice_payment.paid", payment=payment) == EMPTY
    assert read("invoice_payment.paid", invoice="in_1") == EMPTY


def test_a_top_up_payment_intent_does_not_pay_for_a_subscription() -> None:
    facts = read("payment_intent.succeeded", id="pi_1", metadata={"purpose": "top_up"})
    assert facts.other_intents == {"pi_1"}
    assert read("payment_intent.succeeded", id="pi_1", metadata={}) == EMPTY


def test_a_partial_refund_is_not_a_refunded_payment() -> None:
    body = {"id": "ch_1", "created": T0 - 5, "payment_intent": "pi_1"}
    facts = read("charge.refunded", **body, refunded=True)
    assert facts.refunds["ch_1"].value == ReturnedPayment(AT_MS - 5000, "pi_1")
    assert read("charge.refunded", **body, refunded=False) == EMPTY


def test_a_dispute_counts_until_it_is_won() -> None:
    opened = read("charge.dispute.created", id="dp_1").disputes["dp_1"]
    assert opened.value == ReturnedPayment(AT_MS, None)
    for status in ("won", "warning_closed"):
        assert (
            read("charge.dispute.closed", id="dp_1", status=status).disputes["dp_1"].value is None
        )
    assert read("charge.dispute.closed", id="dp_1", status="lost") == EMPTY


def test_stripes_feature_list_is_sorted() -> None:
    kind = "entitlements.active_entitlement_summary.updated"
    data = [{"lookup_key": "sync"}, {"lookup_key": "export"}, {"lookup_key": 1}, 2]
    facts = read(kind, entitlements={"data": data})
    assert facts.features is not None
    assert facts.features.value == ("export", "sync")


UNEXPECTED = st.recursive(
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
        *sorted({one.type for history in HISTORIES for one in history}),
        "charge.dispute.created",
        "customer.updated",
        "unknown.kind",
    ]
)
FIELDS = st.sampled_from(
    ["id", "items", "lines", "status", "mode", "metadata", "parent", "amount_paid", "payment"]
)


@given(KINDS, st.dictionaries(FIELDS, UNEXPECTED))
def test_objects_with_unexpected_types_are_read_leniently(kind: str, body: dict[str, Any]) -> None:
    strange = StripeEvent(id="evt_z", type=kind, created_ms=AT_MS, object=body)
    facts = facts_of(strange)
    assert decode(encode(facts)) == facts
    state = fold(CUSTOMER, [*BOUGHT, strange])
    assert msgspec.json.decode(msgspec.json.encode(state), type=BillingState) == state
