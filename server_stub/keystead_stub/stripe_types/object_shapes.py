"""Read Stripe's objects in the shape of the pinned API version and of the versions before it. Pure.

A webhook endpoint has an API version of its own, so events may come in another shape than the
pinned one. Before 2025-03-31.basil a subscription had its period (and, older still, its plan and
quantity) itself, and an invoice named its subscription, payment intent and charge directly
(https://docs.stripe.com/changelog/basil). A field that is missing or of another type is null.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.events import instant, text, within

#: Members of an invoice line's `parent` that say whether it is a proration.
_LINE_ORIGINS = ("subscription_item_details", "invoice_item_details")


class BilledPeriod(msgspec.Struct, frozen=True, array_like=True):
    """A period, in ms, that a line of an invoice pays for; prorations pay for none."""

    price_id: str | None
    start_ms: int | None
    end_ms: int


def listed(value: Any) -> list[Any]:
    """Return the value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def subscription_of_invoice(invoice: Document) -> str | None:
    """Return the id of the subscription that an invoice is of, null for none."""
    named = text(within(invoice, "parent", "subscription_details", "subscription"))
    return named or text(invoice.get("subscription"))


def payments_of_invoice(invoice: Document) -> Iterator[str]:
    """Yield the ids of payment intents and charges that an invoice itself names as its payment."""
    direct = [invoice.get("payment_intent"), invoice.get("charge")]
    paid = [
        within(one, "payment", name)
        for one in listed(within(invoice, "payments", "data"))
        for name in ("payment_intent", "charge")
        if within(one, "status") in {None, "paid"}
    ]
    yield from filter(None, map(text, direct + paid))


def billed_periods(invoice: Document) -> tuple[BilledPeriod, ...]:
    """Return the periods that an invoice's lines pay for, without prorations."""
    found = []
    for line in listed(within(invoice, "lines", "data")):
        end_ms = instant(within(line, "period", "end"))
        if end_ms is None or _is_proration(line):
            continue
        price = within(line, "pricing", "price_details", "price")
        price_id = text(price) or text(within(line, "price")) or text(within(line, "plan"))
        found.append(BilledPeriod(price_id, instant(within(line, "period", "start")), end_ms))
    return tuple(found)


def paid_until(invoice: Document) -> int | None:
    """Return the end, in ms, of the latest period that an invoice's lines pay for."""
    # An invoice can bill several items; the license holds as long as the longest of them.
    return max((one.end_ms for one in billed_periods(invoice)), default=None)


def items_of(subscription: Document) -> list[Mapping[str, Any]]:
    """Return a subscription's items, each with its price, quantity and period."""
    items = within(subscription, "items", "data")
    found = [one for one in listed(items) if isinstance(one, Mapping)]
    if not found and isinstance(subscription.get("plan"), Mapping):
        found = [{"plan": subscription["plan"], "quantity": subscription.get("quantity")}]
    own = {
        name: subscription[name]
        for name in ("current_period_start", "current_period_end")
        if instant(subscription.get(name)) is not None
    }
    return [{**own, **one, "price": one.get("price") or one.get("plan")} for one in found]


def is_metered(price: Any) -> bool:
    """Return whether usage of a price, or of a plan, is paid for after it."""
    usage = within(price, "recurring", "usage_type") or within(price, "usage_type")
    return bool(usage == "metered")


def before(document: Document, previous: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object as it was before an event, by the event's `previous_attributes`.

    They hold what has changed: of a member object the changed members, of a list all of it
    (https://docs.stripe.com/api/events/object#event_object-data-previous_attributes).
    """
    earlier = dict(document)
    for name, value in previous.items():
        now = document.get(name)
        nested = isinstance(value, Mapping) and isinstance(now, Mapping)
        earlier[name] = before(now, value) if nested else value  # type: ignore[arg-type]
    return earlier


def _is_proration(line: Any) -> bool:
    old = within(line, "proration") is True
    return old or any(within(line, "parent", origin, "proration") for origin in _LINE_ORIGINS)
