"""Invoices as the rest of the stub reads them."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.snapshot import Snapshot
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.values import Invoice


def get(snapshot: Snapshot, invoice_id: str) -> Invoice:
    """Return an invoice; raises StripeError `resource_missing`."""
    return views.invoice(records.get(snapshot, "invoice", invoice_id)[0])


def of_customer(snapshot: Snapshot, customer_id: str) -> tuple[Invoice, ...]:
    """Return the customer's invoices, the newest first."""
    found = records.objects(snapshot, "invoice", customer_id)
    return tuple(views.invoice(document) for document, _ in reversed(found))
