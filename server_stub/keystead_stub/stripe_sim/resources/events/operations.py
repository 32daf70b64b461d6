"""Operations on events."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import delivery_queue
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.engine.webhook_values import Event
from keystead_stub.stripe_sim.resources.events import queries


def resend(work: UnitOfWork, event_id: str) -> Event:
    """Make an event due again now at every endpoint; raises StripeError `resource_missing`."""
    delivery_queue.requeue(work.rows, event_id, work.now_ms)
    # Read again, so that the result counts the deliveries that are now pending.
    return queries.get(work.rows, event_id)
