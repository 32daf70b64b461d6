"""Upcoming invoices of subscriptions: announced by an event, and previewed.

https://docs.stripe.com/api/invoices/create_preview. It shows the present state, or the state after
a change; nothing is stored.
"""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.calendar import period_end
from keystead_stub.stripe_sim.engine.errors import invalid_request
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.invoice_items import pending
from keystead_stub.stripe_sim.resources.invoices import lifecycle as invoice_lifecycle
from keystead_stub.stripe_sim.resources.meters import usage as meter_usage
from keystead_stub.stripe_sim.resources.subscription_items.requests import ItemChange
from keystead_stub.stripe_sim.resources.subscriptions import create, lifecycle, update
from keystead_stub.stripe_sim.resources.subscriptions import operations as subscriptions
from keystead_stub.stripe_sim.resources.subscriptions.requests import (
    NO_CHANGE,
    NewSubscription,
    SubscriptionChange,
)
from keystead_stub.stripe_sim.resources.subscriptions.rules import Status
from keystead_stub.stripe_types.requests import CheckoutItem

_ID = "upcoming_in_1"
#: A subscription with one of these statuses is billed at the end of its period.
_RENEWED = frozenset({Status.ACTIVE, Status.TRIALING, Status.PAST_DUE})


def send_upcoming(work: UnitOfWork, subscription_id: str) -> None:
    """Emit `invoice.upcoming` if the subscription will have another invoice."""
    # A subscription canceled since the timer was set has no further invoice.
    invoice = next_invoice(work, work.get("subscription", subscription_id))
    if invoice is not None:
        work.emit("invoice.upcoming", invoice)


def next_invoice(work: UnitOfWork, subscription: Json) -> Json | None:
    """Return the invoice for the next period as it would be now; null where there will be none."""
    if subscription["status"] not in _RENEWED or subscription["cancel_at_period_end"]:
        return None
    items = lifecycle.items_of(subscription)
    start = items[0]["current_period_end"]
    interval = items[0]["price"]["recurring"]["interval"]
    period = (start, period_end(subscription["billing_cycle_anchor"], start, interval))
    renewed = _renewed(work, subscription, period)
    # In the order of a real renewal's lines, so that the preview matches the later invoice.
    lines = [
        *pending.lines_for_next_invoice(work, subscription),
        *invoice_lifecycle.cycle_lines(renewed),
        *meter_usage.lines(work, subscription, items, start),
    ]
    invoice = invoice_lifecycle.compose(
        work,
        work.get("customer", subscription["customer"]),
        renewed,
        lines,
        reason="upcoming",
        period=period,
        invoice_id=work.ids.new(_ID),
    )
    return {**invoice, "next_payment_attempt": start}


def _renewed(work: UnitOfWork, subscription: Json, period: tuple[int, int]) -> Json:
    start, end = period
    period_fields = {"current_period_start": start, "current_period_end": end}
    # Copies: a preview must not change the subscription.
    items = [{**one, **period_fields} for one in lifecycle.items_of(subscription)]
    ends = {one: work.get("discount", one)["end"] for one in subscription["discounts"]}
    continuing = [one for one, end in ends.items() if end is None or end > start]
    return {
        **subscription,
        "items": {**subscription["items"], "data": items},
        "discounts": continuing,
    }


def create_preview(
    work: UnitOfWork,
    customer_id: str | None,
    subscription_id: str | None = None,
    change: SubscriptionChange = NO_CHANGE,
) -> Json:
    """Return the invoice that a change brings at once, else the next one after it.

    Without a subscription, items are those of a new one. Run it with `Account.preview`, which
    rolls back. Raises StripeError `invoice_upcoming_none` if there will be no invoice.
    """
    if subscription_id is None and change.items:
        return _shown(work, _first_invoice(work, customer_id or "", change.items))
    if subscription_id is not None:
        customer_id = work.get("subscription", subscription_id)["customer"]
    subscription = subscriptions.find(work, customer_id or "", subscription_id)
    if change != NO_CHANGE:
        outcome = update.apply_change(work, subscription, change, collect=False)
        if outcome.invoice is not None:
            return _shown(work, outcome.invoice)
    found = next_invoice(work, subscription)
    if found is None:
        raise invalid_request(
            "No upcoming invoices for customer.", code="invoice_upcoming_none", status=404
        )
    return found


def _first_invoice(work: UnitOfWork, customer_id: str, items: tuple[ItemChange, ...]) -> Json:
    request = NewSubscription(
        customer_id=customer_id,
        items=tuple(
            CheckoutItem(
                price_id=one.price_id, quantity=1 if one.quantity is None else one.quantity
            )
            for one in items
        ),
        # Nothing is charged for a preview, and a declining card must not prevent it.
        payment_behavior="default_incomplete",
    )
    return work.get("invoice", create.create(work, request)["latest_invoice"])


def _shown(work: UnitOfWork, invoice: Json) -> Json:
    """Return an invoice as if it were not finalized yet."""
    return {
        **invoice,
        "id": work.ids.new(_ID),
        "effective_at": None,
        "ending_balance": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "number": None,
        "status": "draft",
        "status_transitions": dict.fromkeys(invoice["status_transitions"]),
    }
