"""Operations on webhook endpoints: https://docs.stripe.com/api/webhook_endpoints."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from keystead_stub.store import stripe_tables
from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.engine.webhook_values import Endpoint


def create(work: UnitOfWork, url: str, enabled_events: Sequence[str]) -> Endpoint:
    """Register the URL with a new secret."""
    return register(work, url, [work.ids.new("whsec_")], enabled_events)


def register(
    work: UnitOfWork, url: str, secrets: Sequence[str], enabled_events: Sequence[str] = ("*",)
) -> Endpoint:
    """Register the URL, or replace the secrets and events of the endpoint with this URL."""
    table, rows = stripe_tables.endpoints, work.rows
    values = {
        "secrets": msgspec.json.encode(list(secrets)).decode(),
        "enabled_events": msgspec.json.encode(list(enabled_events)).decode(),
    }
    # The stub registers its own URL at each start, and must not receive every event twice.
    changed = rows.update(table).where(table.c.url == url).values(values)
    if rows.execute(changed).rowcount == 0:
        rows.add(table, {"id": work.ids.new("we_1"), "url": url, **values})
    return next(endpoint for endpoint in records.endpoints(rows) if endpoint.url == url)
