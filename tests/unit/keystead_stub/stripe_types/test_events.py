"""Reading Stripe's event documents."""

from __future__ import annotations

from typing import Any

import pytest

from keystead.errors import InvalidInput
from keystead_stub.stripe_types.events import parse_event

GOOD: dict[str, Any] = {"id": "evt_1", "type": "t", "created": 1, "data": {"object": {}}}


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"id": "evt_1"},
        GOOD | {"id": ""},
        GOOD | {"created": "1"},
        GOOD | {"created": True},
        GOOD | {"created": -1},
        GOOD | {"created": 10**20},
        GOOD | {"data": {"object": []}},
    ],
)
def test_a_document_that_is_not_an_event_is_refused(document: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_event(document)
    assert refused.value.code == "malformed_event"


def test_an_event_is_parsed_with_its_account() -> None:
    event = parse_event(GOOD | {"account": "acct_1"})
    assert (event.id, event.type, event.created_ms) == ("evt_1", "t", 1000)
    assert (event.object, event.account) == ({}, "acct_1")
    assert parse_event(GOOD).account is None


def test_events_sort_by_time_and_cause() -> None:
    paid = parse_event(GOOD | {"type": "invoice.paid"})
    updated = parse_event(GOOD | {"type": "customer.subscription.updated", "id": "evt_0"})
    assert paid.order < updated.order < parse_event(GOOD).order
    assert (paid.order[:2], paid.order[2]) == (paid.moment, "evt_1")


@pytest.mark.parametrize("previous", [None, [], "x"])
def test_previous_attributes_and_version_are_read_where_they_are_stated(previous: Any) -> None:
    data = {"object": {}, "previous_attributes": previous}
    found = parse_event(GOOD | {"data": data, "api_version": 7})
    assert (found.previous, found.api_version) == (None, None)
    stated = parse_event(
        GOOD | {"data": data | {"previous_attributes": {"a": 1}}, "api_version": "2024-06-20"}
    )
    assert (stated.previous, stated.api_version) == ({"a": 1}, "2024-06-20")
