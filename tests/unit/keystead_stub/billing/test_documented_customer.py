"""A customer's row of the documented table, from events in any order."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest

from keystead_stub.billing.catalogue import default_catalogue
from keystead_stub.billing.documented_customer import customer_row
from keystead_stub.billing.event_facts import replay
from keystead_stub.billing.intake_plan import decide_record
from keystead_stub.store.customers import CustomerRow
from keystead_stub.stripe_types.events import StripeEvent
from support.billing_events import (
    BOUGHT,
    CUSTOMER,
    MONTH_S,
    T0,
    checkout_completed,
    event,
    subscription_event,
)

CATALOGUE = default_catalogue(pro_monthly="price_1")


def row_of(*events: StripeEvent) -> CustomerRow:
    return customer_row(decide_record(CUSTOMER, replay(events), CATALOGUE, lambda _history: {}))


def invoice(number: int, kind: str, at_s: int = T0, **changes: Any) -> StripeEvent:
    body = {"id": "in_0", "created": T0, "status": "paid", **changes}
    return event(number, f"invoice.{kind}", at_s, **body)


def test_checkout_and_device_are_those_of_the_subscription() -> None:
    for order in permutations(
        [
            checkout_completed(1, metadata={"deviceId": "device-1"}),
            checkout_completed(
                20, T0 + 9, id="cs_2", subscription="sub_other", metadata={"deviceId": "device-2"}
            ),
            *BOUGHT[1:],
        ]
    ):
        row = row_of(*order)
        assert (row.checkout_session_id, row.device_id) == ("cs_1", "device-1")


def test_without_a_subscription_the_last_checkout_counts() -> None:
    row = row_of(
        checkout_completed(1, subscription=None),
        checkout_completed(2, T0 + 9, id="cs_2", subscription=None, metadata={"deviceId": "d"}),
    )
    assert (row.checkout_session_id, row.device_id) == ("cs_2", "d")
    assert row_of(subscription_event(2, "created", T0, "active")).checkout_session_id is None


def test_a_device_is_named_by_metadata_or_as_the_reference() -> None:
    def device_of(**changes: Any) -> str | None:
        return row_of(checkout_completed(1, **changes)).device_id

    assert device_of(client_reference_id="A" * 43) == "A" * 43
    assert device_of(client_reference_id="org_1") is None
    assert device_of(client_reference_id="A" * 43, metadata={"deviceId": "B" * 43}) == "B" * 43
    assert device_of() is None


def test_an_entitlement_is_named_only_while_it_counts() -> None:
    assert row_of(*BOUGHT).entitlement == "pro"
    ended = row_of(*BOUGHT, subscription_event(9, "deleted", T0 + 9, "canceled"))
    assert (ended.entitlement, ended.status) == (None, "canceled")


def test_the_last_invoice_is_the_newest_with_its_latest_status() -> None:
    renewal = {"id": "in_1", "created": T0 + MONTH_S}
    events = [
        invoice(1, "finalized", status="open"),
        invoice(2, "paid"),
        invoice(3, "created", T0 + MONTH_S, status="draft", **renewal),
        # A second has no parts in Stripe's events, and the failure may arrive first.
        invoice(4, "payment_failed", T0 + MONTH_S, status="open", **renewal),
    ]
    for order in permutations(events):
        row = row_of(*order)
        assert (row.last_invoice_id, row.last_invoice_status) == ("in_1", "open")
    late = invoice(5, "voided", T0 + 2 * MONTH_S, status="void")
    assert row_of(*events, late).last_invoice_id == "in_1"
    paid = invoice(6, "paid", T0 + MONTH_S, **renewal)
    assert row_of(paid, *events).last_invoice_status == "paid"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({"id": None}, None), ({"status": None}, None), ({"status": "frozen"}, "frozen")],
)
def test_an_invoice_needs_an_id_and_a_status(changes: dict[str, Any], expected: str | None) -> None:
    # An upcoming invoice has no id; a status that Stripe adds later is kept as it is.
    assert row_of(invoice(1, "upcoming", **changes)).last_invoice_status == expected


def test_entitlements_are_kept_as_stripe_lists_them() -> None:
    listed = [{"object": "entitlements.active_entitlement", "lookup_key": "export"}]
    kind = "entitlements.active_entitlement_summary.updated"
    row = row_of(event(1, kind, T0, entitlements={"data": listed}))
    assert json.loads(row.stripe_entitlements_json or "") == listed
    newer = row_of(
        event(2, kind, T0 + 9, entitlements={"data": []}),
        event(1, kind, T0, entitlements={"data": listed}),
    )
    assert newer.stripe_entitlements_json == "[]"
    assert row_of(*BOUGHT).stripe_entitlements_json is None
