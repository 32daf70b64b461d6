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
    Charge,
    Checkout,
    Dated,
    InvoiceDetails,
    Item,
    KnownInvoice,
    Purchase,
    SubscriptionHistory,
    SubscriptionReport,
    decode,
    encode,
)
from keystead_stub.billing.billing_state import BillingState, fold
from keystead_stub.billing.entitlements import UNNAMED, ProductEntitlement
from keystead_stub.billing.event_facts import facts_of
from keystead_stub.stripe_types.events import StripeEvent
from keystead_stub.stripe_types.object_shapes import BilledPeriod
from support.billing_events import BOUGHT, CUSTOMER, HISTORIES, T0, event

AT_MS = T0 * 1000


def read(kind: str, **body: Any) -> BillingHistory:
    return facts_of(event(1, kind, T0, **body))


def read_subscription(**body: Any) -> SubscriptionHistory:
    facts = read("customer.subscription.updated", id="sub_1", status="active", **body)
    return facts.subscriptions["sub_1"]


def report_of(found: SubscriptionHistory) -> SubscriptionReport:
    ((_, (statement,)),) = ((group.at, group.said) for group in found.reports)
    return statement.value


def read_invoice(kind: str = "invoice.paid", **body: Any) -> KnownInvoice:
    parent = {"subscription_details": {"subscription": "sub_1"}}
    (invoice,) = read(kind, **{"id": "in_1", "parent": parent, **body}).invoices["sub_1"]
    return invoice


def test_a_customer_event_has_the_email() -> None:
    (group,) = read("customer.updated", email="ada@example.com").email
    assert (group.said[0].value, group.at[0]) == ("ada@example.com", AT_MS)
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
        price_id="price_1",
        entitles=ProductEntitlement("pro", ("a", "b")),
        seats=3,
        modules={"cctv": True, "web": True},
        plan="pro",
    )
    assert facts.email[0].said[0].value == "ada@example.com"
    assert facts.other_intents == frozenset()


def test_a_failed_bank_debit_marks_the_checkout() -> None:
    facts = read("checkout.session.async_payment_failed", id="cs_1")
    assert facts.checkouts["cs_1"].value == Checkout(None, failed=True)


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
    [
        ("3", 3), (3, 3), (3.0, 3), ("0", 0), (0, 0), (250_000, 250_000),
        ("999999999", 999_999_999),
        ("-2", 1), ("x", 1), (None, 1), (True, 1), (2.5, 1), (1e300, 1), (10**9, 1),
    ],
)  # fmt: skip
def test_seats_are_the_quantity_as_it_is(given: Any, seats: int) -> None:
    found = report_of(read_subscription(items={"data": [{"quantity": given}]}))
    assert found.version.items == (Item(seats=seats),)


def test_digits_of_other_scripts_are_not_seats() -> None:
    found = report_of(read_subscription(items={"data": [{"quantity": "٣"}]}))
    assert found.version.items == (Item(),)


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
    version = report_of(found).version
    assert version.items == (
        Item("price_1", "prod_1", 2, AT_MS, AT_MS + 60_000, metered=True),
        Item("price_2"),
    )
    assert (version.created_ms, version.cancel_at_ms) == (AT_MS - 5000, AT_MS + 30_000)
    assert (version.cancel_at_period_end, version.latest_invoice) == (True, "in_1")
    assert (version.entitles, version.entitles_for_price) == (ProductEntitlement("pro"), "price_1")
    assert found.plan == Dated(found.first, "pro")
    assert found.unnamed_plan is False


def test_a_subscription_without_a_creation_time_has_that_of_its_event() -> None:
    assert report_of(read_subscription()).version.created_ms == AT_MS


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
    assert report_of(found).version.account == "acct_1"


def test_a_subscription_deleted_event_means_canceled_whatever_its_status() -> None:
    facts = read("customer.subscription.deleted", id="sub_1", status="active")
    assert report_of(facts.subscriptions["sub_1"]).status == "canceled"
    assert read("customer.subscription.updated", id="sub_1") == EMPTY


def test_a_paid_invoice_of_a_subscription_is_a_payment() -> None:
    line = {
        "period": {"start": T0, "end": T0 + 60},
        "pricing": {"price_details": {"price": "price_1"}},
    }
    body: dict[str, Any] = {
        "created": T0 - 5,
        "amount_due": 1200,
        "amount_paid": 1200,
        "due_date": T0 + 90,
        "customer_email": "ada@example.com",
        "lines": {"data": [line]},
    }
    found = read_invoice(**body)
    moment = found.details.at
    period = BilledPeriod("price_1", AT_MS, AT_MS + 60_000)
    details = InvoiceDetails(1200, 1200, AT_MS + 90_000, (period,), for_period=True)
    assert found == KnownInvoice(AT_MS - 5000, "in_1", moment, False, Dated(moment, details))
    facts = read("invoice.paid", id="in_1", **body)
    assert facts.invoice_email is not None
    assert facts.email == ()


@pytest.mark.parametrize(
    ("kind", "status", "paid", "failed"),
    [
        ("invoice.paid", "open", True, False),
        ("invoice.payment_succeeded", None, True, False),
        ("invoice.updated", "paid", True, False),
        ("invoice.finalized", "open", False, False),
        ("invoice.payment_failed", "open", False, True),
    ],
)
def test_an_invoice_is_paid_by_its_event_or_its_status(
    kind: str, status: str | None, paid: bool, failed: bool
) -> None:
    found = read_invoice(kind, status=status)
    assert (found.paid is not None, found.failed) == (paid, failed)


@pytest.mark.parametrize(
    ("amount", "read_as"),
    [(1, 1), (0, 0), (-5, None), ("12", None), (None, None), (True, None), (2**53, None)],
)
def test_an_amount_is_a_whole_number(amount: Any, read_as: int | None) -> None:
    assert read_invoice(amount_paid=amount).details.value.amount_paid == read_as


@pytest.mark.parametrize("lines", [7, None, [], {"data": 5}, {"data": [1, None, {"period": 3}]}])
def test_lines_of_another_type_are_no_periods(lines: Any) -> None:
    assert read_invoice(lines=lines).details.value.periods == ()


@pytest.mark.parametrize(
    ("changes", "for_period"),
    [
        ({}, True),
        ({"billing_reason": "subscription_cycle"}, True),
        ({"billing_reason": "subscription_update"}, False),
        ({"lines": {"data": [{"period": {"end": T0}, "proration": True}]}}, False),
        (
            {
                "billing_reason": "subscription_update",
                "lines": {"data": [{"period": {"end": T0}, "proration": False}]},
            },
            True,
        ),
    ],
)
def test_an_invoice_is_for_a_period_unless_it_only_settles_a_change(
    changes: dict[str, Any], for_period: bool
) -> None:
    assert read_invoice(**changes).details.value.for_period is for_period


def test_an_invoice_names_its_payments() -> None:
    payment = {"status": "paid", "payment": {"payment_intent": "pi_1"}}
    failed = {"status": "canceled", "payment": {"payment_intent": "pi_2"}}
    assert read(
        "invoice.paid",
        id="in_1",
        subscription="sub_1",
        charge="ch_1",
        payments={"data": [payment, failed]},
    ).invoice_of_payment == {"ch_1": "in_1", "pi_1": "in_1"}
    unpaid = read("invoice.payment_failed", id="in_1", subscription="sub_1", charge="ch_1")
    assert unpaid.invoice_of_payment == {}


def test_a_paid_invoice_without_subscription_or_our_metadata_is_no_purchase() -> None:
    metadata = {"key": "pro", "priceId": "price_1", "seats": "2"}
    facts = read("invoice.paid", id="in_1", metadata=metadata)
    assert facts.purchases["in_1"].value == Purchase(ProductEntitlement("pro"), "price_1", 2)
    assert facts.invoices == {}
    assert read("invoice.paid", id="in_1", metadata={}) == EMPTY


def test_an_invoice_payment_without_invoice_or_intent_is_ignored() -> None:
    payment = {"payment_intent": "pi_1"}
    facts = read("invoice_payment.paid", invoice="in_1", payment=payment)
    assert facts.invoice_of_payment == {"pi_1": "in_1"}
    assert read("invoice_payment.paid", payment=payment) == EMPTY
    assert read("invoice_payment.paid", invoice="in_1") == EMPTY


def test_a_top_up_payment_intent_does_not_pay_for_a_subscription() -> None:
    facts = read("payment_intent.succeeded", id="pi_1", metadata={"purpose": "top_up"})
    assert facts.other_intents == {"pi_1"}
    assert read("payment_intent.succeeded", id="pi_1", metadata={}) == EMPTY


def test_a_refunded_charge_is_read_with_its_amounts() -> None:
    body = {"id": "ch_1", "created": T0 - 5, "payment_intent": "pi_1"}
    (group,) = read("charge.refunded", **body, refunded=True).charges["ch_1"]
    assert group.said[0].value == Charge(AT_MS - 5000, "pi_1", None, None, None, refunded=True)
    part = read("charge.refunded", **body, amount=9, amount_refunded=5, invoice="in_1")
    assert part.charges["ch_1"][0].said[0].value == Charge(
        AT_MS - 5000, "pi_1", "in_1", 9, 5, refunded=False
    )


def test_stripes_feature_list_is_sorted() -> None:
    kind = "entitlements.active_entitlement_summary.updated"
    data = [{"lookup_key": "sync"}, {"lookup_key": "export"}, {"lookup_key": 1}, 2]
    facts = read(kind, entitlements={"data": data})
    assert facts.features[0].said[0].value.names == ("export", "sync")


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
        "charge.updated",
        "refund.failed",
        "invoice.finalized",
        "customer.updated",
        "unknown.kind",
    ]
)
FIELDS = st.sampled_from(
    "id items lines status mode metadata parent amount_paid payment subscription plan charge"
    " payments amount_refunded refunded invoice".split()
)
BODIES = st.dictionaries(FIELDS, UNEXPECTED)


@given(KINDS, BODIES, st.none() | BODIES)
def test_objects_with_unexpected_types_are_read_leniently(
    kind: str, body: dict[str, Any], previous: dict[str, Any] | None
) -> None:
    strange = StripeEvent(id="evt_z", type=kind, created_ms=AT_MS, object=body, previous=previous)
    facts = facts_of(strange)
    assert decode(encode(facts)) == facts
    state = fold(CUSTOMER, [*BOUGHT, strange])
    assert msgspec.json.decode(msgspec.json.encode(state), type=BillingState) == state
