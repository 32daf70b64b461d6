"""Plan, seats, items or billing day changed in the middle of a period, prorated to the second.

The rest of the period is credited at the old price and charged at the new one
(https://docs.stripe.com/billing/subscriptions/prorations). The credit is what was billed for
this period and no more, so that a downgrade never returns money that was never charged: the
period's discounts hold for all of it. A negative invoice becomes credit on the
customer's balance. If the card is declined nothing changes (Stripe's
`error_if_incomplete`).
"""

from __future__ import annotations

import msgspec

from keystead.instants import to_datetime, to_ms, to_seconds
from keystead_stub.stripe_sim.engine import amounts
from keystead_stub.stripe_sim.engine.calendar import period_end
from keystead_stub.stripe_sim.engine.errors import invalid_request, invalid_state
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.discounts import invoicing as discount_invoicing
from keystead_stub.stripe_sim.resources.invoice_items import pending
from keystead_stub.stripe_sim.resources.invoices import lifecycle as invoice_lifecycle
from keystead_stub.stripe_sim.resources.invoices.lines import Line
from keystead_stub.stripe_sim.resources.meters import usage as meter_usage
from keystead_stub.stripe_sim.resources.payment_methods import attempts
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods
from keystead_stub.stripe_sim.resources.prices import shape as price_shape
from keystead_stub.stripe_sim.resources.prices.operations import check_sellable
from keystead_stub.stripe_sim.resources.subscription_items import shape as item_shape
from keystead_stub.stripe_sim.resources.subscription_items.requests import ItemChange
from keystead_stub.stripe_sim.resources.subscription_items.rules import check_together
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle, operations, proration_basis
from keystead_stub.stripe_sim.resources.subscriptions.requests import NO_CHANGE, SubscriptionChange
from keystead_stub.stripe_sim.resources.subscriptions.rules import Cause, Status
from keystead_stub.stripe_types.events import main_item

_REPORTED = ("items", "billing_cycle_anchor", "cancel_at", "discounts", "latest_invoice")


class Outcome(msgspec.Struct, frozen=True):
    """The result of a change: `lines` are on `invoice`, or pending for the next one."""

    subscription: Json
    lines: tuple[Line, ...] = ()
    invoice: Json | None = None
    at_s: int = 0


def apply_change(
    work: UnitOfWork, subscription: Json, change: SubscriptionChange, *, collect: bool = True
) -> Outcome:
    """Change the subscription; without `collect` the card is not charged, as in a preview."""
    if subscription["status"] not in {Status.ACTIVE, Status.TRIALING}:
        raise invalid_state("Only an active subscription can be changed.")
    old = lifecycle.items_of(subscription)
    new = wanted_items(work, subscription, change)
    trial = subscription["status"] == Status.TRIALING
    new_period = change.billing_cycle_anchor == "now" or _interval(new) != _interval(old)
    # A trial keeps its end, whatever the new price's interval is.
    new_period = new_period and not trial
    # Stripe sends no event for an update that changes nothing.
    if new == old and not new_period:
        return Outcome(subscription)
    at_s = _proration_date(work, subscription, change)
    before = {name: subscription[name] for name in _REPORTED}
    lifecycle.apply(work, subscription, Cause.CHANGE)
    # Nothing was billed for a trial, so there is nothing to prorate.
    lines = [] if trial else _lines(work, subscription, new, change, at_s, new_period=new_period)
    # Before the items change: usage so far is billed at the price that it was used at.
    lines += _usage(work, subscription, new, new_period=new_period)
    _set_items(work, subscription, new, new_period=new_period)
    invoice = None
    if new_period:
        lines += invoice_lifecycle.cycle_lines(subscription)
    if lines and (new_period or change.proration_behavior == "always_invoice"):
        invoice = _invoice(work, subscription, lines)
    changed = {name: value for name, value in before.items() if subscription[name] != value}
    # One update for the whole change, before its payment.
    work.emit(lifecycle.UPDATED, subscription, changed)
    if invoice is not None:
        _settle(work, subscription, invoice, collect=collect)
    return Outcome(subscription, tuple(lines), invoice, at_s)


def update(
    work: UnitOfWork,
    subscription_id: str,
    change: SubscriptionChange = NO_CHANGE,
    *,
    fields: Json | None = None,
    pause_collection: bool | None = None,
    cancel_at_period_end: bool | None = None,
) -> Json:
    """Carry out `POST /v1/subscriptions/:id`; null arguments stay unchanged."""
    subscription = operations.retrieve(work, subscription_id)
    if pause_collection is not None:
        (operations.pause_collection if pause_collection else operations.resume)(work, subscription)
    # Repeating the present value is no change at Stripe, and must not raise.
    scheduled: bool = subscription["cancel_at_period_end"]
    if cancel_at_period_end and not scheduled:
        operations.cancel(work, subscription, at_period_end=True)
    elif cancel_at_period_end is False and scheduled:
        operations.resume(work, subscription)
    if change != NO_CHANGE:
        apply_change(work, subscription, change)
    operations.describe(work, subscription, fields or {})
    return subscription


def _interval(items: list[Json]) -> str:
    return str(items[0]["price"]["recurring"]["interval"])


def wanted_items(work: UnitOfWork, subscription: Json, change: SubscriptionChange) -> list[Json]:
    """Return the items after the change. Raises StripeError."""
    items = {one["id"]: one for one in lifecycle.items_of(subscription)}
    main = main_item(subscription, work.rules.seed.price_ids)["id"]
    first = ItemChange(id=main, price_id=change.price_id, quantity=change.quantity)
    changes_main_item = change.price_id is not None or change.quantity is not None
    for one in (*([first] if changes_main_item else []), *change.items):
        if one.id is not None and one.id not in items:
            raise invalid_request(
                f"No such subscription_item: '{one.id}'", code="resource_missing", status=404
            )
        if one.deleted:
            items.pop(one.id or "", None)
            continue
        item = _changed(work, items[one.id], one) if one.id else _new(work, subscription, one)
        items[item["id"]] = item
    check_together([one["price"] for one in items.values()])
    return list(items.values())


def _changed(work: UnitOfWork, old: Json, change: ItemChange) -> Json:
    price = _price(work, change.price_id) if change.price_id else old["price"]
    if price_shape.is_metered(price) and change.quantity is not None:
        raise invalid_request(
            "You can't set the quantity of a subscription item with a metered price."
        )
    quantity = old.get("quantity", 1) if change.quantity is None else change.quantity
    check_sellable(work, price, quantity)
    metadata = old["metadata"] if change.metadata is None else change.metadata
    return item_shape.with_price({**old, "quantity": quantity, "metadata": metadata}, price)


def _price(work: UnitOfWork, price_id: str) -> Json:
    price = work.get("price", price_id)
    if not price["active"]:
        raise invalid_request(
            "The price specified is inactive. This field only accepts active prices."
        )
    return price


def _new(work: UnitOfWork, subscription: Json, change: ItemChange) -> Json:
    price = _price(work, change.price_id or "")
    if price_shape.is_metered(price) and change.quantity is not None:
        raise invalid_request(
            "You can't set the quantity of a subscription item with a metered price."
        )
    quantity = 1 if change.quantity is None else change.quantity
    check_sellable(work, price, quantity)
    running = lifecycle.item_of(subscription)
    return item_shape.subscription_item(
        subscription["id"],
        item_id=work.ids.new("si_"),
        created=work.now_s,
        period=(running["current_period_start"], running["current_period_end"]),
        price_document=price,
        quantity=quantity,
        metadata=change.metadata,
    )


def _proration_date(work: UnitOfWork, subscription: Json, change: SubscriptionChange) -> int:
    """Return the instant to prorate from: now, or the requested one."""
    if change.proration_date_ms is None:
        return work.now_s
    at_s = to_seconds(change.proration_date_ms)
    # Before the last change the old amounts would apply, and they are no longer known.
    if not proration_basis.last_change(work, subscription) <= at_s <= work.now_s:
        raise invalid_request(
            "Invalid proration_date: must be after the last change and not in the future."
        )
    return at_s


def _lines(
    work: UnitOfWork,
    subscription: Json,
    new: list[Json],
    change: SubscriptionChange,
    at_s: int,
    *,
    new_period: bool,
) -> list[Line]:
    """Return credits and charges for the rest of the period; record what is billed now.

    With a new period, the rest of the old one is credited and nothing is charged for it.
    """
    if change.proration_behavior == "none":
        return []
    old_items = {one["id"]: one for one in lifecycle.items_of(subscription)}
    new_items = {one["id"]: one for one in new}
    lines = []
    for item_id in old_items | new_items:
        old, now = old_items.get(item_id), new_items.get(item_id)
        # Metadata alone costs nothing, so it needs no pair of lines that cancel out.
        if not new_period and (old == now or _costs_the_same(old, now)):
            continue
        if old is not None and not price_shape.is_metered(old["price"]):
            credited = -proration_basis.billed_amount(work, subscription, item_id)
            lines.append(_line(old, credited, "Unused time on", at_s))
        price = proration_basis.net_price(work, subscription, now) if now is not None else 0
        # A new period is charged by its own lines instead.
        if now is not None and not new_period and not price_shape.is_metered(now["price"]):
            lines.append(_line(now, price, "Remaining time on", at_s))
        if not new_period:
            proration_basis.record_change(work, subscription, item_id, amount=price, at_s=at_s)
    # Stripe prorates through invoice items, also if they are invoiced at once.
    return pending.create(work, subscription, lines)


def _usage(
    work: UnitOfWork, subscription: Json, new: list[Json], *, new_period: bool
) -> list[Line]:
    """Return lines for usage until now of items that are removed or change their price."""
    old_items = lifecycle.items_of(subscription)
    new_prices = {one["id"]: one["price"]["id"] for one in new}
    removed = [one for one in old_items if one["id"] not in new_prices]
    repriced = [
        one
        for one in old_items
        if one["id"] in new_prices and (new_period or new_prices[one["id"]] != one["price"]["id"])
    ]
    lines = [
        *meter_usage.lines(work, subscription, removed, work.now_s, last=True),
        *meter_usage.lines(work, subscription, repriced, work.now_s),
    ]
    old_prices = {one["id"]: one["price"]["id"] for one in old_items}
    started = [
        item_id for item_id, price_id in new_prices.items() if old_prices.get(item_id) != price_id
    ]
    meter_usage.count_from(work, subscription, started, work.now_s)
    return pending.create(work, subscription, [line for line in lines if line.amount])


def _costs_the_same(old: Json | None, new: Json | None) -> bool:
    def terms(item: Json) -> tuple[str, int | None]:
        return item["price"]["id"], item.get("quantity")

    return old is not None and new is not None and terms(old) == terms(new)


def _line(item: Json, amount: int, words: str, at_s: int) -> Line:
    """Return the line for the rest of the item's period; `amount` is for the whole period."""
    day = to_datetime(to_ms(at_s))
    name = item["price"]["metadata"].get("plan", item["price"]["id"]).capitalize()
    period = (item["current_period_start"], item["current_period_end"])
    return Line(
        amount=amounts.left(amount, period, at_s),
        description=f"{words} {item['quantity']} × {name} after {day.day} {day:%b %Y}",
        quantity=item["quantity"],
        period=(min(at_s, period[1]), period[1]),
        price_document=item["price"],
        item_id=item["id"],
        proration=True,
    )


def _set_items(work: UnitOfWork, subscription: Json, new: list[Json], *, new_period: bool) -> None:
    anchor = subscription["billing_cycle_anchor"]
    if new_period:
        anchor = work.now_s
        end = period_end(anchor, anchor, new[0]["price"]["recurring"]["interval"])
        new = [{**one, "current_period_start": anchor, "current_period_end": end} for one in new]
        lifecycle.schedule_renewal(work, subscription, end)
        # A new period begins, so discounts that end before it must not reduce it.
        discount_invoicing.remove_ended(work, subscription, anchor)
    leaves = subscription["cancel_at_period_end"]
    work.change(
        subscription,
        None,
        items={**subscription["items"], "data": new},
        billing_cycle_anchor=anchor,
        cancel_at=new[0]["current_period_end"] if leaves else None,
    )


def _invoice(work: UnitOfWork, subscription: Json, lines: list[Line]) -> Json:
    customer = work.get("customer", subscription["customer"])
    invoice = invoice_lifecycle.draft(
        work, customer, subscription, lines, reason="subscription_update"
    )
    pending.mark_invoiced(work, lines, invoice)
    proration_basis.record(work, subscription, invoice)
    work.change(subscription, None, latest_invoice=invoice["id"])
    return invoice


def _settle(work: UnitOfWork, subscription: Json, invoice: Json, *, collect: bool) -> None:
    customer = work.get("customer", invoice["customer"])
    invoice_lifecycle.finalize(work, invoice)
    # A preview ends before the card is charged.
    if not collect:
        return
    method = payment_methods.default_for(work, customer, subscription)
    decline_code = payment_methods.off_session_decline(work, customer, method)
    if invoice["amount_due"] and decline_code:
        # The error rolls the whole change back (Stripe's `error_if_incomplete`).
        raise attempts.card_error(decline_code)
    invoice_lifecycle.mark_paid(work, invoice, method)
