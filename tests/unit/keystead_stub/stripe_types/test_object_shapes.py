"""Objects in the shape of the pinned API version and of older ones."""

from __future__ import annotations

from typing import Any

import pytest

from keystead_stub.stripe_types import object_shapes as shapes
from keystead_stub.stripe_types.object_shapes import BilledPeriod

PARENT = {"subscription_details": {"subscription": "sub_1"}}


@pytest.mark.parametrize(
    ("invoice", "expected"),
    [
        ({"parent": PARENT}, "sub_1"),
        ({"subscription": "sub_1"}, "sub_1"),
        ({"subscription": {"id": "sub_1", "object": "subscription"}}, "sub_1"),
        ({"parent": None, "subscription": "sub_1"}, "sub_1"),
        ({"subscription": None, "parent": {"quote_details": {}}}, None),
        ({}, None),
    ],
)
def test_an_invoice_names_its_subscription_in_both_shapes(
    invoice: dict[str, Any], expected: str | None
) -> None:
    assert shapes.subscription_of_invoice(invoice) == expected


PERIOD = {"start": 10, "end": 20}
BILLED = BilledPeriod("price_1", 10_000, 20_000)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"pricing": {"price_details": {"price": "price_1"}}}, (BILLED,)),
        ({"price": {"id": "price_1"}, "proration": False}, (BILLED,)),
        ({"plan": {"id": "price_1"}}, (BILLED,)),
        ({}, (BilledPeriod(None, 10_000, 20_000),)),
        ({"proration": True}, ()),
        ({"parent": {"subscription_item_details": {"proration": True}}}, ()),
        ({"parent": {"invoice_item_details": {"proration": True}}}, ()),
        ({"parent": {"subscription_item_details": {"proration": False}}, "period": {}}, ()),
    ],
)
def test_a_line_pays_for_its_period_unless_it_is_a_proration(
    line: dict[str, Any], expected: tuple[BilledPeriod, ...]
) -> None:
    invoice = {"lines": {"data": [{"period": PERIOD, **line}]}}
    assert shapes.billed_periods(invoice) == expected
    assert shapes.paid_until(invoice) == (20_000 if expected else None)


@pytest.mark.parametrize("lines", [7, None, {"data": 7}, {"data": [7, {"period": "x"}]}])
def test_lines_of_another_type_are_no_periods(lines: Any) -> None:
    assert shapes.paid_until({"lines": lines}) is None


OLD_PERIOD = {"current_period_start": 10, "current_period_end": 20}


@pytest.mark.parametrize(
    "subscription",
    [
        {"items": {"data": [{"price": {"id": "price_1"}, "quantity": 2, **OLD_PERIOD}]}},
        {"items": {"data": [{"price": {"id": "price_1"}, "quantity": 2}]}, **OLD_PERIOD},
        {"items": {"data": [{"plan": {"id": "price_1"}, "quantity": 2}]}, **OLD_PERIOD},
        {"plan": {"id": "price_1"}, "quantity": 2, **OLD_PERIOD},
        {"items": {"data": []}, "plan": {"id": "price_1"}, "quantity": 2, **OLD_PERIOD},
    ],
)
def test_an_item_has_price_quantity_and_period_in_every_shape(subscription: Any) -> None:
    (item,) = shapes.items_of(subscription)
    assert (item["price"]["id"], item["quantity"]) == ("price_1", 2)
    assert (item["current_period_start"], item["current_period_end"]) == (10, 20)


def test_a_period_of_the_item_counts_before_one_of_the_subscription() -> None:
    item = {"price": {"id": "price_1"}, "current_period_end": 30}
    (found,) = shapes.items_of({"items": {"data": [item]}, **OLD_PERIOD})
    assert (found["current_period_start"], found["current_period_end"]) == (10, 30)


@pytest.mark.parametrize("items", [None, 3, {"data": 3}, {"data": [3, None]}])
def test_items_of_another_type_are_no_items(items: Any) -> None:
    assert shapes.items_of({"items": items, "plan": "plan_1"}) == []


def test_usage_is_metered_by_price_or_plan() -> None:
    assert shapes.is_metered({"recurring": {"usage_type": "metered"}})
    assert shapes.is_metered({"usage_type": "metered"})
    assert not shapes.is_metered({"recurring": {"usage_type": "licensed"}})
    assert not shapes.is_metered("price_1")


def test_an_object_before_an_event_has_its_previous_attributes() -> None:
    now = {"status": "active", "items": {"data": [2], "url": "/x"}, "plan": None}
    previous = {"status": "incomplete", "items": {"data": [1]}, "plan": {"id": "p"}, "gone": 1}
    assert shapes.before(now, previous) == {
        "status": "incomplete",
        "items": {"data": [1], "url": "/x"},
        "plan": {"id": "p"},
        "gone": 1,
    }
