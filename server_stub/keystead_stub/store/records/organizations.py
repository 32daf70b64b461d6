"""Organisations of `crow`: the drafts of what they want to buy, and their subscriptions."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from keystead_stub.store import rows
from keystead_stub.store.engine import Store
from keystead_stub.store.records.record_tables import billing_builder, subscription

BillingPeriod = Literal["monthly", "annual"]
Status = Literal["active", "cancelled", "past_due"]


class BuilderRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `billing_builder`; `modules` is a JSON object of truth values."""

    id: str
    organization_id: str
    modules: str
    pay_as_you_go: bool
    billing_period: BillingPeriod
    stripe_customer_id: str | None = None
    stripe_subscription_id: str | None = None
    status: Literal["draft", "active"] = "draft"
    onboarding_id: str | None = None
    created_at: int


class SubscriptionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `subscription`; `modules` as in a builder, the period null until it is known."""

    id: str
    organization_id: str
    stripe_customer_id: str | None
    stripe_subscription_id: str | None
    modules: str
    pay_as_you_go: bool
    billing_period: BillingPeriod
    status: Status = "active"
    current_period_start: int | None = None
    current_period_end: int | None = None
    created_at: int
    updated_at: int


def find_builder(
    connection: sa.Connection, organization_id: str, builder_id: str
) -> BuilderRow | None:
    """The organisation's builder with this id; null also if it is another organisation's."""
    query = rows.select(billing_builder, BuilderRow).where(
        billing_builder.c.id == builder_id, billing_builder.c.organization_id == organization_id
    )
    return rows.first(connection, query, BuilderRow)


def insert_builder(connection: sa.Connection, row: BuilderRow) -> None:
    rows.insert(connection, billing_builder, row)


def update_draft(connection: sa.Connection, builder_id: str, values: dict[str, Any]) -> bool:
    """Update the builder if it is a draft, and return whether it is."""
    draft = (billing_builder.c.id == builder_id) & (billing_builder.c.status == "draft")
    changed = connection.execute(sa.update(billing_builder).where(draft).values(**values))
    return changed.rowcount == 1


def find_subscription(connection: sa.Connection, organization_id: str) -> SubscriptionRow | None:
    query = rows.select(subscription, SubscriptionRow).where(
        subscription.c.organization_id == organization_id
    )
    return rows.first(connection, query, SubscriptionRow)


def list_subscriptions(connection: sa.Connection, customer_id: str) -> list[SubscriptionRow]:
    """The subscriptions that this customer at Stripe pays for."""
    query = rows.select(subscription, SubscriptionRow).where(
        subscription.c.stripe_customer_id == customer_id
    )
    return rows.all_of(connection, query.order_by(subscription.c.id), SubscriptionRow)


def insert_subscription(store: Store, connection: sa.Connection, row: SubscriptionRow) -> bool:
    """Insert a subscription; False if the organisation already has one."""
    return rows.insert_new(store, connection, subscription, row)


def update_subscription(
    connection: sa.Connection, organization_id: str, values: dict[str, Any]
) -> None:
    own = subscription.c.organization_id == organization_id
    connection.execute(sa.update(subscription).where(own).values(**values))
