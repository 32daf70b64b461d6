"""Monthly recurring revenue of the running subscriptions. Pure.

A subscription counts while it is `active` or `past_due`, but not during a trial or a pause. Its
items count at their prices, without discounts, taxes and metered usage.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import accumulate, groupby
from typing import Any

import msgspec

from keystead_stub.billing.facts.event_fields import stated
from keystead_stub.billing.facts.object_progress import progress_of
from keystead_stub.billing.facts.statements import Statements, join, last
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.events import StripeEvent, text, within

_RUNNING = frozenset({"active", "past_due"})
#: How many intervals make a month, if a year has 12 months, 52 weeks and 365 days.
_IN_A_MONTH = {
    "month": Fraction(1),
    "year": Fraction(1, 12),
    "week": Fraction(52, 12),
    "day": Fraction(365, 12),
}


class _Subscribed(msgspec.Struct, frozen=True, array_like=True):
    """A subscription as one event has it: `monthly` amounts by currency, as fractions."""

    progress: tuple[int, ...]
    monthly: dict[str, str]


class Revenue(msgspec.Struct, frozen=True):
    """Monthly revenue in one currency: `sums[n]` from `instants[n]` (ms) on."""

    instants: tuple[int, ...]
    sums: tuple[Fraction, ...]

    def before(self, at_ms: int) -> int:
        """Return the revenue just before that instant, rounded half up."""
        found = bisect_left(self.instants, at_ms) - 1
        return rounded(self.sums[found]) if found >= 0 else 0


def rounded(amount: Fraction) -> int:
    """Return the nearest integer, rounding half up."""
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)


def revenue_of(events: Iterable[StripeEvent]) -> dict[str, Revenue]:
    """Return the revenue by currency, from all events about subscriptions in any order."""
    steps: dict[str, list[tuple[int, Fraction]]] = defaultdict(list)
    for own in _by_subscription(events).values():
        earlier: Mapping[str, Fraction] = {}
        for at_ms, now in _course(own):
            for currency in {*earlier, *now}:
                change = now.get(currency, Fraction()) - earlier.get(currency, Fraction())
                if change:
                    steps[currency].append((at_ms, change))
            earlier = now
    return {currency: _revenue(sorted(found)) for currency, found in steps.items()}


def _by_subscription(events: Iterable[StripeEvent]) -> dict[str, list[StripeEvent]]:
    own: dict[str, list[StripeEvent]] = defaultdict(list)
    for event in events:
        if event.object.get("object") == "subscription" and (name := text(event.object.get("id"))):
            own[name].append(event)
    return own


def _course(own: Iterable[StripeEvent]) -> Iterator[tuple[int, dict[str, Fraction]]]:
    """Yield a subscription's monthly amounts after each second (in ms) that has events of it."""
    statements: Statements[_Subscribed] = ()
    ordered = sorted(own, key=lambda event: event.created_ms)
    for at_ms, found in groupby(ordered, key=lambda event: event.created_ms):
        for event in found:
            statements = join(statements, stated(event, _subscribed))
        now = last(statements, lambda one: one.progress)
        yield at_ms, {currency: Fraction(amount) for currency, amount in now.monthly.items()}


def _subscribed(subscription: Document) -> _Subscribed:
    amounts = monthly(subscription)
    return _Subscribed(
        progress_of(subscription), {currency: str(amounts[currency]) for currency in amounts}
    )


def _revenue(steps: Sequence[tuple[int, Fraction]]) -> Revenue:
    return Revenue(
        instants=tuple(at_ms for at_ms, _ in steps),
        sums=tuple(accumulate(change for _, change in steps)),
    )


def monthly(subscription: Mapping[str, Any]) -> dict[str, Fraction]:
    """Return a subscription's monthly amounts by currency."""
    # Fractions, because a twelfth of a yearly price has no exact decimal and such errors add up.
    sums: dict[str, Fraction] = defaultdict(Fraction)
    if subscription.get("status") not in _RUNNING:
        return sums
    for item in within(subscription, "items", "data") or []:
        price = item.get("price") or {}
        currency, recurring = text(price.get("currency")), price.get("recurring") or {}
        many = _IN_A_MONTH.get(recurring.get("interval", ""))
        if currency and many and recurring.get("usage_type") != "metered":
            periods = recurring.get("interval_count") or 1
            sums[currency] += _unit(price) * (item.get("quantity") or 0) * many / periods
    return sums


def _unit(price: Mapping[str, Any]) -> Fraction:
    """Return the amount of one unit. Fractions of a cent are only in the decimal field."""
    decimal = price.get("unit_amount_decimal")
    amount = price.get("unit_amount") if decimal is None else decimal
    return Fraction(str(amount)) if amount is not None else Fraction()
