"""What Stripe's events change at `crow`: builders, subscriptions and payment confirmations."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from keystead_stub.billing_apis.common.account_events import events_to_report
from keystead_stub.billing_apis.crow import organization_subscriptions
from keystead_stub.billing_apis.crow.organizations import API, BUILDER_ID
from keystead_stub.services import Services
from keystead_stub.store import customers, jobs
from keystead_stub.store.accounts import list_by_customer
from keystead_stub.store.records import organizations
from keystead_stub.store.records.organizations import BuilderRow
from keystead_stub.stripe_types.events import StripeEvent, instant, text, within

#: The kind of job that notifies of a payment.
NOTIFY = "crow.notify"

_PAID = "invoice.paid"
_COMPLETED = "checkout.session.completed"


def on_customer_event(
    services: Services, connection: sa.Connection, customer_id: str, event: StripeEvent, now_ms: int
) -> None:
    """Activate a paid builder, update its subscription, and queue confirmations of payments."""
    # One Stripe customer may pay for several organisations.
    own_accounts = [row for row in list_by_customer(connection, customer_id) if row.api == API]
    for account in own_accounts:
        if event.type == _COMPLETED:
            events = customers.list_events(connection, customer_id)
            _activate(services, connection, account.account_id, event, events=events, now_ms=now_ms)
        for paid in events_to_report(connection, customer_id, event, _PAID):
            payload = _confirmation(services, account.account_id, paid)
            # By invoice and not by event, so that one payment is confirmed once.
            key = f"{account.account_id}:{payload['invoiceId']}"
            jobs.insert(services.store, connection, NOTIFY, key, payload=payload, now_ms=now_ms)
    organization_subscriptions.follow_webhooks(connection, customer_id, now_ms)


def _activate(
    services: Services,
    connection: sa.Connection,
    organization_id: str,
    event: StripeEvent,
    *,
    events: list[StripeEvent],
    now_ms: int,
) -> None:
    """Activate the event's builder, and the subscription unless a later purchase has replaced it.

    `events` are those of the event's customer, itself included.
    """
    row = _builder_of(connection, organization_id, event)
    if row is None:
        return
    bought = {
        "stripe_customer_id": text(event.object.get("customer")),
        "stripe_subscription_id": text(event.object.get("subscription")),
    }
    # Only a draft is updated, so that a repeated event changes nothing.
    organizations.update_draft(connection, row.id, {"status": "active", **bought})
    purchases = [one for one in events if _builder_of(connection, organization_id, one)]
    if max(purchases, key=_bought).id != event.id:
        return
    agreed: dict[str, Any] = {
        "modules": row.modules,
        "pay_as_you_go": row.pay_as_you_go,
        "billing_period": row.billing_period,
        **bought,
    }
    subscription = organization_subscriptions.new_row(services, organization_id, now_ms, agreed)
    if not organizations.insert_subscription(services.store, connection, subscription):
        # Until Stripe reports the new subscription, nothing is known of its period.
        fresh = {"status": "active", "current_period_start": None, "current_period_end": None}
        organizations.update_subscription(
            connection, organization_id, agreed | fresh | {"updated_at": now_ms}
        )


def _bought(completed: StripeEvent) -> tuple[int, int, str]:
    """When a checkout was completed and, within one second, when it was started.

    The last part only makes the result independent of the order.
    """
    session = completed.object
    started_ms = instant(session.get("created")) or 0
    return completed.created_ms, started_ms, text(session.get("id")) or ""


def _builder_of(
    connection: sa.Connection, organization_id: str, event: StripeEvent
) -> BuilderRow | None:
    """The organisation's builder that a completed checkout has bought."""
    builder_id = text(within(event.object, "metadata", BUILDER_ID))
    if event.type != _COMPLETED or builder_id is None:
        return None
    return organizations.find_builder(connection, organization_id, builder_id)


def _confirmation(services: Services, organization_id: str, event: StripeEvent) -> dict[str, Any]:
    invoice, environment = event.object, services.settings.environment
    return {
        # So that nobody takes a payment of `dev` for a real one.
        **({"environment": environment} if environment else {}),
        "type": "payment.confirmed",
        "organizationId": organization_id,
        "invoiceId": text(invoice.get("id")),
        "invoiceNumber": text(invoice.get("number")),
        "amountPaid": invoice.get("amount_paid"),
        "currency": text(invoice.get("currency")),
        "paidAt": event.created_ms,
    }
