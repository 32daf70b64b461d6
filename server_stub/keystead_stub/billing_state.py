"""What a customer has paid for: a pure fold over the *set* of Stripe's events.

The events are put in one order that does not depend on their arrival (created, precedence of
type, id), so late, shuffled or repeated deliveries end in the same state by construction.

Rules, in the order in which `judge` applies them:

 1. A deleted customer has nothing.
 2. The subscription that counts is the newest that is alive, else the newest.
 3. Of a subscription with several items the one counts whose price licenses are sold by: the first
    in the catalogue, else the first (`main_item`). All have the same period.
 4. A completed checkout whose subscription is still unheard of is `settling`.
 5. A full refund, or a dispute that is not won, ends the entitlement, until a later invoice is
    paid.
 6. Stripe's status decides whether there is an entitlement at all.
 7. The period that counts is a *paid* one: a failed or unpaid invoice never moves its end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import msgspec

from keystead_stub.goods import Entitles, entitles
from keystead_stub.stripe_events import (
    Document,
    StripeEvent,
    instant,
    main_item,
    paid_until,
    subscription_of_invoice,
    text,
    within,
)

SETTLING = "settling"
ENTITLED = frozenset({"active", "trialing", "past_due"})
_ENDED = frozenset({"canceled", "incomplete_expired"})
_LIVE_INVOICE = frozenset({"active", "trialing"})


class BillingState(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's standing. Instants are epoch ms; `status` is Stripe's, or `settling`.

    `entitled` says what the events allow; whether the period has run out by now is decided where
    the time is known. `period_end_ms` is the last paid period's end, null while settling, which
    began at `settling_since_ms`. `reason` says why not, or what is the matter.
    """

    customer_id: str
    email: str | None = None
    subscription_id: str | None = None
    status: str = SETTLING
    entitled: bool = False
    reason: str | None = None
    price_id: str | None = None
    #: What our own checkout wrote of it: for prices that are in no catalogue.
    entitles: Entitles | None = None
    seats: int = 1
    #: Stripe's own feature list, where it keeps one; null leaves it to the catalogue.
    features: tuple[str, ...] | None = None
    modules: dict[str, Any] = {}
    period_end_ms: int | None = None
    cancel_at_period_end: bool = False
    settling_since_ms: int | None = None
    ever_paid: bool = False


class _Subscription(msgspec.Struct, kw_only=True):
    id: str
    created_ms: int
    status: str
    price_id: str | None
    entitles: Entitles | None
    seats: int
    period_start_ms: int | None
    period_end_ms: int | None
    cancel_at_ms: int | None
    cancel_at_period_end: bool
    latest_invoice: str | None
    modules: dict[str, Any]


class _Paid(msgspec.Struct):
    subscription_id: str | None
    created_ms: int
    until_ms: int | None
    amount: int


class _TakenBack(msgspec.Struct):
    """A charge that was given back or is disputed: when it was made, and by which intent."""

    made_ms: int
    intent: str | None


class _Checkout(msgspec.Struct):
    completed_ms: int
    subscription_id: str | None
    pending: bool
    failed: bool = False
    #: What our own checkout wrote into its metadata: known before the subscription is.
    price_id: str | None = None
    entitles: Entitles | None = None
    seats: int = 1
    modules: dict[str, Any] = {}


class _Story(msgspec.Struct):
    """What the events have told so far; private to one fold."""

    sold: frozenset[str] = frozenset()
    email: str | None = None
    deleted: bool = False
    features: tuple[str, ...] | None = None
    subscriptions: dict[str, _Subscription] = {}
    paid: dict[str, _Paid] = {}
    checkouts: dict[str, _Checkout] = {}
    #: Which invoice a payment intent has paid.
    paid_by: dict[str, str] = {}
    refunds: dict[str, _TakenBack] = {}
    disputes: dict[str, _TakenBack] = {}
    failed_payment: bool = False


def fold(
    customer_id: str, events: Iterable[StripeEvent], sold: Collection[str] = ()
) -> BillingState:
    """The customer's state after all of these events, in whatever order they are given.

    `sold` are the prices that licenses are sold by: see `main_item`.
    """
    story = _Story(sold=frozenset(sold))
    for event in sorted({e.id: e for e in events}.values(), key=lambda e: e.order):
        _tell(story, event)
    return judge(customer_id, story)


def _tell(story: _Story, event: StripeEvent) -> None:
    if event.type.startswith("customer.subscription."):
        _subscription(story, event)
    elif handler := _HANDLERS.get(event.type):
        handler(story, event)


def _customer(story: _Story, event: StripeEvent) -> None:
    story.email = text(event.object.get("email")) or story.email


def _customer_deleted(story: _Story, _event: StripeEvent) -> None:
    story.deleted = True


def _checkout(story: _Story, event: StripeEvent) -> None:
    session = event.object
    session_id = text(session.get("id"))
    if session_id is None:
        return
    story.email = text(within(session, "customer_details", "email")) or story.email
    known = story.checkouts.get(session_id)
    story.checkouts[session_id] = _Checkout(
        # The window that begins here must not begin again with the bank's answer days later.
        completed_ms=known.completed_ms if known else event.created_ms,
        subscription_id=text(session.get("subscription")),
        pending=session.get("payment_status") == "unpaid",
        failed=event.type.endswith("async_payment_failed"),
        price_id=text(within(session, "metadata", "priceId")),
        entitles=entitles(within(session, "metadata")),
        seats=_seats(within(session, "metadata", "seats")),
        modules=_modules(session),
    )


def _modules(document: Document) -> dict[str, Any]:
    """What our own checkout wrote of modules: their names, separated by commas."""
    names = text(within(document, "metadata", "modules")) or ""
    return {name: True for name in sorted(names.split(",")) if name}


def _seats(value: Any) -> int:
    digits = str(value)
    return max(int(digits), 1) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 1


def _subscription(story: _Story, event: StripeEvent) -> None:
    body = event.object
    subscription_id, status = text(body.get("id")), text(body.get("status"))
    if subscription_id is None or status is None:
        return
    item = main_item(body, story.sold)
    modules = _modules(body)
    story.subscriptions[subscription_id] = _Subscription(
        id=subscription_id,
        created_ms=instant(body.get("created")) or event.created_ms,
        status="canceled" if event.type.endswith(".deleted") else status,
        price_id=text(within(item, "price")),
        entitles=_entitles(body, item),
        # What is sold by the module is counted in modules, and has one seat.
        seats=1 if modules else _seats(within(item, "quantity")),
        period_start_ms=instant(within(item, "current_period_start")),
        period_end_ms=instant(within(item, "current_period_end")),
        cancel_at_ms=instant(body.get("cancel_at")),
        cancel_at_period_end=body.get("cancel_at_period_end") is True,
        latest_invoice=text(body.get("latest_invoice")),
        modules=modules,
    )


def _entitles(subscription: Document, item: Any) -> Entitles | None:
    """What one of our own is for: by its metadata, or by another product that it was moved to."""
    metadata = within(subscription, "metadata")
    written = entitles(metadata)
    product = text(within(item, "price", "product"))
    if written is None or within(metadata, "priceId") == text(within(item, "price")):
        return written
    return Entitles(product) if product else written


def _invoice_paid(story: _Story, event: StripeEvent) -> None:
    invoice_id = text(event.object.get("id"))
    if invoice_id is None:
        return
    amount = event.object.get("amount_paid")
    story.failed_payment = False
    story.email = story.email or text(event.object.get("customer_email"))
    story.paid[invoice_id] = _Paid(
        subscription_id=subscription_of_invoice(event.object),
        created_ms=instant(event.object.get("created")) or event.created_ms,
        until_ms=paid_until(event.object),
        amount=amount if isinstance(amount, int) else 0,
    )


def _invoice_failed(story: _Story, _event: StripeEvent) -> None:
    story.failed_payment = True


def _refunded(story: _Story, event: StripeEvent) -> None:
    charge_id = text(event.object.get("id"))
    # A part of the money given back is a kindness; all of it is a return.
    if charge_id and event.object.get("refunded") is True:
        story.refunds[charge_id] = _taken(event)


def _disputed(story: _Story, event: StripeEvent) -> None:
    if dispute_id := text(event.object.get("id")):
        story.disputes[dispute_id] = _taken(event)


def _taken(event: StripeEvent) -> _TakenBack:
    made_ms = instant(event.object.get("created")) or event.created_ms
    return _TakenBack(made_ms, text(event.object.get("payment_intent")))


def _invoice_payment(story: _Story, event: StripeEvent) -> None:
    intent = text(within(event.object, "payment", "payment_intent"))
    invoice = text(event.object.get("invoice"))
    if intent and invoice:
        story.paid_by[intent] = invoice


def _dispute_closed(story: _Story, event: StripeEvent) -> None:
    if event.object.get("status") in {"won", "warning_closed"}:
        story.disputes.pop(text(event.object.get("id")) or "", None)


def _features(story: _Story, event: StripeEvent) -> None:
    entries = within(event.object, "entitlements", "data") or []
    names = (text(within(entry, "lookup_key")) for entry in entries)
    story.features = tuple(sorted(name for name in names if name))


_HANDLERS: dict[str, Callable[[_Story, StripeEvent], None]] = {
    "customer.created": _customer,
    "customer.updated": _customer,
    "customer.deleted": _customer_deleted,
    "checkout.session.completed": _checkout,
    "checkout.session.async_payment_succeeded": _checkout,
    "checkout.session.async_payment_failed": _checkout,
    "invoice.paid": _invoice_paid,
    "invoice.payment_succeeded": _invoice_paid,
    "invoice.payment_failed": _invoice_failed,
    "invoice_payment.paid": _invoice_payment,
    "charge.refunded": _refunded,
    "charge.dispute.created": _disputed,
    "charge.dispute.closed": _dispute_closed,
    "entitlements.active_entitlement_summary.updated": _features,
}


def judge(customer_id: str, story: _Story) -> BillingState:
    """The rules of this module's head, in their order."""
    state = _standing(customer_id, story)
    if story.deleted:
        return _ended(state, "canceled", "customer_deleted")
    if state.settling_since_ms is not None:
        return state
    if reason := _taken_back(story):
        return _ended(state, "canceled", reason)
    return state


def _ended(state: BillingState, status: str, reason: str) -> BillingState:
    return msgspec.structs.replace(
        state, status=status, entitled=False, reason=reason, settling_since_ms=None
    )


def _standing(customer_id: str, story: _Story) -> BillingState:
    known = BillingState(
        customer_id=customer_id,
        email=story.email,
        features=story.features,
        ever_paid=any(paid.amount > 0 for paid in story.paid.values()),
    )
    subscription = _that_counts(story)
    checkout = _unsettled(story, subscription)
    if checkout is not None:
        return _settling(known, checkout)
    if subscription is None:
        failed = any(c.failed for c in story.checkouts.values())
        reason = "payment_failed" if failed else "not_paid"
        return msgspec.structs.replace(known, status="incomplete", reason=reason)
    return _subscribed(known, story, subscription)


def _that_counts(story: _Story) -> _Subscription | None:
    # Of two that began in one second, the one that was told of last.
    return max(
        reversed(story.subscriptions.values()),
        key=lambda s: (s.status not in _ENDED, s.created_ms),
        default=None,
    )


def _unsettled(story: _Story, subscription: _Subscription | None) -> _Checkout | None:
    """The newest completed checkout of which nothing more is known, if that is what counts."""
    if subscription is not None and subscription.status in ENTITLED:
        return None if subscription.period_end_ms is not None else _checkout_of(story, subscription)
    waiting = [
        checkout
        for checkout in story.checkouts.values()
        if not checkout.failed and _awaits(checkout, story)
    ]
    return max(waiting, key=lambda c: c.completed_ms, default=None)


def _checkout_of(story: _Story, subscription: _Subscription) -> _Checkout:
    for checkout in story.checkouts.values():
        if checkout.subscription_id == subscription.id:
            return checkout
    return _Checkout(
        completed_ms=subscription.created_ms,
        subscription_id=subscription.id,
        pending=False,
        price_id=subscription.price_id,
        entitles=subscription.entitles,
        seats=subscription.seats,
        modules=subscription.modules,
    )


def _awaits(checkout: _Checkout, story: _Story) -> bool:
    # Stripe calls a checkout complete once it is paid (or the debit is under way): a subscription
    # that is still incomplete then is one whose payment has not been heard of yet.
    subscription = story.subscriptions.get(checkout.subscription_id or "")
    return subscription is None or subscription.status == "incomplete"


def _settling(known: BillingState, checkout: _Checkout) -> BillingState:
    return msgspec.structs.replace(
        known,
        status=SETTLING,
        entitled=True,
        reason="payment_processing" if checkout.pending else None,
        subscription_id=checkout.subscription_id,
        settling_since_ms=checkout.completed_ms,
        price_id=checkout.price_id,
        entitles=checkout.entitles,
        seats=checkout.seats,
        modules=checkout.modules,
    )


def _subscribed(known: BillingState, story: _Story, subscription: _Subscription) -> BillingState:
    entitled = subscription.status in ENTITLED
    period_end = _paid_period_end(story, subscription)
    cancels = subscription.cancel_at_period_end
    if subscription.cancel_at_ms is not None and period_end is not None:
        cancels = cancels or subscription.cancel_at_ms <= period_end
        period_end = min(period_end, subscription.cancel_at_ms)
    return msgspec.structs.replace(
        known,
        subscription_id=subscription.id,
        status=subscription.status,
        entitled=entitled,
        reason=_reason(subscription.status, story),
        price_id=subscription.price_id,
        entitles=subscription.entitles,
        seats=subscription.seats,
        modules=subscription.modules,
        period_end_ms=period_end,
        cancel_at_period_end=cancels,
        ever_paid=known.ever_paid or entitled,
    )


def _reason(status: str, story: _Story) -> str | None:
    if status in {"past_due", "unpaid"}:
        return "payment_failed"
    if status in {"canceled", "incomplete_expired"} and story.failed_payment:
        return "payment_failed"
    return None if status in ENTITLED else status


def _paid_period_end(story: _Story, subscription: _Subscription) -> int | None:
    paid = [p.until_ms for p in story.paid.values() if p.subscription_id == subscription.id]
    last_paid = max((end for end in paid if end is not None), default=None)
    if subscription.status not in _LIVE_INVOICE:
        # Periods follow one another: the unpaid one began where the last paid one ended.
        return last_paid if last_paid is not None else subscription.period_start_ms
    unpaid = subscription.latest_invoice is not None and (
        subscription.latest_invoice not in story.paid
    )
    # At a renewal Stripe moves the period first, and asks for the money an hour later.
    if unpaid and last_paid is not None and subscription.period_end_ms is not None:
        return min(last_paid, subscription.period_end_ms)
    return subscription.period_end_ms


def _taken_back(story: _Story) -> str | None:
    """Why the money of the newest payment is gone, if it is."""
    paid = {invoice: p for invoice, p in story.paid.items() if p.amount > 0}
    newest = max(reversed(paid), key=lambda invoice: paid[invoice].created_ms, default=None)

    def of_newest(taken: _TakenBack) -> bool:
        invoice = story.paid_by.get(taken.intent or "")
        if invoice is not None:
            return invoice == newest
        # Nobody told what the charge had paid: then its time has to say it.
        return newest is None or taken.made_ms >= paid[newest].created_ms

    if any(map(of_newest, story.refunds.values())):
        return "refunded"
    if any(map(of_newest, story.disputes.values())):
        return "disputed"
    return None
