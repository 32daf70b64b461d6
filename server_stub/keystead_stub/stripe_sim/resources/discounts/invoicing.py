"""Discounts of an invoice: which apply, what they take off, and when they end."""

from __future__ import annotations

from collections.abc import Sequence

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.discounts import operations as discounts
from keystead_stub.stripe_sim.resources.discounts import rules as discount_rules


def applicable(
    work: UnitOfWork, customer: Json, subscription: Json | None, currency: str
) -> list[str]:
    """Return the discounts of a subscription's invoice: its own, else the customer's."""
    if subscription is None:
        return []
    own: list[str] = subscription["discounts"]
    theirs = customer.get("discount")
    # A subscription's discount replaces its customer's instead of adding to it
    # (https://docs.stripe.com/billing/subscriptions/coupons).
    if own or theirs is None:
        return own
    # An amount off is in one currency; a percentage fits every currency.
    fits = work.private(theirs["id"])["currency"] in {None, currency}
    return [theirs["id"]] if fits else []


def amounts(
    work: UnitOfWork, discounts: Sequence[str], lines: Sequence[int]
) -> dict[str, tuple[int, ...]]:
    """Return the amounts that each discount takes off the lines, by discount."""
    left = list(lines)
    found: dict[str, tuple[int, ...]] = {}
    for discount_id in discounts:
        terms = work.private(discount_id)
        found[discount_id] = discount_rules.split(left, terms)
        # Discounts are applied in order, each to what the one before left.
        left = [amount - off for amount, off in zip(left, found[discount_id], strict=True)]
    return found


def remove_ended(work: UnitOfWork, subscription: Json, at_s: int) -> None:
    """Remove discounts that ended before a period; emits no subscription update."""
    ends = {one: work.get("discount", one)["end"] for one in subscription["discounts"]}
    _keep_only(work, subscription, {one for one, end in ends.items() if end is None or end > at_s})


def remove_used(work: UnitOfWork, subscription: Json, invoice: Json) -> None:
    """Remove `once` discounts that this invoice used; emits no subscription update."""
    # A `once` discount is only used up by an invoice that it reduced: a free trial leaves it.
    used = {one["discount"] for one in invoice["total_discount_amounts"] if one["amount"]}
    once = {one for one in used if work.private(one)["duration"] == "once"}
    _keep_only(work, subscription, set(subscription["discounts"]) - once)
    customer = work.get("customer", subscription["customer"])
    if (customer.get("discount") or {}).get("id") in once:
        discounts.remove_from_customer(work, customer)


def _keep_only(work: UnitOfWork, subscription: Json, kept: set[str]) -> None:
    for discount_id in subscription["discounts"]:
        if discount_id not in kept:
            discounts.end(work, discount_id)
    left = [one for one in subscription["discounts"] if one in kept]
    work.change(subscription, None, discounts=left)
