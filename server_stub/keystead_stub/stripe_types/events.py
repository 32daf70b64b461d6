"""Stripe's event documents (API version 2026-02-25.clover), and their order. Pure.

Since 2025-03-31.basil a period is on the subscription's *item*, and an invoice names its
subscription under `parent.subscription_details`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from keystead.documents import MAX_SECONDS
from keystead.errors import InvalidInput
from keystead.instants import to_ms
from keystead_stub.stripe_types.api import Document

#: The order of events with the same `created`, which has whole seconds: cause before effect.
_PRECEDENCE = (
    "customer.created",
    "customer.updated",
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.subscription.created",
    "charge.succeeded",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice.payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "customer.subscription.updated",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.closed",
    "entitlements.active_entitlement_summary.updated",
    "customer.subscription.deleted",
    "customer.deleted",
)
_RANK = {name: rank for rank, name in enumerate(_PRECEDENCE)}
# These can undo one another, so they have one rank and are ordered by their ids.
_RANK["customer.subscription.paused"] = _RANK["customer.subscription.updated"]
_RANK["customer.subscription.trial_will_end"] = _RANK["customer.subscription.updated"]
_RANK["customer.subscription.resumed"] = _RANK["customer.subscription.updated"]

#: Members of an invoice line's `parent` that say whether it is a proration.
_LINE_ORIGINS = ("subscription_item_details", "invoice_item_details")

#: Stripe's ids have at most 255 characters, email addresses 512 and names 256. PostgreSQL indexes
#: rows of at most 2,704 bytes, so that two such texts fit into one key.
_MAX_TEXT_BYTES = 1000

#: Prefix of the ids of objects that were read from Stripe before their webhook arrived.
SEEN = "seen:"


class StripeEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event; `object` is the object as it was then, `created_ms` has whole seconds.

    `account` is the connected account that it belongs to, null for the platform.
    """

    id: str
    type: str
    created_ms: int
    object: dict[str, Any]
    account: str | None = None

    @property
    def order(self) -> tuple[int, int, str]:
        """The key that sorts events, in whatever order they arrived."""
        return (self.created_ms, _RANK.get(self.type, len(_RANK)), self.id)


def parse_event(document: Any) -> StripeEvent:
    """Return the event of a JSON value. Raises InvalidInput (``malformed_event``)."""
    match document:
        case {
            "id": str() as event_id,
            "type": str() as event_type,
            "created": int() as created,
            "data": {"object": dict() as body},
            # In Python a bool is an int, so `true` would pass as the second 1.
        } if text(event_id) and not isinstance(created, bool) and 0 <= created <= MAX_SECONDS:
            return StripeEvent(
                id=event_id,
                type=event_type,
                created_ms=to_ms(created),
                object=body,
                account=text(document.get("account")),
            )
        case _:
            raise InvalidInput("This is not a Stripe event.", code="malformed_event")


def text(value: Any) -> str | None:
    """Return a non-empty text, or the id of an expanded object, or null.

    A text that is too long to be an id, an address or a name of Stripe's is null as well.
    """
    if isinstance(value, Mapping):
        value = value.get("id")
    if not isinstance(value, str):
        return None
    return value if 0 < len(value.encode(errors="surrogatepass")) <= _MAX_TEXT_BYTES else None


def instant(value: Any) -> int | None:
    """Return Stripe's seconds in milliseconds; null for an invalid instant."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return to_ms(value) if whole and 0 <= value <= MAX_SECONDS else None


def within(value: Any, *path: str | int) -> Any:
    """Return the value at a path of names and indexes, null if the path ends early."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and len(value) > step else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value


def customer_of(event: StripeEvent) -> str | None:
    """Return the customer that an event is about, if its object says so; a dispute does not."""
    # A customer's own event has the customer as its object, which names no customer.
    if event.type.startswith("customer.") and event.object.get("object") == "customer":
        return text(event.object.get("id"))
    return text(event.object.get("customer"))


def main_item(subscription: Document, sold: Collection[str]) -> Any:
    """Return the item that the license is for, null if there are no items.

    It is the first whose price is one of those `sold`, else the first.
    """
    items = within(subscription, "items", "data")
    found = items if isinstance(items, list) else []
    ours = (one for one in found if text(within(one, "price")) in sold)
    return next(ours, within(found, 0))


def subscription_of_invoice(invoice: Document) -> str | None:
    return text(within(invoice, "parent", "subscription_details", "subscription"))


def paid_until(invoice: Document) -> int | None:
    """Return the end, in ms, of the latest period that an invoice's subscription lines pay for.

    Prorations are left out: they settle a difference within a period.
    """
    ends = [
        instant(within(line, "period", "end"))
        for line in within(invoice, "lines", "data") or []
        if not any(within(line, "parent", origin, "proration") for origin in _LINE_ORIGINS)
    ]
    # An invoice can bill several items; the license holds as long as the longest of them.
    return max((end for end in ends if end is not None), default=None)
