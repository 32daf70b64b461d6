"""The features that a customer's subscriptions unlock, emitted when they change."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.entitlements import shape as entitlement_shape
from keystead_stub.stripe_sim.resources.subscriptions.lifecycle import items_of
from keystead_stub.stripe_sim.resources.subscriptions.rules import GRANTING, Status
from keystead_stub.stripe_types.api import Document

UPDATED = "entitlements.active_entitlement_summary.updated"


def feature_id(name: str) -> str:
    return f"feat_test_{name}"


def ensure_feature(work: UnitOfWork, name: str) -> None:
    """Create a seeded feature unless it exists."""
    if work.find("entitlements.feature", feature_id(name)) is None:
        work.add(entitlement_shape.feature(name, feature_id=feature_id(name)))


def publish_summary(work: UnitOfWork, customer_id: str, *, again: bool = False) -> None:
    """Emit the customer's summary of entitlements if it changed, or if `again` is set."""
    features: dict[str, None] = {}
    for subscription in work.of_customer("subscription", customer_id):
        if Status(subscription["status"]) not in GRANTING:
            continue
        for item in items_of(subscription):
            product = work.rules.seed.product(item["price"]["product"])
            features |= dict.fromkeys(product.features if product else ())
    before: dict[str, str] = work.private(customer_id).get("entitlements", {})
    # Most changes of a subscription change no feature; Stripe then sends nothing.
    if list(before) == list(features) and not again:
        return
    # A kept feature keeps its entitlement's id; only a regained one gets a new id.
    after = {name: before.get(name) or work.ids.new("ent_test_") for name in features}
    work.update_private(customer_id, entitlements=after)
    summary = entitlement_shape.active_entitlement_summary(customer_id, documents(after))
    previous = {"entitlements": {"data": documents(before)[: entitlement_shape.MOST_IN_SUMMARY]}}
    work.emit(UPDATED, summary, previous)


def documents(named: Document) -> list[Json]:
    """Return the active entitlements of these ids by feature."""
    return [
        entitlement_shape.active_entitlement(
            entitlement_id=entitlement_id, feature_id=feature_id(name), lookup_key=name
        )
        for name, entitlement_id in named.items()
    ]
