"""The records that `crow`, `mission-control` and `stripe-integration` were described with.

Names, columns, types, defaults and what may be null are as described. A column that no description
names is ours and stands in `OURS`.
"""

from __future__ import annotations

import msgspec


class Column(msgspec.Struct, frozen=True):
    """A column: `kind` is text, integer or boolean; `default` as SQL gives it, without quotes."""

    name: str
    kind: str = "text"
    default: str | None = None
    null: bool = False


def _text(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names)


def _nullable(*names: str, kind: str = "text") -> tuple[Column, ...]:
    return tuple(Column(name, kind, null=True) for name in names)


def _integers(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "integer") for name in names)


TABLES: dict[str, tuple[Column, ...]] = {
    "billing_builder": (
        *_text("id", "organizationId", "modules"),
        Column("payAsYouGo", "boolean", "false"),
        Column("billingPeriod", default="monthly"),
        *_nullable("stripeCustomerId", "stripeSubscriptionId"),
        Column("status", default="draft"),
        *_nullable("onboardingId"),
        *_integers("createdAt"),
    ),
    "subscription": (
        *_text("id", "organizationId"),
        *_nullable("stripeCustomerId", "stripeSubscriptionId"),
        *_text("modules"),
        Column("payAsYouGo", "boolean"),
        *_text("billingPeriod"),
        Column("status", default="active"),
        *_nullable("currentPeriodStart", "currentPeriodEnd", kind="integer"),
        *_integers("createdAt", "updatedAt"),
    ),
    "subscriptions": (
        *_text("tenant_id"),
        *_nullable("stripe_customer_id", "stripe_subscription_id"),
        Column("plan", default="free"),
        Column("seats", "integer", "1"),
        Column("status", default="active"),
        *_nullable("current_period_end", kind="integer"),
        *_integers("created_at", "updated_at"),
    ),
    "Invoice": (*_text("stripeInvoiceId"), *_nullable("stripePaymentIntentId")),
    "TenantSubscription": _nullable("stripeSubscriptionId", "stripeCustomerId"),
    "Payment": (*_text("stripePaymentIntentId"), *_nullable("stripeChargeId")),
}
#: The columns of the last three, whose descriptions name no others than those above.
OURS: dict[str, frozenset[str]] = {
    "Invoice": frozenset(
        (
            *("tenantId", "id", "number", "status", "amountDue", "amountPaid", "currency"),
            *("createdAt", "periodEnd", "hostedUrl", "stripeSubscriptionId"),
        )
    ),
    "TenantSubscription": frozenset(
        (
            *("tenantId", "tenantStatus", "plan", "status", "seats", "currentPeriodEnd"),
            *("cancelAtPeriodEnd", "stripePriceId", "updatedAt"),
        )
    ),
    "Payment": frozenset(("tenantId", "id", "status", "amount", "currency", "at", "failure")),
}
#: What is unique: one subscription for an organisation, and one for a tenant.
UNIQUE = {"subscription": "organizationId", "subscriptions": "tenant_id"}
#: Values that the descriptions list.
VALUES = {
    ("billing_builder", "billingPeriod"): ("monthly", "annual"),
    ("billing_builder", "status"): ("draft", "active"),
    ("subscription", "status"): ("active", "cancelled", "past_due"),
    ("subscriptions", "plan"): ("free", "pro", "team"),
    ("subscriptions", "status"): ("active", "past_due", "canceled", "trialing"),
}
