"""Transitions of subscriptions (`rules`), carried out with their effects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from keystead_stub.stripe_sim.engine.calendar import DAY_S, period_end
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.discounts import invoicing as discount_invoicing
from keystead_stub.stripe_sim.resources.invoice_items import pending
from keystead_stub.stripe_sim.resources.invoices import lifecycle as invoice_lifecycle
from keystead_stub.stripe_sim.resources.meters import usage as meter_usage
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods
from keystead_stub.stripe_sim.resources.subscriptions import proration_basis
from keystead_stub.stripe_sim.resources.subscriptions import rules as subscriptions
from keystead_stub.stripe_sim.resources.subscriptions.rules import (
    FINAL,
    Cause,
    Effect,
    Life,
    Status,
)
from keystead_stub.stripe_types.api import Document

UPDATED = "customer.subscription.updated"
#: Stripe's reason for a requested cancellation.
CANCELLATION_REQUESTED = "cancellation_requested"

_D = TypeVar("_D", bound=Document)


def items_of(subscription: Json) -> list[Json]:
    items: list[Json] = subscription["items"]["data"]
    return items


def item_of(subscription: Json) -> Json:
    """Return the first item: its interval and its period are those of all."""
    return items_of(subscription)[0]


def life_of(subscription: Json) -> Life:
    return Life(Status(subscription["status"]), subscription["cancel_at_period_end"])


def has_ended(subscription: Document) -> bool:
    return Status(subscription["status"]) in FINAL


def current(work: UnitOfWork, customer_id: str) -> Json | None:
    """Return the customer's newest living subscription, else the newest."""
    return newest_active(work.of_customer("subscription", customer_id))


def newest_active(subscriptions_: Iterable[_D]) -> _D | None:
    """Return the newest that has not ended, else the newest; the input is oldest first."""
    all_of_them = list(subscriptions_)
    alive = [one for one in all_of_them if not has_ended(one)]
    return next(reversed(alive or all_of_them), None)


def apply(
    work: UnitOfWork,
    subscription: Json,
    cause: Cause,
    *,
    reason: str | None = None,
    invoice_now: bool = False,
) -> None:
    """Carry out one transition. Nothing is changed if it raises IllegalTransition.

    `reason` is Stripe's reason for a cancellation. At the end of a period, or with
    `invoice_now`, an ending subscription is billed for usage and pending items.
    """
    life = life_of(subscription)
    step = subscriptions.step(life, cause, after_retries=work.rules.after_retries)
    # Entitlements depend on all subscriptions, so they are computed once at the end of the
    # transaction.
    work.changed_customers[subscription["customer"]] = None
    ends = Effect.END in step.effects
    # An ending subscription changes its status last, because its last invoice is drafted before.
    if not ends:
        work.change(subscription, UPDATED, **_fields(work, subscription, step.life, reason))
    for effect in step.effects:
        if effect is not Effect.END:
            _EFFECTS[effect](work, subscription)
    if not ends:
        return
    last = None
    if invoice_now or cause is Cause.PERIOD_ENDED:
        last = _last_invoice(work, subscription)
    _end(work, subscription, step.life, reason)
    if last is not None:
        # Finalized after the end, so that a failed payment can't revive or suspend what has ended.
        invoice_lifecycle.finalize(work, last)
        collect(work, last)


def _fields(work: UnitOfWork, subscription: Json, life: Life, reason: str | None) -> Json:
    """Return the subscription's fields for its new status."""
    fields: Json = {"status": life.status.value}
    if life.cancel_at_period_end == subscription["cancel_at_period_end"]:
        return fields
    details = subscription["cancellation_details"] | {
        "reason": reason if life.cancel_at_period_end else None
    }
    canceling = life.cancel_at_period_end
    return fields | {
        "cancel_at_period_end": canceling,
        "cancel_at": item_of(subscription)["current_period_end"] if canceling else None,
        "canceled_at": work.now_s if canceling else None,
        "cancellation_details": details,
    }


def _end(work: UnitOfWork, subscription: Json, life: Life, reason: str | None) -> None:
    details = subscription["cancellation_details"]
    fields: Json = {"status": life.status.value, "ended_at": work.now_s}
    # It was never active, so Stripe sends an update and no deletion.
    if life.status is Status.INCOMPLETE_EXPIRED:
        work.change(subscription, UPDATED, **fields)
        return
    work.change(
        subscription,
        None,
        **fields,
        # Stripe's `canceled_at` is when the cancellation was requested, `ended_at` when it took
        # effect.
        canceled_at=subscription["canceled_at"] or work.now_s,
        cancellation_details=details | {"reason": details["reason"] or reason},
    )
    work.emit("customer.subscription.deleted", subscription)


def _last_invoice(work: UnitOfWork, subscription: Json) -> Json | None:
    """Create the last invoice, of pending items and usage, if there are any."""
    used = meter_usage.lines(work, subscription, items_of(subscription), work.now_s, last=True)
    lines = [
        *pending.lines_for_next_invoice(work, subscription),
        # No invoice of 0 for a subscription that ends without usage.
        *(line for line in used if line.amount),
    ]
    if not lines:
        return None
    customer = work.get("customer", subscription["customer"])
    invoice = invoice_lifecycle.draft(
        work, customer, subscription, lines, reason="subscription_cycle"
    )
    pending.mark_invoiced(work, lines, invoice)
    return invoice


# Periods and what they cost


def _start_period(work: UnitOfWork, subscription: Json, start_s: int, anchor_s: int) -> Json:
    """Begin the period that starts at `start_s`; return the fields' previous values."""
    reported = ("items", "billing_cycle_anchor", "discounts")
    before = {name: subscription[name] for name in reported}
    # Before the new period is billed, so that an expired discount does not reduce it.
    discount_invoicing.remove_ended(work, subscription, start_s)
    item = item_of(subscription)
    end = period_end(anchor_s, start_s, item["price"]["recurring"]["interval"])
    period = {"current_period_start": start_s, "current_period_end": end}
    turned = [{**one, **period} for one in items_of(subscription)]
    items = {**subscription["items"], "data": turned}
    work.change(subscription, None, items=items, billing_cycle_anchor=anchor_s)
    schedule_renewal(work, subscription, end)
    return before


def schedule_renewal(work: UnitOfWork, subscription: Json, end_s: int) -> None:
    """Schedule the end of a period, and its announcement some days before."""
    work.set_timer(end_s, "renew", subscription["id"])
    notice_s = end_s - work.rules.upcoming_days * DAY_S
    # A period shorter than the notice has no announcement, instead of one at once.
    if notice_s > work.now_s:
        work.set_timer(notice_s, "upcoming", subscription["id"])
    else:
        work.clear_timers(subscription["id"], "upcoming")


def _cycle_invoice(work: UnitOfWork, subscription: Json, before: Json, reason: str) -> Json:
    """Create the invoice for the new period and emit the subscription update."""
    item = item_of(subscription)
    customer = work.get("customer", subscription["customer"])
    # Usage is taken from the items as they were: it belongs to the period that has just ended.
    lines = [
        *pending.lines_for_next_invoice(work, subscription),
        *invoice_lifecycle.cycle_lines(subscription),
        *meter_usage.lines(
            work, subscription, before["items"]["data"], item["current_period_start"]
        ),
    ]
    invoice = invoice_lifecycle.draft(
        work,
        customer,
        subscription,
        lines,
        reason=reason,
        period=(item["current_period_start"], item["current_period_end"]),
    )
    pending.mark_invoiced(work, lines, invoice)
    proration_basis.record(work, subscription, invoice)
    before |= {"latest_invoice": subscription["latest_invoice"]}
    work.change(subscription, None, latest_invoice=invoice["id"])
    # One update for the new period, discounts and invoice together, as Stripe sends it.
    changed = {name: value for name, value in before.items() if subscription[name] != value}
    work.emit(UPDATED, subscription, changed)
    return invoice


def _bill_next_period(work: UnitOfWork, subscription: Json) -> None:
    start = item_of(subscription)["current_period_end"]
    before = _start_period(work, subscription, start, subscription["billing_cycle_anchor"])
    _bill(work, subscription, before, "subscription_cycle")


def bill_from_now(work: UnitOfWork, subscription: Json) -> None:
    """Cut the current period short and begin a new one, with a new anchor, now."""
    before = _start_period(work, subscription, work.now_s, work.now_s)
    _bill(work, subscription, before, "subscription_update")


def _bill(work: UnitOfWork, subscription: Json, before: Json, reason: str) -> None:
    invoice = _cycle_invoice(work, subscription, before, reason)
    paused = subscription["pause_collection"]
    # What is not collected can't be credited by a later proration.
    if paused:
        proration_basis.clear(work, subscription)
    if paused and paused["behavior"] == "keep_as_draft":
        return
    invoice_lifecycle.finalize(work, invoice)
    if paused and paused["behavior"] == "void":
        invoice_lifecycle.void(work, invoice)
    elif paused:
        invoice_lifecycle.mark_uncollectible(work, invoice)
    else:
        collect(work, invoice)


def _draft_next_period(work: UnitOfWork, subscription: Json) -> None:
    start = item_of(subscription)["current_period_end"]
    before = _start_period(work, subscription, start, subscription["billing_cycle_anchor"])
    invoice = _cycle_invoice(work, subscription, before, "subscription_cycle")
    # While a subscription is unpaid Stripe keeps its invoices as drafts
    # (https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses).
    work.change(invoice, None, auto_advance=False)


def _catch_up(work: UnitOfWork, subscription: Json) -> None:
    end = item_of(subscription)["current_period_end"]
    # Resumed within the paid period there is nothing to bill until its end.
    if end > work.now_s:
        schedule_renewal(work, subscription, end)
    else:
        bill_from_now(work, subscription)


# Collecting money


def collect(work: UnitOfWork, invoice: Json) -> None:
    """Charge an open invoice off session: at renewal, and at each retry."""
    customer = work.get("customer", invoice["customer"])
    subscription_id = invoice_lifecycle.subscription_of(invoice)
    subscription = work.get("subscription", subscription_id) if subscription_id else None
    method = payment_methods.default_for(work, customer, subscription or invoice)
    decline_code = payment_methods.off_session_decline(work, customer, method)
    # Nothing due counts as paid, whatever the card would answer.
    if invoice["amount_due"] == 0 or decline_code is None:
        invoice_lifecycle.mark_paid(work, invoice, method)
        invoice_paid(work, invoice)
        return
    next_attempt = _schedule_retry(work, invoice)
    invoice_lifecycle.record_failed_payment(
        work, invoice, method, decline_code, next_attempt_s=next_attempt
    )
    invoice_failed(work, invoice, spent=next_attempt is None)


def _schedule_retry(work: UnitOfWork, invoice: Json) -> int | None:
    # Retries count from the first failure, so that a late attempt does not shift those after it.
    first: int = work.private(invoice["id"]).get("first_failed", work.now_s)
    work.update_private(invoice["id"], first_failed=first)
    position = invoice["attempt_count"]
    if position >= len(work.rules.retry_days):
        return None
    due = first + work.rules.retry_days[position] * DAY_S
    work.set_timer(due, "retry", invoice["id"])
    return due


def invoice_paid(work: UnitOfWork, invoice: Json) -> None:
    """Apply a payment to the subscription; only its latest invoice counts."""
    # A successful payment ends the simulated failure of the customer's card.
    work.update_private(invoice["customer"], failing=False)
    subscription = _subscription_behind(work, invoice)
    if subscription is not None:
        apply(work, subscription, Cause.PAID)


def invoice_failed(work: UnitOfWork, invoice: Json, *, spent: bool) -> None:
    subscription = _subscription_behind(work, invoice)
    if subscription is None:
        return
    apply(work, subscription, Cause.PAYMENT_FAILED)
    # Two steps, because Stripe reports the subscription as past due before it ends.
    if spent and subscription["status"] == Status.PAST_DUE:
        apply(work, subscription, Cause.RETRIES_SPENT, reason="payment_failed")


def _subscription_behind(work: UnitOfWork, invoice: Json) -> Json | None:
    subscription_id = invoice_lifecycle.subscription_of(invoice)
    if subscription_id is None:
        return None
    subscription = work.get("subscription", subscription_id)
    # An old invoice that is paid late says nothing about the present period.
    return subscription if subscription["latest_invoice"] == invoice["id"] else None


# The other effects


def _open_invoices(work: UnitOfWork, subscription: Json) -> list[Json]:
    return [
        invoice
        for invoice in work.of_customer("invoice", subscription["customer"])
        if invoice_lifecycle.subscription_of(invoice) == subscription["id"]
        and invoice["status"] in {"draft", "open"}
    ]


def _stop_retries(work: UnitOfWork, subscription: Json) -> None:
    for invoice in _open_invoices(work, subscription):
        work.clear_timers(invoice["id"])
        work.change(invoice, "invoice.updated", next_payment_attempt=None, auto_advance=False)


def _stop_renewals(work: UnitOfWork, subscription: Json) -> None:
    work.clear_timers(subscription["id"], "renew")
    work.clear_timers(subscription["id"], "upcoming")
    work.clear_timers(subscription["id"], "trial_will_end")


def _void_invoices(work: UnitOfWork, subscription: Json) -> None:
    for invoice in _open_invoices(work, subscription):
        invoice_lifecycle.void(work, invoice)


_EFFECTS: dict[Effect, Callable[[UnitOfWork, Json], None]] = {
    Effect.BILL_NEXT_PERIOD: _bill_next_period,
    Effect.DRAFT_NEXT_PERIOD: _draft_next_period,
    Effect.STOP_RETRIES: _stop_retries,
    Effect.STOP_RENEWALS: _stop_renewals,
    Effect.VOID_INVOICES: _void_invoices,
    Effect.CATCH_UP: _catch_up,
}
