"""The tables that the documents of `crow`, `mission-control` and `stripe-integration` describe.

Tables and columns have the documents' names, so that they can be read by SQL. Where those are in
camel case, the code uses the column's key in snake case, and PostgreSQL needs quotation marks:
`SELECT "organizationId" FROM subscription`. Instants are epoch milliseconds.
"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

from keystead_stub.store.columns import BIG_INTEGER

metadata = sa.MetaData()


class _Boolean(sa.TypeDecorator[bool]):
    """A BOOLEAN; SQLite's strict tables don't know that type, and keep 0 or 1."""

    impl = sa.Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        kind = sa.Integer() if dialect.name == "sqlite" else sa.Boolean()
        return dialect.type_descriptor(kind)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> bool | None:
        return None if value is None else bool(value)


def _table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    return sa.Table(name, metadata, *parts, sqlite_strict=True)


def _column(
    name: str, kind: Any = sa.Text, *, key: bool = False, null: bool = False, default: Any = None
) -> sa.Column[Any]:
    in_code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return sa.Column(
        name, kind, key=in_code, primary_key=key, nullable=null, server_default=default
    )


# `crow`: what an organisation selects during onboarding, before it pays. `modules` is JSON.
billing_builder = _table(
    "billing_builder",
    _column("id", key=True),
    _column("organizationId"),
    _column("modules"),
    _column("payAsYouGo", _Boolean, default=sa.false()),
    _column("billingPeriod", default="monthly"),
    _column("stripeCustomerId", null=True),
    _column("stripeSubscriptionId", null=True),
    _column("status", default="draft"),
    _column("onboardingId", null=True),
    _column("createdAt", BIG_INTEGER),
    sa.Index("billing_builder_by_organization", "organization_id"),
)

# `crow`: an organisation's only subscription. What was agreed on without Stripe has none of its
# ids, and the period is unknown between a checkout and the subscription's own event.
subscription = _table(
    "subscription",
    _column("id", key=True),
    _column("organizationId"),
    _column("stripeCustomerId", null=True),
    _column("stripeSubscriptionId", null=True),
    _column("modules"),
    _column("payAsYouGo", _Boolean),
    _column("billingPeriod"),
    _column("status", default="active"),
    _column("currentPeriodStart", BIG_INTEGER, null=True),
    _column("currentPeriodEnd", BIG_INTEGER, null=True),
    _column("createdAt", BIG_INTEGER),
    _column("updatedAt", BIG_INTEGER),
    sa.UniqueConstraint("organization_id"),
    sa.Index("subscription_by_customer", "stripe_customer_id"),
)

# `mission-control`: tenants with a subscription, and its state after the newest webhook.
tenants = _table(
    "tenants",
    _column("id", key=True),
    _column("created_at", BIG_INTEGER),
)

subscriptions = _table(
    "subscriptions",
    _column("tenant_id", key=True),
    _column("stripe_customer_id", null=True),
    _column("stripe_subscription_id", null=True),
    _column("plan", default="free"),
    _column("seats", sa.Integer, default=sa.text("1")),
    _column("status", default="active"),
    _column("current_period_end", BIG_INTEGER, null=True),
    _column("created_at", BIG_INTEGER),
    _column("updated_at", BIG_INTEGER),
    sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"]),
)

# `stripe-integration`: a tenant's invoices, payments and subscription. An invoice's `id` counts
# within its tenant, a payment's is that of Stripe's event.
invoice = _table(
    "Invoice",
    _column("tenantId", key=True),
    _column("id", key=True),
    _column("number", null=True),
    _column("status"),
    _column("amountDue", BIG_INTEGER),
    _column("amountPaid", BIG_INTEGER),
    _column("currency"),
    _column("createdAt", BIG_INTEGER),
    _column("periodEnd", BIG_INTEGER, null=True),
    _column("hostedUrl", null=True),
    _column("stripeInvoiceId"),
    _column("stripeSubscriptionId", null=True),
    _column("stripePaymentIntentId", null=True),
    sa.UniqueConstraint("tenant_id", "stripe_invoice_id"),
)

payment = _table(
    "Payment",
    _column("tenantId", key=True),
    _column("id", key=True),
    _column("status"),
    _column("amount", BIG_INTEGER),
    _column("currency"),
    _column("at", BIG_INTEGER),
    _column("failure", null=True),
    _column("stripePaymentIntentId"),
    _column("stripeChargeId", null=True),
)

# The document calls it `Subscription`, which SQLite can't tell from `subscription` above.
tenant_subscription = _table(
    "TenantSubscription",
    _column("tenantId", key=True),
    _column("tenantStatus"),
    _column("plan", null=True),
    _column("status"),
    _column("seats", sa.Integer),
    _column("currentPeriodEnd", BIG_INTEGER, null=True),
    _column("cancelAtPeriodEnd", _Boolean),
    _column("stripeCustomerId", null=True),
    _column("stripeSubscriptionId", null=True),
    _column("stripePriceId", null=True),
    _column("updatedAt", BIG_INTEGER),
)
