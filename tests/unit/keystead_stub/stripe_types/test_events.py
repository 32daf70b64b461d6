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
