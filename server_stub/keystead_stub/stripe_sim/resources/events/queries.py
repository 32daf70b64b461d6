"""Events as the console, the controls and the API read them."""

from __future__ import annotations

from collections.abc import Collection

from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.errors import missing
from keystead_stub.stripe_sim.engine.rows import Rows
from keystead_stub.stripe_sim.engine.webhook_values import Event


def get(rows: Rows, event_id: str) -> Event:
    """Return an event with its deliveries; raises StripeError `resource_missing`."""
    found = records.events(rows, event_id=event_id)
    if not found:
        raise missing("event", event_id)
    return found[0]


def newest(
    rows: Rows,
    *,
    customer_id: str | None = None,
    limit: int = 100,
    all_accounts: bool = False,
) -> tuple[Event, ...]:
    """Return the newest events, the newest first."""
    return records.events(rows, customer_id=customer_id, limit=limit, all_accounts=all_accounts)


def page(
    rows: Rows,
    *,
    types: Collection[str] = (),
    limit: int,
    starting_after: str | None = None,
    created: tuple[int | None, int | None] = (None, None),
) -> tuple[Event, ...]:
    """Return the newest events, restricted to these types if any are given.

    They are older than the event `starting_after`, and created from `created[0]` to `created[1]`,
    both in seconds and inclusive. Raises StripeError `resource_missing`.
    """
    before = None if starting_after is None else records.position(rows, starting_after)
    return records.events(rows, types=types, limit=limit, before=before, created=created)
