"""Which purchase a refund or a dispute takes back."""

from __future__ import annotations

import pytest

from keystead_stub.billing import returned_payments
from keystead_stub.billing.event_facts import replay
from keystead_stub.stripe_types.events import StripeEvent
from support.billing_events import MONTH_S, T0, event, invoice_event, refund_of

MONTH_0, MONTH_1 = (invoice_event(n, "paid", T0 + n * MONTH_S, n) for n in range(2))


def paid_by(invoice: str, intent: str) -> StripeEvent:
    payment = {"payment_intent": intent}
    return event(60, "invoice_payment.paid", T0, invoice=invoice, payment=payment)


def charge(kind: str, made_s: int, intent: str | None = None) -> StripeEvent:
    return event(
        70, kind, T0 + 3 * MONTH_S, id="ch_1", created=made_s, refunded=True, payment_intent=intent
    )


def of_subscription(*events: StripeEvent) -> str | None:
    return returned_payments.of_subscription(replay(events))


@pytest.mark.parametrize(
    ("kind", "reason"), [("charge.refunded", "refunded"), ("charge.dispute.created", "disputed")]
)
def test_the_newest_payment_can_be_refunded_or_disputed(kind: str, reason: str) -> None:
    link = paid_by("in_1", "pi_1")
    assert of_subscription(MONTH_0, MONTH_1, link, charge(kind, T0, "pi_1")) == reason
    assert (
        of_subscription(MONTH_0, MONTH_1, paid_by("in_0", "pi_1"), charge(kind, T0, "pi_1")) is None
    )
    assert of_subscription(MONTH_0, MONTH_1) is None


def test_a_refund_takes_precedence_over_a_dispute() -> None:
    events = [
        charge("charge.refunded", T0 + MONTH_S),
        charge("charge.dispute.created", T0 + MONTH_S),
    ]
    assert of_subscription(MONTH_1, *events) == "refunded"


def test_an_invoice_of_0_is_not_the_newest_payment() -> None:
    """A month paid by credit or a coupon does not undo the refund of the last payment."""
    free = invoice_event(2, "paid", T0 + MONTH_S, 1, amount=0)
    refund = charge("charge.refunded", T0, "pi_0")
    assert of_subscription(MONTH_0, free, refund, paid_by("in_0", "pi_0")) == "refunded"
    assert of_subscription(MONTH_0, free, charge("charge.refunded", T0)) == "refunded"
    cent = invoice_event(2, "paid", T0 + MONTH_S, 1, amount=1)
    assert of_subscription(MONTH_0, cent, refund, paid_by("in_0", "pi_0")) is None


def test_without_a_known_invoice_a_charge_is_matched_by_its_time() -> None:
    assert of_subscription(MONTH_0, MONTH_1, charge("charge.refunded", T0 + MONTH_S)) == "refunded"
    assert of_subscription(MONTH_0, MONTH_1, charge("charge.refunded", T0 + MONTH_S - 1)) is None
    assert of_subscription(charge("charge.refunded", T0, "pi_1")) == "refunded"


def test_of_two_payments_in_one_second_the_later_event_is_the_newest() -> None:
    second = event(
        9,
        "invoice.paid",
        T0,
        id="in_b",
        created=T0,
        amount_paid=5,
        parent={"subscription_details": {"subscription": "sub_1"}},
    )
    refund = charge("charge.refunded", T0, "pi_1")
    assert of_subscription(MONTH_0, second, refund, paid_by("in_b", "pi_1")) == "refunded"
    assert of_subscription(MONTH_0, second, refund, paid_by("in_0", "pi_1")) is None


def test_a_refund_of_a_top_up_leaves_the_subscription_paid() -> None:
    top_up = event(5, "payment_intent.succeeded", T0, id="pi_x", metadata={"purpose": "top_up"})
    assert of_subscription(MONTH_0, top_up, refund_of(6, "pi_x")) is None


def test_a_purchase_is_refunded_by_its_payment_intent_or_invoice() -> None:
    history = replay([refund_of(1, "pi_1"), paid_by("in_1", "pi_1")])
    assert returned_payments.of_purchase(history, intent="pi_1", invoice=None) == "refunded"
    assert returned_payments.of_purchase(history, intent=None, invoice="in_1") == "refunded"
    assert returned_payments.of_purchase(history, intent="pi_2", invoice="in_2") is None


def test_a_refunded_charge_without_an_intent_leaves_a_free_purchase_active() -> None:
    history = replay([charge("charge.refunded", T0)])
    assert returned_payments.of_purchase(history, intent=None, invoice=None) is None


def test_a_won_dispute_leaves_the_purchase_paid() -> None:
    won = event(8, "charge.dispute.closed", T0 + 4 * MONTH_S, id="ch_1", status="won")
    assert of_subscription(MONTH_0, charge("charge.dispute.created", T0), won) is None
