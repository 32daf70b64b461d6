"""The mirror of merchants' accounts: the latest version of each object that webhooks brought.

Which version is the latest is decided by what the events say and not by their arrival or their ids
(`billing.facts.statements`), so late, shuffled and repeated deliveries give the same records.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from keystead.instants import to_ms
from keystead_stub.billing.facts.event_fields import stated
from keystead_stub.billing.facts.object_progress import progress_of
from keystead_stub.billing.facts.statements import Moment, Statements, join, last, state
from keystead_stub.store import mirror
from keystead_stub.store.engine import Store
from keystead_stub.store.mirror import MirroredObject
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.events import StripeEvent, instant, text

KINDS = frozenset(
    {"charge", "customer", "dispute", "payout", "price", "product", "refund", "subscription"}
)
#: The stage of an object's life, by the last word of the event type; others are in between.
_STAGES = {"created": 0, "closed": 2, "deleted": 2}
_MIDDLE = 1
#: More than there are places of events in one second.
_STAGE = 1000


class _Version(msgspec.Struct, frozen=True, array_like=True):
    """An object as one event has it."""

    deleted: bool
    document: dict[str, Any]

    @property
    def progress(self) -> tuple[bool, tuple[int, ...]]:
        return self.deleted, progress_of(self.document)


_decoder = msgspec.json.Decoder(Statements[_Version])


def version_in(event: StripeEvent) -> MirroredObject | None:
    """Return the version of an object of one of `KINDS` that the event holds, or null.

    A deletion is a version too, except of a subscription: a canceled one still exists.
    """
    kind, object_id = text(event.object.get("object")), text(event.object.get("id"))
    if kind not in KINDS or object_id is None:
        return None
    created_ms, rank = event.moment
    # Stripe's times are whole seconds: within one, creation comes first and the end last.
    stage = _STAGES.get(event.type.rpartition(".")[2], _MIDDLE)
    deleted = event.type == f"{kind}.deleted"
    at = (created_ms, stage * _STAGE + rank)
    return _record(kind, object_id, stated(event, lambda body: _Version(deleted, dict(body)), at))


def fetched(kind: str, document: Document, rank: int = 0) -> MirroredObject:
    """Return an object that was read from Stripe as it was created, before events of this rank."""
    at: Moment = (to_ms(document["created"]), rank)
    version = _Version(bool(document.get("deleted")), dict(document))
    return _record(kind, document["id"], state(at, version))


def latest_version(known: MirroredObject | None, said: MirroredObject) -> MirroredObject:
    """Return the later of two versions, whichever arrived first."""
    if known is None:
        return said
    statements = join(_decoder.decode(known.said), _decoder.decode(said.said))
    return _record(said.kind, said.object_id, statements)


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
    latest = latest_version(known, said)
    if latest != known:
        mirror.save(store, connection, stripe_account_id, latest)


def _record(kind: str, object_id: str, statements: Statements[_Version]) -> MirroredObject:
    version = last(statements, lambda one: one.progress)
    since_ms = instant(version.document.get("created"))
    return MirroredObject(
        kind=kind,
        object_id=object_id,
        created_ms=statements[0].at[0] if since_ms is None else since_ms,
        deleted=version.deleted,
        document=version.document,
        said=msgspec.json.encode(statements).decode(),
    )
