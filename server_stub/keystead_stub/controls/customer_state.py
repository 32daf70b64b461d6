"""The state of one customer: what is stored about them, and what simulated Stripe has."""

from __future__ import annotations

from typing import Any

from keystead.wire.sign_in import ACCOUNT_CLAIMS
from keystead_stub.billing import customer_states
from keystead_stub.controls.billing_sandbox import BillingSandbox
from keystead_stub.controls.clock_and_events import event_json
from keystead_stub.controls.guards import CurrentSandbox, control_routes
from keystead_stub.controls.webhook_only_customers import (
    MOST_EVENTS,
    events_from_elsewhere,
    merge_webhook_state,
)
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.requests import AnyRequest
from keystead_stub.store import accounts, customers, devices
from keystead_stub.store.devices import DeviceRow
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.events import queries as events_queries
from keystead_stub.stripe_sim.resources.invoices import queries as invoices_queries
from keystead_stub.stripe_sim.resources.subscriptions import queries as subscriptions
from keystead_stub.stripe_sim.sandbox import stripe_errors_as_problems
from keystead_stub.stripe_types.values import Invoice, Subscription

Json = dict[str, Any]
#: The billing APIs that identify accounts by each claim.
_APIS_BY_CLAIM = {
    claim: [api for api, its in ACCOUNT_CLAIMS.items() if its == claim]
    for claim in ACCOUNT_CLAIMS.values()
}


routes = control_routes()


@routes.get("/_stub/state")
async def get_state(request: AnyRequest, sandbox: CurrentSandbox) -> Json:
    """Show what is stored about the customer of a `deviceId`, `customerId` or account id."""
    named = dict(request.query_params.items())
    with sandbox.services.store.read() as connection:
        if device_id := named.get("deviceId"):
            row = devices.find_device(connection, device_id)
            found = row.customer_id if row else None
        elif claim := next((one for one in _APIS_BY_CLAIM if named.get(one)), None):
            found = accounts.find_customer_by_account_id(
                connection, _APIS_BY_CLAIM[claim], named[claim]
            )
        elif customer_id := named.get("customerId"):
            found = customer_id
        else:
            raise ProblemError(
                "Give a deviceId, a customerId or an account id.", code="invalid_request"
            )
    return state_of(sandbox, found)


def state_of(sandbox: BillingSandbox, customer_id: str | None) -> Json:
    """Return what is stored about one customer; empty where there is none."""
    if customer_id is None:
        return {"customer": None, "subscription": None, "invoices": [], "devices": [], "events": []}
    with sandbox.services.store.read() as connection:
        rows = devices.list_devices(connection, customer_id)
        state = customer_states.state_of(connection, customer_id)
        kept = customers.list_events(connection, customer_id)
        records = customers.documented_rows(connection, customer_id)
    try:
        with stripe_errors_as_problems():
            at_stripe = _at_stripe(sandbox, customer_id)
    except ProblemError:
        # A customer whom only webhooks have named is not in simulated Stripe.
        if not kept:
            raise
        at_stripe = {"customer": None, "subscription": None, "invoices": [], "events": []}
    body = at_stripe | {"devices": [_device(row) for row in rows], "records": records}
    if state is None:
        return body
    return merge_webhook_state(body, state, kept, events_from_elsewhere(kept, body["events"]))


def _at_stripe(sandbox: BillingSandbox, customer_id: str) -> Json:
    """Return what simulated Stripe has about one customer. Raises StripeError."""
    controls = sandbox.stripe.holding("customer", customer_id)
    customer = controls.read(customer_queries.get, customer_id)
    subscription = controls.read(subscriptions.current, customer_id)
    invoices = controls.read(invoices_queries.of_customer, customer_id)
    events = controls.read(events_queries.newest, customer_id=customer_id, limit=MOST_EVENTS)
    return {
        "customer": {
            "id": customer.id,
            "status": sandbox.standing_of(customer_id),
            "email": customer.email,
            "deleted": customer.deleted,
            "createdAt": customer.created_ms,
        },
        "subscription": _subscription(subscription) if subscription else None,
        "invoices": [_invoice(one) for one in invoices],
        "events": [event_json(one) for one in events],
    }


def _subscription(subscription: Subscription) -> Json:
    return {
        "id": subscription.id,
        "status": subscription.status,
        "customerId": subscription.customer_id,
        "priceId": subscription.price_id,
        "seats": subscription.quantity,
        "currentPeriodStart": subscription.current_period_start_ms,
        "currentPeriodEnd": subscription.current_period_end_ms,
        "cancelAtPeriodEnd": subscription.cancel_at_period_end,
        "trialEnd": subscription.trial_end_ms,
        "collectionPaused": subscription.collection_paused,
        "latestInvoiceId": subscription.latest_invoice_id,
    }


def _invoice(invoice: Invoice) -> Json:
    return {
        "id": invoice.id,
        "status": invoice.status,
        "number": invoice.number,
        "currency": invoice.currency,
        "total": invoice.total,
        "amountDue": invoice.amount_due,
        "amountPaid": invoice.amount_paid,
        "amountRemaining": invoice.amount_remaining,
        "createdAt": invoice.created_ms,
        "periodStart": invoice.period_start_ms,
        "periodEnd": invoice.period_end_ms,
        "attemptCount": invoice.attempt_count,
        "hostedUrl": invoice.hosted_invoice_url,
    }


def _device(row: DeviceRow) -> Json:
    return {
        "id": row.device_id,
        "deviceId": row.device_id,
        "status": "active" if row.removed_at is None else "removed",
        "name": row.name,
        "activatedAt": row.activated_at,
        "lastCheckedAt": row.last_checked_at,
        "removedAt": row.removed_at,
    }
