"""Dispute analytics, payout summaries and products of the overview, from mirrored objects. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from keystead.wire.dashclicks import money as wire
from keystead_stub.stripe_types.events import text, within

_WARNING = "warning_"
#: Statuses of a payout that is on its way.
_UNDERWAY = frozenset({"pending", "in_transit"})
#: Statuses of a subscription that is running.
_RUNNING = frozenset({"active", "trialing", "past_due"})

Documents = Iterable[Mapping[str, Any]]


def dispute_analytics(disputes: Documents, payments: int) -> wire.DisputeAnalytics:
    """Return what became of these disputes; `payments` succeeded in the same days."""
    found = list(disputes)
    statuses = [text(one.get("status")) or "" for one in found]
    inquiries = sum(status.startswith(_WARNING) for status in statuses)
    opened, won, lost = len(found) - inquiries, statuses.count("won"), statuses.count("lost")
    reasons = Counter(text(one.get("reason")) or "general" for one in found)
    return wire.DisputeAnalytics(
        opened=opened,
        inquiries=inquiries,
        won=won,
        lost=lost,
        undecided=opened - won - lost,
        win_rate=round(won / (won + lost), 4) if won + lost else None,
        dispute_rate=round(opened / payments, 4) if payments else None,
        reasons=tuple(
            wire.DisputeReason(reason=reason, count=count)
            for reason, count in sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
        ),
    )


def payout_sums(payouts: Documents) -> tuple[wire.PayoutSum, ...]:
    """Return the sums of these payouts, by currency in alphabetical order."""
    by_currency: dict[str, list[Mapping[str, Any]]] = {}
    for one in payouts:
        by_currency.setdefault(one["currency"], []).append(one)

    def total(found: Documents, *statuses: str) -> int:
        return sum(one["amount"] for one in found if one["status"] in statuses)

    return tuple(
        wire.PayoutSum(
            currency=currency,
            count=len(found),
            amount=sum(one["amount"] for one in found),
            paid=total(found, "paid"),
            in_transit=total(found, *_UNDERWAY),
            failed=total(found, "failed", "canceled"),
        )
        for currency, found in sorted(by_currency.items())
    )


def subscribed_products(subscriptions: Documents) -> Counter[str]:
    """Return the number of running subscriptions by product."""
    found: Counter[str] = Counter()
    for one in subscriptions:
        if text(one.get("status")) in _RUNNING:
            items = within(one, "items", "data") or []
            found.update({text(within(item, "price", "product")) or "" for item in items} - {""})
    return found


def product_figures(
    counts: Mapping[str, int], products: Mapping[str, Mapping[str, Any]]
) -> tuple[wire.ProductFigures, ...]:
    """Return the products with their subscriptions, the most subscribed first."""
    return tuple(
        wire.ProductFigures(
            product_id=product_id,
            name=text(products[product_id].get("name")) if product_id in products else None,
            subscriptions=count,
        )
        for product_id, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    )
