"""What `crow` keeps of organisations: drafts of what they want, and each one's subscription."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import msgspec
import sqlalchemy as sa

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
    """A row of `organization_subscriptions`; what it is worth now Stripe says."""

    id: str
    organization_id: str
    modules: str
    pay_as_you_go: bool
    billing_period: BillingPeriod
    stripe_customer_id: str | None
    stripe_subscription_id: str | None
    created_at: int
    updated_at: int


Row = TypeVar("Row", BuilderRow, SubscriptionRow)

_BUILDER = [billing_builders.c[name] for name in BuilderRow.__struct_fields__]
_SUBSCRIPTION = [organization_subscriptions.c[name] for name in SubscriptionRow.__struct_fields__]


def find_builder(
    connection: sa.Connection, organization_id: str, builder_id: str
) -> BuilderRow | None:
    """The organisation's builder of that id; somebody else's is none."""
    query = sa.select(*_BUILDER).where(
        billing_builders.c.id == builder_id, billing_builders.c.organization_id == organization_id
    )
    return _read(connection, query, BuilderRow)


def insert_builder(connection: sa.Connection, row: BuilderRow) -> None:
    connection.execute(sa.insert(billing_builders).values(_values(row)))


def update_draft(connection: sa.Connection, builder_id: str, values: dict[str, Any]) -> bool:
    """Change a draft; whether it was one."""
    draft = (billing_builders.c.id == builder_id) & (billing_builders.c.status == "draft")
    changed = connection.execute(sa.update(billing_builders).where(draft).values(**values))
    return changed.rowcount == 1


def find_subscription(connection: sa.Connection, organization_id: str) -> SubscriptionRow | None:
    query = sa.select(*_SUBSCRIPTION).where(
        organization_subscriptions.c.organization_id == organization_id
    )
    return _read(connection, query, SubscriptionRow)


def insert_subscription(store: Store, connection: sa.Connection, row: SubscriptionRow) -> bool:
    """Add it; False where the organisation has one already."""
    added = store.insert_new(organization_subscriptions).values(_values(row))
    return bool(connection.execute(added).rowcount == 1)


def update_subscription(
    connection: sa.Connection, organization_id: str, values: dict[str, Any]
) -> None:
    """Bring the organisation's subscription up to what it has bought since."""
    its = organization_subscriptions.c.organization_id == organization_id
    connection.execute(sa.update(organization_subscriptions).where(its).values(**values))


def _read(connection: sa.Connection, query: Any, kind: type[Row]) -> Row | None:
    row = connection.execute(query).first()
    if row is None:
        return None
    # The database has no truth values of its own.
    return msgspec.convert(dict(zip(kind.__struct_fields__, row, strict=True)), kind, strict=False)


def _values(row: msgspec.Struct) -> dict[str, Any]:
    values = msgspec.structs.asdict(row)
    return {name: int(v) if isinstance(v, bool) else v for name, v in values.items()}
