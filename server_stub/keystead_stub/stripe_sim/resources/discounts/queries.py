"""Discounts as the hosted pages and the console read them."""

from __future__ import annotations

from collections.abc import Mapping

from keystead.instants import to_ms
from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.snapshot import Snapshot
from keystead_stub.stripe_sim.resources.discounts import views as discount_views
from keystead_stub.stripe_sim.resources.discounts.views import AppliedDiscount
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle


def of_invoice(snapshot: Snapshot, invoice_id: str) -> tuple[AppliedDiscount, ...]:
    """Return the discounts of an invoice, each with the amount that it takes off."""
    invoice, _ = records.get(snapshot, "invoice", invoice_id)
    taken = {one["discount"]: one["amount"] for one in invoice["total_discount_amounts"]}
    return _discounted(snapshot, taken)


def of_customer(snapshot: Snapshot, customer_id: str) -> tuple[AppliedDiscount, ...]:
    """Return the discounts of the customer's current subscription; `amount` is 0."""
    found = records.objects(snapshot, "subscription", customer_id)
    subscription = lifecycle.newest_active(document for document, _ in found)
    running = subscription["discounts"] if subscription else []
    return _discounted(snapshot, dict.fromkeys(running, 0))


def _discounted(snapshot: Snapshot, taken: Mapping[str, int]) -> tuple[AppliedDiscount, ...]:
    found = []
    for discount_id, amount in taken.items():
        discount, terms = records.get(snapshot, "discount", discount_id)
        code = records.find_document(snapshot, "promotion_code", discount["promotion_code"])
        end = discount["end"]
        found.append(
            AppliedDiscount(
                reduction=discount_views.reduction(terms),
                code=code["code"] if code else None,
                amount=amount,
                ends_at_ms=None if end is None else to_ms(end),
            )
        )
    return tuple(found)
