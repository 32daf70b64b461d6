"""Write a tenant's records: its invoices, payments and subscription, as Stripe's events leave them.

An event changes the records that it is about. A tenant without records, or with another customer
than before, gets them from all of the customer's events.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.billing import customer_states
from keystead_stub.billing.account_standing import AccountStanding, standing_in
from keystead_stub.billing.event_subject import stripe_customer_of
from keystead_stub.billing_apis.stripe_integration.tenant_invoices import (
    invoice_named,
    invoices_of,
    payment_of,
)
from keystead_stub.services import Services
from keystead_stub.store import accounts, customers, locks
from keystead_stub.store.account_ids import Account
from keystead_stub.store.records import tenant_records
from keystead_stub.store.records.tenant_records import InvoiceRow, PaymentRow, SubscriptionRow
from keystead_stub.stripe_types.events import StripeEvent


def follow(
    services: Services,
    connection: sa.Connection,
    tenant: Account,
    customer_id: str,
    *,
    events: list[StripeEvent],
    now_ms: int,
) -> None:
    """Write what the events change for the tenant. The caller holds the customer lock."""
    known = tenant_records.find_subscription(connection, tenant.account_id)
    if known is None or known.stripe_customer_id != stripe_customer_of(customer_id):
        events = customers.list_events(connection, customer_id)
    for invoice_id in sorted({one for one in map(invoice_named, events) if one}):
        _save_invoice(connection, tenant.account_id, customer_id, invoice_id)
    for payment in filter(None, map(payment_of, events)):
        row = PaymentRow(tenant_id=tenant.account_id, **msgspec.structs.asdict(payment))
        tenant_records.insert_payment(services.store, connection, row)
    standing = standing_in(services, connection, tenant, now_ms)
    row_now = subscription_row(tenant.account_id, standing)
    if row_now is not None:
        tenant_records.save_subscription(connection, row_now, now_ms)


def ensure(services: Services, tenant: Account) -> None:
    """Write the records of a tenant that was there before its records had tables."""
    with services.store.read() as connection:
        customer_id = accounts.find_customer(connection, tenant)
        if customer_id is None or tenant_records.find_subscription(connection, tenant.account_id):
            return
    now_ms = services.stripe_now_ms()
    with services.store.write() as connection:
        locks.take_customer(connection, customer_id)
        follow(services, connection, tenant, customer_id, events=[], now_ms=now_ms)


def subscription_row(tenant_id: str, standing: AccountStanding) -> SubscriptionRow | None:
    """Return the tenant's subscription, null where there has never been one."""
    state, plan = standing.state, standing.plan
    if state is None or standing.customer_id is None:
        return None
    return SubscriptionRow(
        tenant_id=tenant_id,
        tenant_status="active" if standing.entitled else "inactive",
        plan=plan.id if plan else None,
        status=state.status,
        seats=state.seats,
        current_period_end=state.period_end_ms,
        cancel_at_period_end=state.cancel_at_period_end,
        stripe_customer_id=stripe_customer_of(standing.customer_id),
        stripe_subscription_id=state.subscription_id,
        stripe_price_id=state.price_id,
    )


def _save_invoice(
    connection: sa.Connection, tenant_id: str, customer_id: str, invoice_id: str
) -> None:
    events = customers.list_events_of_object(connection, customer_id, invoice_id)
    # An invoice's payment may be reported before the invoice itself.
    found = next(iter(invoices_of(events)), None)
    if found is None:
        return
    known = tenant_records.find_stripe_invoice(connection, tenant_id, invoice_id)
    intent_id = found.stripe_payment_intent_id or _intent_of(connection, customer_id, invoice_id)
    if intent_id is None and known is not None:
        intent_id = known.stripe_payment_intent_id
    count = tenant_records.count_invoices(connection, tenant_id)
    row = InvoiceRow(
        tenant_id=tenant_id,
        id=known.id if known is not None else f"inv-{count + 1:03d}",
        **msgspec.structs.asdict(found) | {"stripe_payment_intent_id": intent_id},
    )
    if known is None:
        tenant_records.insert_invoice(connection, row)
    else:
        tenant_records.update_invoice(connection, row)


def _intent_of(connection: sa.Connection, customer_id: str, invoice_id: str) -> str | None:
    """Return the payment intent that an invoice's payment names; of several, always the same."""
    history = customer_states.history_of(connection, customer_id)
    named = history.invoice_of_payment.items()
    return max((intent for intent, invoice in named if invoice == invoice_id), default=None)
