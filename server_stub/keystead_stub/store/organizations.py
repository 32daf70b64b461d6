"""Organisations of `crow`: the drafts of what they want to buy, and their subscriptions."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from keystead_stub.store import rows
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import billing_builders, organization_subscriptions

BillingPeriod = Literal["monthly", "annual"]


class BuilderRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `billing_builders`; `modules` are names separated by commas."""

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
    """A row of `organization_subscriptions`; Stripe has the subscription's status."""

    id: str
    organization_id: str
    modules: str
    pay_as_you_go: bool
    billing_period: BillingPeriod
    stripe_customer_id: str | None
    stripe_subscription_id: str | None
    created_at: int
    updated_at: int


def find_builder(
    connection: sa.Connection, organization_id: str, builder_id: str
) -> BuilderRow | None:
    """The organisation's builder with this id; null also if it is another organisation's."""
    query = rows.select(billing_builders, BuilderRow).where(
        billing_builders.c.id == builder_id, billing_builders.c.organization_id == organization_id
    )
    return rows.first(connection, query, BuilderRow)


def insert_builder(connection: sa.Connection, row: BuilderRow) -> None:
    rows.insert(connection, billing_builders, row)


def update_draft(connection: sa.Connection, builder_id: str, values: dict[str, Any]) -> bool:
    """Update the builder if it is a draft, and return whether it is."""
    draft = (billing_builders.c.id == builder_id) & (billing_builders.c.status == "draft")
    changed = connection.execute(sa.update(billing_builders).where(draft).values(**values))
    return changed.rowcount == 1


def find_subscription(connection: sa.Connection, organization_id: str) -> SubscriptionRow | None:
    query = rows.select(organization_subscriptions, SubscriptionRow).where(
        organization_subscriptions.c.organization_id == organization_id
    )
    return rows.first(connection, query, SubscriptionRow)


def insert_subscription(store: Store, connection: sa.Connection, row: SubscriptionRow) -> bool:
    """Insert a subscription; False if the organisation already has one."""
    return rows.insert_new(store, connection, organization_subscriptions, row)


def update_subscription(
    connection: sa.Connection, organization_id: str, values: dict[str, Any]
) -> None:
    own = organization_subscriptions.c.organization_id == organization_id
    connection.execute(sa.update(organization_subscriptions).where(own).values(**values))
