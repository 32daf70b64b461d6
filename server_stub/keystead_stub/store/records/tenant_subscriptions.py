"""Tenants of `mission-control` and their subscriptions, as the newest webhook left them."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store import rows
from keystead_stub.store.engine import Store
from keystead_stub.store.records.record_tables import subscriptions, tenants


class SubscriptionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `subscriptions` without its times of writing."""

    tenant_id: str
    stripe_customer_id: str | None
    stripe_subscription_id: str | None
    plan: str
    seats: int
    status: str
    current_period_end: int | None


def save(store: Store, connection: sa.Connection, row: SubscriptionRow, now_ms: int) -> None:
    """Insert the tenant's subscription, or update it."""
    values = rows.values(row) | {"updated_at": now_ms}
    own = subscriptions.c.tenant_id == row.tenant_id
    if connection.execute(sa.update(subscriptions).where(own).values(values)).rowcount:
        return
    tenant = store.insert_new(tenants).values(id=row.tenant_id, created_at=now_ms)
    connection.execute(tenant)
    connection.execute(sa.insert(subscriptions).values(values | {"created_at": now_ms}))
