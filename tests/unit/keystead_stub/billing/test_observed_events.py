"""Events made from objects that Stripe returns before their webhook arrives."""

from __future__ import annotations

from keystead_stub.billing.observed_events import completed_session, paid_invoice
from keystead_stub.stripe_types.events import SEEN
from support.billing_events import T0
from support.stripe_world import StripeWorld


def test_an_observed_paid_invoice_becomes_an_event_at_a_whole_second() -> None:
    document = {"id": "in_1", "customer": "cus_1"}
    event = paid_invoice(document, T0 * 1000 + 999, "acct_1")
    assert (event.id, event.type) == (f"{SEEN}in_1", "invoice.paid")
    assert (event.created_ms, event.account, event.object) == (T0 * 1000, "acct_1", document)


def test_an_observed_completed_session_becomes_an_event_with_its_document() -> None:
    session = StripeWorld().checkout()
    event = completed_session(session, T0 * 1000, "acct_1")
    assert (event.id, event.type) == (f"{SEEN}{session.id}", "checkout.session.completed")
    assert (event.account, event.object) == ("acct_1", session.document)
