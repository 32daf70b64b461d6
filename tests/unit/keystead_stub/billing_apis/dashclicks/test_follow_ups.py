"""The job that follows from each kind of event, if any."""

from __future__ import annotations

from typing import Any

import pytest

from keystead_stub.billing_apis.dashclicks.merchants import follow_up_jobs
from keystead_stub.billing_apis.dashclicks.merchants.follow_up_jobs import job_of
from keystead_stub.stripe_types.events import StripeEvent

PAID = {"id": "cs_1", "payment_status": "paid", "amount_total": 5, "currency": "eur"}
INTENT = {"id": "pi_1", "customer": "cus_1", "amount": 5, "currency": "eur"}

SENT = {"id": "in_1", "billing_reason": "manual", "collection_method": "send_invoice"}


def event(event_type: str, **document: Any) -> StripeEvent:
    return StripeEvent(id="evt_1", type=event_type, created_ms=1000, object=document)


@pytest.mark.parametrize(
    ("event_read", "kind", "key"),
    [
        (event("customer.created", id="cus_1", email="a@b.c"), follow_up_jobs.CONTACT, "cus_1"),
        # A customer whose email arrives later is linked at that time, once.
        (event("customer.updated", id="cus_1", email="a@b.c"), follow_up_jobs.CONTACT, "cus_1"),
        (event("checkout.session.completed", **PAID), follow_up_jobs.FULFILMENT, "cs_1"),
        (
            event("checkout.session.completed", **PAID | {"payment_status": "no_payment_required"}),
            follow_up_jobs.FULFILMENT,
            "cs_1",
        ),
        (
            event("checkout.session.async_payment_succeeded", **PAID),
            follow_up_jobs.FULFILMENT,
            "cs_1",
        ),
        (
            event("payment_intent.succeeded", **INTENT, metadata={"purpose": "purchase"}),
            follow_up_jobs.FULFILMENT,
            "pi_1",
        ),
        (event("invoice.paid", **SENT), follow_up_jobs.FULFILMENT, "in_1"),
        (event("charge.dispute.created", id="dp_1"), follow_up_jobs.CONVERSATION, "dp_1"),
        (event("payment_intent.payment_failed", **INTENT), follow_up_jobs.CONVERSATION, "pi_1"),
    ],
)
def test_each_event_leads_to_its_job(event_read: StripeEvent, kind: str, key: str) -> None:
    work = job_of("acme", event_read)
    assert work is not None
    assert (work.kind, work.key) == (kind, f"acme:{key}")
    assert work.payload["accountId"] == "acme"
    assert (work.payload["eventId"], work.payload["happenedAt"]) == ("evt_1", 1000)


@pytest.mark.parametrize(
    "event_read",
    [
        event("customer.created", id="cus_1", email=None),
        event("customer.created", email="a@b.c"),
        event("customer.deleted", id="cus_1", email="a@b.c"),
        event("checkout.session.completed", **PAID | {"payment_status": "unpaid"}),
        event("checkout.session.expired", **PAID),
        event("payment_intent.succeeded", **INTENT, metadata={}),
        event("payment_intent.succeeded", **INTENT, metadata={"purpose": "top_up"}),
        event("payment_intent.payment_failed", **INTENT | {"customer": None}),
        event("invoice.paid", **SENT | {"collection_method": "charge_automatically"}),
        event("invoice.paid", **SENT | {"billing_reason": "subscription_cycle"}),
        event("charge.dispute.closed", id="dp_1"),
        event("charge.dispute.created"),
        event("product.created", id="prod_1"),
    ],
)
def test_other_events_lead_to_no_job(event_read: StripeEvent) -> None:
    assert job_of("acme", event_read) is None
