"""The three documented tables (specification §12.3), column by column as their migration has them.

What the backend needs beside them is in tables of its own: `billing_states` and `devices` in
`tables`. PostgreSQL has the same columns; `current_period_end` is BIGINT there, because its
INTEGER has 32 bits, and STRICT has no counterpart, because PostgreSQL always checks types.
"""

from __future__ import annotations

import sqlalchemy as sa

from keystead_stub.store.columns import flag, instant, instant_text, table, text

# A customer as the webhooks describe them. `current_period_end` is in epoch milliseconds.
billing_customers = table(
    "billing_customers",
    text("customer_id", key=True),
    text("checkout_session_id", null=True),
    text("subscription_id", null=True),
    text("device_id", null=True),
    text("email", null=True),
    text("status", null=True),
    text("entitlement", null=True),
    text("price_id", null=True),
    instant("current_period_end", null=True),
    flag("cancel_at_period_end", default=False),
    text("last_invoice_id", null=True),
    text("last_invoice_status", null=True),
    text("stripe_entitlements_json", null=True),
    instant_text("updated_at"),
    sa.Index("idx_billing_customers_checkout_device", "checkout_session_id", "device_id"),
    sa.Index("idx_billing_customers_subscription", "subscription_id"),
)

# Events that were taken in; another delivery of one changes nothing.
processed_events = table(
    "processed_events",
    text("event_id", key=True),
    text("type"),
    instant_text("processed_at"),
)

# A device of a customer: when it last asked for its license, and whether it got an active one.
device_activations = table(
    "device_activations",
    text("customer_id", key=True),
    text("device_id", key=True),
    instant_text("activated_at"),
    instant_text("last_checked_at"),
    flag("last_active", default=False),
)

DOCUMENTED = (billing_customers, processed_events, device_activations)
