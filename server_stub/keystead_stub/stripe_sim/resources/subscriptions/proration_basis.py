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
    basis = {}
    for line in invoice["lines"]["data"]:
        origin = line["parent"]["subscription_item_details"]
        # A proration settles a difference within the period, and is not what the period was billed
        # at.
        if origin is not None and not origin["proration"]:
            off = {one["discount"]: one["amount"] for one in line["discount_amounts"]}
            amount = line["amount"] - sum(off.values())
            since = line["period"]["start"]
            basis[origin["subscription_item"]] = {"amount": amount, "off": off, "since": since}
    # An invoice of nothing but prorations must not replace what the period's own invoice recorded.
    if basis:
        work.update_private(subscription["id"], basis=basis)


def clear(work: UnitOfWork, subscription: Json) -> None:
    """Set the basis to 0: the invoice of this period is not collected."""
    # Discounts are kept: they still hold for what is charged later in the period.
    basis = {
        item_id: {**one, "amount": 0} for item_id, one in _basis_of(work, subscription).items()
    }
    work.update_private(subscription["id"], basis=basis)


def billed_amount(work: UnitOfWork, subscription: Json, item_id: str) -> int:
    """Return what the item's present period was billed at, net; 0 if it was not billed."""
    previous = _basis_of(work, subscription).get(item_id, {"amount": 0})
    return int(previous["amount"])


def last_change(work: UnitOfWork, subscription: Json) -> int:
    """Return the instant of the last change of the basis, in seconds."""
    return max(int(one["since"]) for one in _basis_of(work, subscription).values())


def net_price(work: UnitOfWork, subscription: Json, item: Json) -> int:
    """Return what a whole period of the item costs, less the discounts that the period began with.

    A percentage applies to the item's present price; of a fixed amount the item keeps its share,
    and a new item has none.
    """
    basis = _basis_of(work, subscription)
    discount_ids = dict.fromkeys(name for one in basis.values() for name in one["off"])
    shares = basis.get(item["id"], {"off": {}})["off"]
    price = item_shape.amount(item)
    for discount_id in discount_ids:
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
    basis = _basis_of(work, subscription)
    previous = basis.get(item_id, {"off": {}})
    changed = {item_id: {**previous, "amount": amount, "since": at_s}}
    work.update_private(subscription["id"], basis=basis | changed)


def _basis_of(work: UnitOfWork, subscription: Json) -> dict[str, Json]:
    basis: dict[str, Json] = work.private(subscription["id"])["basis"]
    return basis
