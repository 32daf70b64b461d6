"""What a subscription's present period was billed at: what a proration may credit of it."""

from __future__ import annotations

from keystead_stub.stripe_.simulated.ledger import Ledger
from keystead_stub.stripe_.simulated.shapes.parts import Json


def note(ledger: Ledger, subscription: Json, invoice: Json) -> None:
    """Remember what a period was billed at: so much of it can be credited, and no more."""
    lines = invoice["lines"]["data"]
    cycle = [one for one in lines if not one["parent"]["subscription_item_details"]["proration"]]
    for line in cycle:
        off = sum(one["amount"] for one in line["discount_amounts"])
        kept = {
            "amount": line["amount"] - off,
            "discounts": [one["discount"] for one in line["discount_amounts"]],
            "since": line["period"]["start"],
        }
        ledger.remember(subscription["id"], basis=kept)


def forget(ledger: Ledger, subscription: Json) -> None:
    """Let nothing of this period be credited: its invoice is nobody's to pay."""
    ledger.remember(subscription["id"], basis={**of(ledger, subscription), "amount": 0})


def of(ledger: Ledger, subscription: Json) -> Json:
    """Return what the present period was billed at, with which discounts, and since when."""
    kept: Json = ledger.private(subscription["id"])["basis"]
    return kept
