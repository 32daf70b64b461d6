"""Tenants of `stripe-integration`: their invoices, payments and subscription, by webhooks."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store import rows
from keystead_stub.store.engine import Store
from keystead_stub.store.records.record_tables import invoice, payment, tenant_subscription


class InvoiceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `Invoice`; `id` counts within the tenant."""

    tenant_id: str
    id: str
    number: str | None
    status: str
    amount_due: int
    amount_paid: int
    currency: str
    created_at: int
    period_end: int | None
    hosted_url: str | None
    stripe_invoice_id: str
    stripe_subscription_id: str | None
    stripe_payment_intent_id: str | None


class PaymentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `Payment`; `id` is the id of Stripe's event."""

    tenant_id: str
    id: str
    status: str
    amount: int
    currency: str
    at: int
    failure: str | None
    stripe_payment_intent_id: str
    stripe_charge_id: str | None


class SubscriptionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `TenantSubscription` without its time of writing."""

    tenant_id: str
    tenant_status: str
    plan: str | None
    status: str
    seats: int
    current_period_end: int | None
    cancel_at_period_end: bool
    stripe_customer_id: str | None
    stripe_subscription_id: str | None
    stripe_price_id: str | None


def list_invoices(connection: sa.Connection, tenant_id: str) -> list[InvoiceRow]:
    """The tenant's invoices, the newest first."""
    query = rows.select(invoice, InvoiceRow).where(invoice.c.tenant_id == tenant_id)
    # By Stripe's id next, because the order must not depend on which webhook came first.
    query = query.order_by(invoice.c.created_at.desc(), invoice.c.stripe_invoice_id)
    return rows.all_of(connection, query, InvoiceRow)


def find_invoice(connection: sa.Connection, tenant_id: str, invoice_id: str) -> InvoiceRow | None:
    """The tenant's invoice with this id, its own or Stripe's."""
    columns = invoice.c
    query = rows.select(invoice, InvoiceRow).where(
        columns.tenant_id == tenant_id,
        (columns.id == invoice_id) | (columns.stripe_invoice_id == invoice_id),
    )
    # Its own first, should one invoice have the id that another one has at Stripe.
    query = query.order_by(columns.id != invoice_id)
    return rows.first(connection, query, InvoiceRow)


def find_stripe_invoice(
    connection: sa.Connection, tenant_id: str, stripe_invoice_id: str
) -> InvoiceRow | None:
    """The tenant's invoice that has this id at Stripe."""
    query = rows.select(invoice, InvoiceRow).where(
        invoice.c.tenant_id == tenant_id, invoice.c.stripe_invoice_id == stripe_invoice_id
    )
    return rows.first(connection, query, InvoiceRow)


def count_invoices(connection: sa.Connection, tenant_id: str) -> int:
    query = sa.select(sa.func.count()).where(invoice.c.tenant_id == tenant_id)
    return int(connection.scalar(query) or 0)


def insert_invoice(connection: sa.Connection, row: InvoiceRow) -> None:
    rows.insert(connection, invoice, row)


def update_invoice(connection: sa.Connection, row: InvoiceRow) -> None:
    own = (invoice.c.tenant_id == row.tenant_id) & (invoice.c.id == row.id)
    connection.execute(sa.update(invoice).where(own).values(rows.values(row)))


def update_payment_intent(connection: sa.Connection, row: InvoiceRow, intent_id: str) -> None:
    """Keep which payment intent pays the invoice."""
    own = (invoice.c.tenant_id == row.tenant_id) & (invoice.c.id == row.id)
    connection.execute(sa.update(invoice).where(own).values(stripe_payment_intent_id=intent_id))


def list_payments(connection: sa.Connection, tenant_id: str) -> list[PaymentRow]:
    """The tenant's payments, failed ones too, the newest first."""
    query = rows.select(payment, PaymentRow).where(payment.c.tenant_id == tenant_id)
    # Within one second an attempt fails first and succeeds then; ids of events are random.
    query = query.order_by(payment.c.at.desc(), payment.c.status.desc(), payment.c.id.desc())
    return rows.all_of(connection, query, PaymentRow)


def insert_payment(store: Store, connection: sa.Connection, row: PaymentRow) -> None:
    """Insert a payment, unless it is there already."""
    rows.insert_new(store, connection, payment, row)


def find_subscription(connection: sa.Connection, tenant_id: str) -> SubscriptionRow | None:
    query = rows.select(tenant_subscription, SubscriptionRow).where(
        tenant_subscription.c.tenant_id == tenant_id
    )
    return rows.first(connection, query, SubscriptionRow)


def save_subscription(connection: sa.Connection, row: SubscriptionRow, now_ms: int) -> None:
    """Insert the tenant's subscription, or update it."""
    values = rows.values(row) | {"updated_at": now_ms}
    own = tenant_subscription.c.tenant_id == row.tenant_id
    if not connection.execute(sa.update(tenant_subscription).where(own).values(values)).rowcount:
        connection.execute(sa.insert(tenant_subscription).values(values))
