"""The state of customers whom webhooks have reported and simulated Stripe doesn't have. Pure.

Whoever tests webhooks signs events of their own, about objects that no Stripe has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keystead_stub.billing.billing_state import BillingState
from keystead_stub.billing.event_facts import replay
from keystead_stub.billing.known_subscriptions import Subscription, subscriptions_of
from keystead_stub.billing_apis.stripe_integration.tenant_invoices import invoices_of
from keystead_stub.stripe_types.events import SEEN, StripeEvent

Json = dict[str, Any]
#: How many of simulated Stripe's events a state shows.
MOST_EVENTS = 1000
_OF_SUBSCRIPTIONS = ("customer.subscription.", "checkout.session.")


def events_from_elsewhere(events: Sequence[StripeEvent], own: Sequence[Json]) -> list[StripeEvent]:
    """Return the events that aren't simulated Stripe's `own`, the newest of which are given."""
    ids = {one["id"] for one in own}
    # Where Stripe's list was cut off, an older event may be its own, too.
    since = min(one["createdAt"] for one in own) if len(own) == MOST_EVENTS else 0
    foreign_events = (
        one
        for one in events
        if one.id not in ids and one.created_ms >= since and not one.id.startswith(SEEN)
    )
    return sorted(foreign_events, key=lambda event: event.order)


def merge_webhook_state(
    body: Json,
    state: BillingState,
    events: Sequence[StripeEvent],
    foreign_events: Sequence[StripeEvent],
) -> Json:
    """Return the body of a state with what `foreign_events` among all stored `events` add to it."""
    if not foreign_events:
        return body
    reported = any(one.type.startswith(_OF_SUBSCRIPTIONS) for one in foreign_events)
    invoices_by_id = {one.stripe_invoice_id: one for one in invoices_of(foreign_events)}
    invoices = {one["id"]: one for one in body["invoices"]}
    for invoice_id, one in invoices_by_id.items():
        invoices[invoice_id] = invoices.get(invoice_id, {}) | {
            "id": invoice_id,
            "status": one.status,
            "number": one.number,
            "currency": one.currency,
            "amountDue": one.amount_due,
            "amountPaid": one.amount_paid,
            "createdAt": one.created_at,
        }
    return body | {
        "customer": body["customer"] or _customer(state, foreign_events),
        "subscription": _subscription(body["subscription"], state, events)
        if reported
        else body["subscription"],
        "invoices": list(invoices.values()),
        # The newest first, like Stripe's own.
        "events": [*reversed([_event(one, state) for one in foreign_events]), *body["events"]],
    }


def _customer(state: BillingState, foreign_events: Sequence[StripeEvent]) -> Json:
    return {
        "id": state.customer_id,
        "status": state.status,
        "email": state.email,
        "deleted": state.reason == "customer_deleted",
        "createdAt": foreign_events[0].created_ms,
    }


def _subscription(
    known: Json | None, state: BillingState, events: Sequence[StripeEvent]
) -> Json | None:
    if state.subscription_id is None:
        return known
    reported = subscriptions_of(replay(events)).get(state.subscription_id)
    # Fields of another subscription must not be mixed in.
    same = known if known is not None and known["id"] == state.subscription_id else {}
    return {
        **same,
        "id": state.subscription_id,
        "status": reported.status if reported else state.status,
        "customerId": state.customer_id,
        "priceId": state.price_id,
        "seats": state.seats,
        **_period(reported),
    }


def _period(reported: Subscription | None) -> Json:
    return {
        "currentPeriodStart": reported.period_start_ms if reported else None,
        "currentPeriodEnd": reported.period_end_ms if reported else None,
        "cancelAtPeriodEnd": reported.cancel_at_period_end if reported else False,
    }


def _event(event: StripeEvent, state: BillingState) -> Json:
    return {
        "id": event.id,
        "type": event.type,
        "status": "delivered",
        "createdAt": event.created_ms,
        "objectId": event.object.get("id"),
        "customerId": state.customer_id,
        "account": event.account,
        "pendingWebhooks": 0,
        "deliveries": [],
    }
