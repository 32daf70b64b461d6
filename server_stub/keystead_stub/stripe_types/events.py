"""Stripe's event documents, and their order. Pure.

Their objects have the API version of the webhook endpoint: `object_shapes` reads them.
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
    "invoice.created",
    "invoice.finalized",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice.payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "customer.subscription.updated",
    "charge.refunded",
    "charge.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_reinstated",
    "entitlements.active_entitlement_summary.updated",
    "customer.subscription.deleted",
    "customer.deleted",
)
_RANK = {name: rank for rank, name in enumerate(_PRECEDENCE)}
# These can undo one another, so they have one rank.
for _name in ("paused", "resumed", "trial_will_end", "pending_update_applied"):
    _RANK[f"customer.subscription.{_name}"] = _RANK["customer.subscription.updated"]
for _name in ("charge.refund.updated", "refund.updated"):
    _RANK[_name] = _RANK["refund.failed"]

#: Stripe's ids have at most 255 characters, email addresses 512 and names 256. PostgreSQL indexes
#: rows of at most 2,704 bytes, so that two such texts fit into one key.
_MAX_TEXT_BYTES = 1000

#: Prefix of the ids of objects that were read from Stripe before their webhook arrived.
SEEN = "seen:"


class StripeEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event; `object` is the object as it was then, `created_ms` has whole seconds.

    `account` is the connected account that it belongs to, null for the platform. `previous` are
    the attributes that the object had before, null where the event does not say. `api_version` is
    the version of the object's shape, null where it is not stated.
    """

    id: str
    type: str
    created_ms: int
    object: dict[str, Any]
    account: str | None = None
    previous: dict[str, Any] | None = None
    api_version: str | None = None

    @property
    def moment(self) -> tuple[int, int]:
        """The event's time, and its place among the events of that second: causes first."""
        return (self.created_ms, _RANK.get(self.type, len(_RANK)))

    @property
    def order(self) -> tuple[int, int, str]:
        """The key that lists events, in whatever order they arrived.

        Ids are random: what an object was after events of one second is decided by what they say.
        """
        return (*self.moment, self.id)


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
                previous=_previous(document["data"].get("previous_attributes")),
                api_version=text(document.get("api_version")),
            )
        case _:
            raise InvalidInput("This is not a Stripe event.", code="malformed_event")


def _previous(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


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
