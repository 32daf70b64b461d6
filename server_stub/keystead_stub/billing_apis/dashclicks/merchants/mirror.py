"""The mirror of merchants' accounts: the latest version of each object that webhooks brought.

Which version is the latest is decided by the events' contents and not by their arrival, so late,
shuffled and repeated deliveries give the same records.
"""

from __future__ import annotations

import sqlalchemy as sa

from keystead_stub.store import mirror
from keystead_stub.store.engine import Store
from keystead_stub.store.mirror import MirroredObject
from keystead_stub.stripe_types.events import StripeEvent, instant, text

KINDS = frozenset(
    {"charge", "customer", "dispute", "payout", "price", "product", "refund", "subscription"}
)
#: The stage of an object's life, by the last word of the event type; others are in between.
_STAGES = {"created": 0, "closed": 2, "deleted": 2}
_MIDDLE = 1


def version_in(event: StripeEvent) -> MirroredObject | None:
    """Return the version of an object of one of `KINDS` that the event holds, or null.

    A deletion is a version too, except of a subscription: a canceled one still exists.
    """
    kind, object_id = text(event.object.get("object")), text(event.object.get("id"))
    if kind not in KINDS or object_id is None:
        return None
    created_ms, rank, event_id = event.order
    # Stripe's times are whole seconds: within one, creation comes first and the end last.
    stage = _STAGES.get(event.type.rpartition(".")[2], _MIDDLE)
    since_ms = instant(event.object.get("created"))
    return MirroredObject(
        kind=kind,
        object_id=object_id,
        created_ms=event.created_ms if since_ms is None else since_ms,
        deleted=event.type == f"{kind}.deleted",
        document=event.object,
        said=(created_ms, stage, rank, event_id),
    )


def latest_version(known: MirroredObject | None, said: MirroredObject) -> MirroredObject:
    """Return the later of two versions, whichever arrived first."""
    return said if known is None or said.said > known.said else known


def take_in(
    store: Store, connection: sa.Connection, stripe_account_id: str, event: StripeEvent
) -> None:
    """Update the mirror of that account from the event, in its transaction."""
    said = version_in(event)
    if said is None:
        return
    # Between reading and saving no other process may save a later version.
    mirror.lock(connection, stripe_account_id, said.object_id)
    known = mirror.find(connection, stripe_account_id, said.kind, said.object_id)
    if latest_version(known, said) is said:
        mirror.save(store, connection, stripe_account_id, said)
