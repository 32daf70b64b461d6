"""Give the records of three billing APIs the tables and columns of their documents.

The two tables of `crow` are renamed with their rows, whose modules become JSON. The others start
empty: a tenant's records are written with its next event or request, from the events that are kept.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
drops_data = False

_INSTANT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BOOLEAN = sa.Boolean().with_variant(sa.Integer(), "sqlite")
_MODULES = ("web", "cctv", "social")
#: The new names of columns.
_BUILDER = {
    "organization_id": "organizationId",
    "pay_as_you_go": "payAsYouGo",
    "billing_period": "billingPeriod",
    "stripe_customer_id": "stripeCustomerId",
    "stripe_subscription_id": "stripeSubscriptionId",
    "onboarding_id": "onboardingId",
    "created_at": "createdAt",
}
_SUBSCRIPTION = {name: new for name, new in _BUILDER.items() if name != "onboarding_id"} | {
    "updated_at": "updatedAt"
}


def upgrade() -> None:
    op.drop_index("billing_builders_by_organization", "billing_builders")
    op.rename_table("billing_builders", "billing_builder")
    op.rename_table("organization_subscriptions", "subscription")
    _rename(
        "billing_builder",
        _BUILDER,
        {"pay_as_you_go": sa.false(), "billing_period": "monthly", "status": "draft"},
    )
    op.create_index("billing_builder_by_organization", "billing_builder", ["organizationId"])
    for column in (
        sa.Column("status", sa.Text(), nullable=False, server_default="active"),
        sa.Column("currentPeriodStart", _INSTANT, nullable=True),
        sa.Column("currentPeriodEnd", _INSTANT, nullable=True),
    ):
        op.add_column("subscription", column)
    _rename("subscription", _SUBSCRIPTION, {})
    op.create_index("subscription_by_customer", "subscription", ["stripeCustomerId"])
    _create_tenants()
    _create_invoices_and_payments()


def _rename(table: str, names: dict[str, str], defaults: dict[str, Any]) -> None:
    """Rename columns, set defaults, and turn names of modules into a JSON object."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    # SQLite gets a copy of the table, which has to be strict again.
    with op.batch_alter_table(table, table_kwargs={"sqlite_strict": True}) as changed:
        for name in names.keys() | defaults.keys():
            more: dict[str, Any] = {}
            if name == "pay_as_you_go" and on_postgresql:
                more = {"type_": sa.Boolean(), "postgresql_using": "pay_as_you_go <> 0"}
            if name in defaults:
                more["server_default"] = defaults[name]
            changed.alter_column(name, new_column_name=names.get(name), **more)
    # Only names that are written above.
    switched = (
        f"""'"{name}":' || CASE WHEN ',' || modules || ',' LIKE '%,{name},%'"""
        " THEN 'true' ELSE 'false' END"
        for name in _MODULES
    )
    modules = " || ',' || ".join(switched)
    # A colon before a name would be a parameter.
    statement = f"UPDATE {table} SET modules = '{{' || {modules} || '}}'"  # noqa: S608
    op.execute(sa.text(statement))


def _create_tenants() -> None:
    op.create_table(
        "tenants",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "subscriptions",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("stripe_customer_id", sa.Text(), nullable=True),
        sa.Column("stripe_subscription_id", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=False, server_default="free"),
        sa.Column("seats", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("status", sa.Text(), nullable=False, server_default="active"),
        sa.Column("current_period_end", _INSTANT, nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"]),
        sqlite_strict=True,
    )
    op.create_table(
        "TenantSubscription",
        sa.Column("tenantId", sa.Text(), nullable=False),
        sa.Column("tenantStatus", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("currentPeriodEnd", _INSTANT, nullable=True),
        sa.Column("cancelAtPeriodEnd", _BOOLEAN, nullable=False),
        sa.Column("stripeCustomerId", sa.Text(), nullable=True),
        sa.Column("stripeSubscriptionId", sa.Text(), nullable=True),
        sa.Column("stripePriceId", sa.Text(), nullable=True),
        sa.Column("updatedAt", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenantId"),
        sqlite_strict=True,
    )


def _create_invoices_and_payments() -> None:
    op.create_table(
        "Invoice",
        sa.Column("tenantId", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amountDue", _INSTANT, nullable=False),
        sa.Column("amountPaid", _INSTANT, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("createdAt", _INSTANT, nullable=False),
        sa.Column("periodEnd", _INSTANT, nullable=True),
        sa.Column("hostedUrl", sa.Text(), nullable=True),
        sa.Column("stripeInvoiceId", sa.Text(), nullable=False),
        sa.Column("stripeSubscriptionId", sa.Text(), nullable=True),
        sa.Column("stripePaymentIntentId", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenantId", "id"),
        sa.UniqueConstraint("tenantId", "stripeInvoiceId"),
        sqlite_strict=True,
    )
    op.create_table(
        "Payment",
        sa.Column("tenantId", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount", _INSTANT, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("stripePaymentIntentId", sa.Text(), nullable=False),
        sa.Column("stripeChargeId", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenantId", "id"),
        sqlite_strict=True,
    )
