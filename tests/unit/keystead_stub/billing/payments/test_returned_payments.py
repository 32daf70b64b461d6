"""Which purchase a refund or a dispute takes back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from keystead_stub.billing.billing_state import fold
from keystead_stub.billing.event_facts import replay
from keystead_stub.billing.payments import returned_payments
from keystead_stub.stripe_types.events import StripeEvent
from support.billing_events import MONTH_S, T0, event, invoice_event, refund_of, single_purchase

MONTH_0, MONTH_1 = (invoice_event(n, "paid", T0 + n * MONTH_S, n) for n in range(2))


def paid_by(invoice: str, intent: str) -> StripeEvent:
    payment = {"payment_intent": intent}
    return event(60, "invoice_payment.paid", T0, invoice=invoice, payment=payment)


def charge(kind: str, made_s: int, intent: str | None = None, **changes: Any) -> StripeEvent:
    body = {"id": "ch_1", "created": made_s, "refunded": True, "payment_intent": intent, **changes}
    return event(70, kind, T0 + 3 * MONTH_S, **body)


def of_invoices(*events: StripeEvent) -> dict[str, str]:
    return returned_payments.of_invoices(replay(events))


def of_purchase(intent: str | None, *events: StripeEvent) -> str | None:
    history = replay(events)
    by_invoice = returned_payments.of_invoices(history)
    return returned_payments.of_purchase(history, by_invoice, intent, 1200)


REFUNDED, DISPUTED = "charge.refunded", "charge.dispute.created"


@pytest.mark.parametrize(("kind", "reason"), [(REFUNDED, "refunded"), (DISPUTED, "disputed")])
def test_a_refund_or_dispute_takes_back_the_invoice_of_its_payment(kind: str, reason: str) -> None:
    back = charge(kind, T0 + MONTH_S, "pi_1")
    assert of_invoices(MONTH_0, MONTH_1, paid_by("in_1", "pi_1"), back) == {"in_1": reason}
    assert of_invoices(MONTH_0, MONTH_1, paid_by("in_0", "pi_1"), back) == {"in_0": reason}
    assert of_invoices(MONTH_0, MONTH_1, paid_by("in_0", "pi_1")) == {}


def test_an_invoice_is_named_by_a_charge_of_an_old_api_version() -> None:
    back = charge(REFUNDED, T0, "pi_1", invoice="in_1")
    assert of_invoices(MONTH_0, MONTH_1, back) == {"in_1": "refunded"}
    # Null says that it paid for no invoice.
    assert of_invoices(MONTH_0, MONTH_1, charge(REFUNDED, T0, "pi_1", invoice=None)) == {}


def test_an_invoice_may_be_paid_by_a_charge_without_an_intent() -> None:
    link = event(60, "invoice_payment.paid", T0, invoice="in_1", payment={"charge": "ch_1"})
    assert of_invoices(MONTH_0, MONTH_1, link, charge(REFUNDED, T0)) == {"in_1": "refunded"}


def test_a_refund_takes_precedence_over_a_dispute() -> None:
    link = paid_by("in_0", "pi_1")
    events = [charge(REFUNDED, T0, "pi_1"), charge(DISPUTED, T0, "pi_1")]
    assert of_invoices(MONTH_0, link, *events) == {"in_0": "refunded"}


@pytest.mark.parametrize(
    ("amount", "made_s", "matched"),
    [
        (None, T0, "in_0"),
        (1200, T0, "in_0"),
        (1200, T0 + MONTH_S, "in_1"),
        # Of another amount, or long before or after: something else was paid.
        (1000, T0, None),
        (1200, T0 - 86_400, None),
        (1200, T0 + 86_400, None),
    ],
)
def test_without_a_known_invoice_a_charge_is_matched_by_amount_and_time(
    amount: int | None, made_s: int, matched: str | None
) -> None:
    found = of_invoices(MONTH_0, MONTH_1, charge(REFUNDED, made_s, "pi_9", amount=amount))
    assert found == ({matched: "refunded"} if matched else {})


def test_an_invoice_whose_payment_is_known_is_not_matched_by_amount_and_time() -> None:
    link = paid_by("in_0", "pi_1")
    assert of_invoices(MONTH_0, link, charge(REFUNDED, T0, "pi_9", amount=1200)) == {}


def test_one_unknown_charge_is_matched_to_one_of_two_equal_invoices() -> None:
    twin = msgspec.structs.replace(MONTH_0, id="evt_b", object={**MONTH_0.object, "id": "in_b"})
    one = charge(REFUNDED, T0, "pi_9")
    assert len(of_invoices(MONTH_0, twin, one)) == 1
    dispute = charge(DISPUTED, T0, "pi_9", id="dp_1")
    assert len(of_invoices(MONTH_0, twin, one, dispute)) == 1
    other = charge(REFUNDED, T0, "pi_8", id="ch_2")
    assert of_invoices(MONTH_0, twin, one, other) == {"in_0": "refunded", "in_b": "refunded"}
    third = charge(REFUNDED, T0, "pi_7", id="ch_3")
    assert len(of_invoices(MONTH_0, twin, one, other, third)) == 2


def test_a_dispute_without_a_known_invoice_is_of_the_newest_payment_before_it() -> None:
    dispute = charge(DISPUTED, T0 + MONTH_S - 86_400, id="dp_1", amount=1200)
    assert of_invoices(MONTH_0, MONTH_1, dispute) == {"in_0": "disputed"}
    later = charge(DISPUTED, T0 + 2 * MONTH_S, id="dp_1", amount=1200)
    assert of_invoices(MONTH_0, MONTH_1, later) == {"in_1": "disputed"}


PARTS = [
    # (amount refunded, whether Stripe calls all of it refunded, amount disputed)
    (0, False, None, None),
    (1199, False, None, None),
    (1200, False, None, "refunded"),
    (1200, True, None, "refunded"),
    (None, True, None, "refunded"),
    (200, False, 1000, "disputed"),
    (200, False, 999, None),
    (0, False, 1200, "disputed"),
]


@pytest.mark.parametrize(("refunded", "whole", "disputed", "reason"), PARTS)
def test_only_all_of_a_payment_takes_it_back(
    refunded: int | None, whole: bool, disputed: int | None, reason: str | None
) -> None:
    changes = {"amount": 1200, "amount_refunded": refunded, "refunded": whole}
    events = [MONTH_0, paid_by("in_0", "pi_1"), charge(REFUNDED, T0, "pi_1", **changes)]
    if disputed:
        events.append(charge(DISPUTED, T0, "pi_1", id="dp_1", charge="ch_1", amount=disputed))
    assert of_invoices(*events) == ({"in_0": reason} if reason else {})


def test_an_invoice_paid_in_parts_is_taken_back_by_all_of_them() -> None:
    links = [paid_by("in_0", "pi_1"), paid_by("in_0", "pi_2")]
    one = charge(REFUNDED, T0, "pi_1", amount=200)
    assert of_invoices(MONTH_0, *links, one) == {}
    other = charge(REFUNDED, T0, "pi_2", id="ch_2", amount=1000)
    assert of_invoices(MONTH_0, *links, one, other) == {"in_0": "refunded"}
    # Of a charge without an amount it is not known that a part stays.
    assert of_invoices(MONTH_0, *links, charge(REFUNDED, T0, "pi_1")) == {"in_0": "refunded"}


def test_a_refund_of_a_top_up_leaves_the_subscription_paid() -> None:
    top_up = event(5, "payment_intent.succeeded", T0, id="pi_x", metadata={"purpose": "top_up"})
    assert of_invoices(MONTH_0, top_up, charge(REFUNDED, T0, "pi_x")) == {}


def test_a_purchase_is_refunded_by_its_payment_intent_or_invoice() -> None:
    assert of_purchase("pi_1", refund_of(1, "pi_1")) == "refunded"
    assert of_purchase("pi_1", refund_of(1, "pi_1"), paid_by("in_1", "pi_1")) == "refunded"
    assert of_purchase("pi_2", refund_of(1, "pi_1"), paid_by("in_1", "pi_1")) is None
    assert of_purchase("pi_1", refund_of(1, "pi_1", DISPUTED)) == "disputed"


def test_a_part_of_a_purchase_that_is_refunded_leaves_it() -> None:
    part = charge(REFUNDED, T0, "pi_1", refunded=False, amount=1200, amount_refunded=300)
    assert of_purchase("pi_1", part) is None
    dispute = charge(DISPUTED, T0, "pi_1", id="dp_1", amount=300)
    assert of_purchase("pi_1", dispute) is None
    rest = charge(DISPUTED, T0, "pi_1", id="dp_2", amount=900)
    assert of_purchase("pi_1", part, rest) == "disputed"


def test_a_refunded_charge_without_an_intent_leaves_a_free_purchase_active() -> None:
    assert of_purchase(None, charge(REFUNDED, T0)) is None


def test_a_charge_that_was_only_authorized_is_not_refunded() -> None:
    link = paid_by("in_0", "pi_1")
    assert of_invoices(MONTH_0, link, charge(REFUNDED, T0, "pi_1", captured=False)) == {}


@pytest.mark.parametrize(
    ("status", "takes"),
    [
        ("warning_needs_response", False),
        ("warning_under_review", False),
        ("warning_closed", False),
        ("needs_response", True),
        ("under_review", True),
        ("lost", True),
        ("won", False),
        ("prevented", False),
        ("a_new_status", True),
    ],
)
@pytest.mark.parametrize("kind", ["created", "updated", "closed", "funds_withdrawn"])
def test_a_dispute_takes_money_unless_it_is_an_inquiry_or_won(
    status: str, takes: bool, kind: str
) -> None:
    dispute = charge(f"charge.dispute.{kind}", T0, "pi_1", id="dp_1", status=status)
    found = of_invoices(MONTH_0, paid_by("in_0", "pi_1"), dispute)
    assert found == ({"in_0": "disputed"} if takes else {})


def at(seconds: int, of: StripeEvent) -> StripeEvent:
    return msgspec.structs.replace(of, created_ms=(T0 + seconds) * 1000, id=f"evt_{seconds}")


@pytest.mark.parametrize("reverse", [False, True])
def test_an_inquiry_that_becomes_a_dispute_takes_the_money(reverse: bool) -> None:
    def dispute(seconds: int, kind: str, status: str) -> StripeEvent:
        found = charge(f"charge.dispute.{kind}", T0, "pi_1", id="dp_1", status=status)
        return at(seconds, found)

    story = [
        dispute(1, "created", "warning_needs_response"),
        dispute(2, "updated", "needs_response"),
        dispute(2, "funds_withdrawn", "needs_response"),
        dispute(3, "updated", "under_review"),
        dispute(4, "closed", "won"),
        dispute(4, "funds_reinstated", "won"),
    ]
    expected = [{}, *[{"in_0": "disputed"}] * 3, {}, {}]
    base = [MONTH_0, paid_by("in_0", "pi_1")]
    for number in range(len(story)):
        told = story[: number + 1]
        assert of_invoices(*base, *(told[::-1] if reverse else told)) == expected[number]


def test_money_that_is_reinstated_counts_before_the_dispute_is_closed() -> None:
    opened = at(1, charge(DISPUTED, T0, "pi_1", id="dp_1", status="needs_response"))
    back = charge("charge.dispute.funds_reinstated", T0, "pi_1", id="dp_1", status="under_review")
    assert of_invoices(MONTH_0, paid_by("in_0", "pi_1"), opened, at(2, back)) == {}


def refund(kind: str, status: str) -> StripeEvent:
    body = {"id": "re_1", "object": "refund", "charge": "ch_1", "payment_intent": "pi_1"}
    return event(80, kind, T0, status=status, **body)


@pytest.mark.parametrize(
    "gives_back",
    [
        refund("refund.failed", "failed"),
        refund("refund.updated", "canceled"),
        refund("charge.refund.updated", "failed"),
        charge("charge.refunded", T0, "pi_1", refunded=False, amount_refunded=0),
        charge("charge.updated", T0, "pi_1", refunded=False, amount_refunded=0),
    ],
)
def test_a_refund_that_fails_later_gives_the_payment_back(gives_back: StripeEvent) -> None:
    first = at(1, charge(REFUNDED, T0, "pi_1", amount=1200, amount_refunded=1200))
    again = at(3, charge(REFUNDED, T0, "pi_1", amount=1200, amount_refunded=1200))
    base = [MONTH_0, paid_by("in_0", "pi_1")]
    assert of_invoices(*base, first) == {"in_0": "refunded"}
    assert of_invoices(*base, at(2, gives_back), first) == {}
    assert of_invoices(*base, again, at(2, gives_back), first) == {"in_0": "refunded"}


def test_a_refund_that_goes_on_changes_nothing() -> None:
    first = at(1, charge(REFUNDED, T0, "pi_1"))
    pending = at(2, refund("refund.updated", "pending"))
    assert of_invoices(MONTH_0, paid_by("in_0", "pi_1"), first, pending) == {"in_0": "refunded"}


def test_an_update_of_a_charge_for_another_reason_is_not_kept() -> None:
    body = {"id": "ch_1", "created": T0, "refunded": False, "description": "new"}
    update = event(1, "charge.updated", T0, **body)
    other = msgspec.structs.replace(update, previous={"description": "old"})
    assert replay([other]).charges == {}
    assert replay([update]).charges != {}
    money = msgspec.structs.replace(update, previous={"refunded": True})
    assert replay([money]).charges != {}


def in_currency(of: StripeEvent, currency: str) -> StripeEvent:
    return msgspec.structs.replace(of, object={**of.object, "currency": currency})


#: 12.00 EUR were paid. What went back is of another currency, so its number says nothing.
FOREIGN = [
    (DISPUTED, {"amount": 1200}, "jpy", True),
    (DISPUTED, {"amount": 500}, "usd", True),
    (DISPUTED, {"amount": 500}, "EUR", False),
    (DISPUTED, {"amount": 1200}, "eur", True),
    (REFUNDED, {"amount": 2000, "amount_refunded": 1200, "refunded": False}, "usd", False),
    (REFUNDED, {"amount": 900, "amount_refunded": 900, "refunded": True}, "usd", True),
]


@pytest.mark.parametrize(("kind", "fields", "currency", "gone"), FOREIGN)
def test_what_goes_back_in_another_currency_is_not_compared_by_its_number(
    kind: str, fields: dict[str, Any], currency: str, gone: bool
) -> None:
    paid = in_currency(MONTH_0, "eur")
    back = in_currency(charge(kind, T0, "pi_1", **fields), currency)
    found = of_invoices(paid, paid_by("in_0", "pi_1"), back)
    assert list(found) == (["in_0"] if gone else [])
    # Of one of two payments a part stays.
    two = [paid_by("in_0", "pi_1"), paid_by("in_0", "pi_2")]
    if currency in {"usd", "jpy"}:
        assert of_invoices(paid, *two, back) == {}
    # Where the payment isn't known, an equal number in another currency is something else.
    unlinked = of_invoices(paid, back)
    assert list(unlinked) == (["in_0"] if gone and currency == "eur" else [])


@pytest.mark.parametrize(("kind", "fields", "currency", "gone"), FOREIGN)
def test_a_single_purchase_is_compared_in_the_currency_that_was_paid(
    kind: str, fields: dict[str, Any], currency: str, gone: bool
) -> None:
    bought = in_currency(single_purchase(40), "eur")
    intent = bought.object["payment_intent"]
    bought = msgspec.structs.replace(bought, object={**bought.object, "amount_total": 1200})
    back = in_currency(charge(kind, T0, intent, **fields), currency)
    assert fold("cus_1", [bought, back]).entitled is not gone
