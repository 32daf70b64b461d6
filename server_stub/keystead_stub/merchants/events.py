"""Every event of a merchant's account: mirrored, and what is to follow put on the queue."""

from __future__ import annotations

import sqlalchemy as sa

from keystead_stub.merchants import mirror, top_ups
from keystead_stub.merchants.follow_ups import work_of
from keystead_stub.services import Services
from keystead_stub.store import jobs, merchants
from keystead_stub.stripe_events import StripeEvent


def on_event(
    services: Services, connection: sa.Connection, event: StripeEvent, now_ms: int
) -> None:
    """Take the event in; within its transaction, once. The platform's own is no merchant's."""
    if event.account is None:
        return
    mirror.take_in(services.store, connection, event.account, event)
    merchant = merchants.by_stripe_account(connection, event.account)
    if merchant is not None:
        top_ups.take_in(services.store, connection, merchant.account_id, event)
    work = work_of(merchant.account_id, event) if merchant is not None else None
    if work is not None:
        jobs.put(
            services.store, connection, work.kind, work.key, payload=work.payload, now_ms=now_ms
        )
