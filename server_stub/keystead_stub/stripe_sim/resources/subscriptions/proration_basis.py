"""What each item's current period was billed at: the most that a proration may credit.

Stored per item beside the subscription: `amount` net of discounts, what each of
the discounts took `off` it, and the instant `since` which that holds.
"""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.discounts import rules as discount_rules
from keystead_stub.stripe_sim.resources.subscription_items import shape as item_shape


def record(work: UnitOfWork, subscription: Json, invoice: Json) -> None:
    """Record what a period was billed at, which is the most that can be credited."""
    kept = {}
    for line in invoice["lines"]["data"]:
        origin = line["parent"]["subscription_item_details"]
        # A proration settles a difference within the period, and is not what the period was billed
        # at.
        if origin is not None and not origin["proration"]:
            off = {one["discount"]: one["amount"] for one in line["discount_amounts"]}
            amount = line["amount"] - sum(off.values())
            since = line["period"]["start"]
            kept[origin["subscription_item"]] = {"amount": amount, "off": off, "since": since}
    # An invoice of nothing but prorations must not replace what the period's own invoice recorded.
    if kept:
        work.update_private(subscription["id"], basis=kept)


def clear(work: UnitOfWork, subscription: Json) -> None:
    """Set the basis to 0: the invoice of this period is not collected."""
    # Discounts are kept: they still hold for what is charged later in the period.
    kept = {item_id: {**one, "amount": 0} for item_id, one in _all(work, subscription).items()}
    work.update_private(subscription["id"], basis=kept)


def billed_amount(work: UnitOfWork, subscription: Json, item_id: str) -> int:
    """Return what the item's present period was billed at, net; 0 if it was not billed."""
    known = _all(work, subscription).get(item_id, {"amount": 0})
    return int(known["amount"])


def last_change(work: UnitOfWork, subscription: Json) -> int:
    """Return the instant since which what was billed has not changed, in seconds."""
    return max(int(one["since"]) for one in _all(work, subscription).values())


def net_price(work: UnitOfWork, subscription: Json, item: Json) -> int:
    """Return what a whole period of the item costs, less the discounts that the period began with.

    A percentage applies to the item's present price; of a fixed amount the item keeps its share,
    and a new item has none.
    """
    kept = _all(work, subscription)
    at_work = dict.fromkeys(name for one in kept.values() for name in one["off"])
    shares = kept.get(item["id"], {"off": {}})["off"]
    price = item_shape.amount(item)
    for discount_id in at_work:
        terms = work.private(discount_id)
        fixed = terms["percent_off"] is None
        off = shares.get(discount_id, 0) if fixed else discount_rules.split([price], terms)[0]
        # Several discounts together must not make a price negative.
        price -= min(off, price)
    return price


def record_change(
    work: UnitOfWork, subscription: Json, item_id: str, *, amount: int, at_s: int
) -> None:
    """Record that the item is billed at another amount from an instant on."""
    kept = _all(work, subscription)
    known = kept.get(item_id, {"off": {}})
    changed = {item_id: {**known, "amount": amount, "since": at_s}}
    work.update_private(subscription["id"], basis=kept | changed)


def _all(work: UnitOfWork, subscription: Json) -> dict[str, Json]:
    kept: dict[str, Json] = work.private(subscription["id"])["basis"]
    return kept
