"""A tenant's invoices by their events, of which several may have one second."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from keystead_stub.billing_apis.stripe_integration.tenant_invoices import invoices_of
from keystead_stub.stripe_types.events import StripeEvent


def told(
    name: str, kind: str, status: str | None, previous: dict[str, Any] | None = None, **fields: Any
) -> StripeEvent:
    body = {"id": "in_1", "object": "invoice", "created": 1, "status": status, "amount_due": 1200}
    return StripeEvent(
        id=f"evt_{name}",
        type=f"invoice.{kind}",
        created_ms=9000,
        object=body | fields,
        previous=previous,
    )


def found(*events: StripeEvent) -> set[tuple[str, int, int]]:
    """Return status and amounts after the events, in each order and with repetitions."""
    last = (invoices_of([*order, order[0]])[0] for order in permutations(events))
    return {(one.status, one.amount_due, one.amount_paid) for one in last}


@pytest.mark.parametrize("ids", [tuple("123"), tuple("321"), tuple("231")])
def test_changes_of_an_invoice_in_one_second_are_ordered_by_what_was_before(
    ids: tuple[str, ...],
) -> None:
    one, two, three = ids
    draft = told(one, "updated", "draft", {"amount_due": 0}, amount_due=500)
    more = told(two, "updated", "draft", {"amount_due": 500}, amount_due=300)
    assert found(draft, more) == {("draft", 300, 0)}
    again = told(three, "updated", "draft", {"amount_due": 300}, amount_due=900)
    assert found(draft, more, again) == {("draft", 900, 0)}


@pytest.mark.parametrize("ids", [tuple("123"), tuple("321"), tuple("231")])
def test_an_invoice_that_fails_and_is_paid_in_one_second_is_paid(ids: tuple[str, ...]) -> None:
    one, two, three = ids
    failed = told(one, "payment_failed", "open")
    finalized = told(two, "finalized", "open")
    paid = told(three, "paid", "paid", amount_paid=1200)
    assert found(failed, finalized, paid) == {("paid", 1200, 1200)}
    assert found(failed, finalized) == {("overdue", 1200, 0)}


@pytest.mark.parametrize("ids", [("1", "2"), ("2", "1")])
def test_a_written_off_invoice_can_still_be_paid(ids: tuple[str, ...]) -> None:
    off = told(ids[0], "marked_uncollectible", "uncollectible")
    paid = told(ids[1], "payment_succeeded", None, amount_paid=1200)
    assert found(off, paid) == {("paid", 1200, 1200)}
    assert found(told("1", "created", "a_new_status")) == {("a_new_status", 1200, 0)}


def test_objects_that_are_no_invoice_make_none() -> None:
    link = StripeEvent(
        id="evt_1", type="invoice_payment.paid", created_ms=1, object={"invoice": "in_1"}
    )
    assert invoices_of([link, told("2", "upcoming", None)]) == ()
