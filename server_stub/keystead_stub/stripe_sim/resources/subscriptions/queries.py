"""Subscriptions as the rest of the stub reads them."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.errors import missing
from keystead_stub.stripe_sim.engine.snapshot import Snapshot
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.values import Subscription


def current(snapshot: Snapshot, customer_id: str) -> Subscription | None:
    """Return the customer's newest subscription that has not ended, else their newest."""
    found = records.objects(snapshot, "subscription", customer_id)
    newest = lifecycle.newest_active(document for document, _ in found)
    if newest is None:
        return None
    return views.subscription(newest, snapshot.rules.seed.price_ids)


def of_item(snapshot: Snapshot, item_id: str) -> Document:
    """Return the subscription that an item belongs to; raises StripeError `resource_missing`."""
    # Items are stored within their subscription, not as objects of their own.
    for document, _ in records.objects(snapshot, "subscription"):
        if any(one["id"] == item_id for one in document["items"]["data"]):
            return document
    raise missing("subscription_item", item_id)
