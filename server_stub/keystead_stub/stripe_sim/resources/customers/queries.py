"""Customers as the rest of the stub reads them."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.snapshot import Snapshot
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.values import Customer


def get(snapshot: Snapshot, customer_id: str) -> Customer:
    """Return a customer, deleted or not; raises StripeError `resource_missing`."""
    document, private = records.get(snapshot, "customer", customer_id)
    return _customer(snapshot, document, private)


def list_all(snapshot: Snapshot) -> tuple[Customer, ...]:
    """Return every customer of the account, the oldest first."""
    found = records.objects(snapshot, "customer")
    return tuple(_customer(snapshot, *one) for one in found)


def _customer(snapshot: Snapshot, document: Document, private: Document) -> Customer:
    method_id = (document.get("invoice_settings") or {}).get("default_payment_method")
    method = records.find_document(snapshot, "payment_method", method_id)
    return views.customer(document, created_s=private["created"], method=method)
