"""What a customer has paid for: a pure fold over the *set* of Stripe's events.

What the events tell is `billing_story`, and does not depend on the order in which they came.

Rules, in the order in which `judge` applies them:

 1. A deleted customer has nothing.
 2. The subscription that counts is the newest that is alive, else the newest.
 3. Of a subscription with several items the one counts whose price licenses are sold by: the first
    in the catalogue, else the first (`main_item`). All have the same period.
 4. Stripe's status decides whether it entitles at all. A full refund of its newest payment, or a
    dispute of it that is not won, ends that until a later invoice is paid.
 5. The period that counts is a *paid* one: a failed or unpaid invoice never moves its end.
 6. Where no subscription entitles, what was bought once does, the newest first. It has no period;
    a full refund of it, or a dispute of it that is not won, ends it.
 7. Where nothing entitles, a completed checkout of which no more is heard yet is `settling`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from keystead_stub.billing.billing_history import (
    Checkout,
    Purchase,
    Story,
    Subscription,
    TakenBack,
    plan_of,
    tell,
)
from keystead_stub.billing.entitlements import Entitles
from keystead_stub.stripe_types.events import StripeEvent

SETTLING = "settling"
ENTITLED = frozenset({"active", "trialing", "past_due"})
_ENDED = frozenset({"canceled", "incomplete_expired"})
_LIVE_INVOICE = frozenset({"active", "trialing"})


class BillingState(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's standing. Instants are epoch ms; `status` is Stripe's, or `settling`.

    `entitled` says what the events allow; whether the period has run out by now is decided where
    the time is known. `period_end_ms` is the last paid period's end, null while settling, which
    began at `settling_since_ms`, and of what was `bought_once`. `reason` says why not, or what is
    the matter.
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
    #: What metadata calls it, where neither of these is known: see `plan_named`.
    plan: str | None = None
    seats: int = 1
    #: Stripe's own feature list, where it keeps one; null leaves it to the catalogue.
    features: tuple[str, ...] | None = None
    modules: dict[str, Any] = {}
    period_end_ms: int | None = None
    cancel_at_period_end: bool = False
    settling_since_ms: int | None = None
    bought_once: bool = False
    ever_paid: bool = False


def fold(
    customer_id: str,
    events: Iterable[StripeEvent],
    sold: Collection[str] = (),
    products: Mapping[str, Entitles] = MappingProxyType({}),
) -> BillingState:
    """The customer's state after all of these events, in whatever order they are given.

    `sold` and `products` are what is known of what is sold: see `tell`.
    """
    return judge(customer_id, tell(events, sold, products))


def judge(customer_id: str, story: Story) -> BillingState:
    """The rules of this module's head, in their order."""
    known = BillingState(
        customer_id=customer_id,
        email=story.email,
        features=story.features,
        ever_paid=any(paid.amount > 0 for paid in story.paid.values()),
    )
    state = _standing(known, story)
    return _ended(state, "customer_deleted") if story.deleted else state


def _ended(state: BillingState, reason: str) -> BillingState:
    return msgspec.structs.replace(
        state, status="canceled", entitled=False, reason=reason, settling_since_ms=None
    )


def _standing(known: BillingState, story: Story) -> BillingState:
    subscribed = _by_subscription(known, story)
    if subscribed is not None and subscribed.entitled:
        return subscribed
    bought = _by_purchase(known, story)
    if bought is not None and bought.entitled:
        return bought
    checkout = _unsettled(story)
    if checkout is not None:
        return _settling(known, checkout)
    return subscribed or bought or _nothing(known, story)


def _nothing(known: BillingState, story: Story) -> BillingState:
    failed = any(checkout.failed for checkout in story.checkouts.values())
    reason = "payment_failed" if failed else "not_paid"
    return msgspec.structs.replace(known, status="incomplete", reason=reason)


def _by_subscription(known: BillingState, story: Story) -> BillingState | None:
    subscription = _that_counts(story)
    if subscription is None:
        return None
    if subscription.status in _LIVE_INVOICE and subscription.period_end_ms is None:
        return _settling(known, _checkout_of(story, subscription))
    state = _subscribed(known, story, subscription)
    reason = _taken_back(story)
    return _ended(state, reason) if reason else state


def _that_counts(story: Story) -> Subscription | None:
    # Of two that began in one second, the one that was told of last.
    return max(
        reversed(story.subscriptions.values()),
        key=lambda s: (s.status not in _ENDED, s.created_ms),
        default=None,
    )


def _unsettled(story: Story) -> Checkout | None:
    """The newest completed checkout of which no more is known."""
    waiting = [
        checkout
        for checkout in story.checkouts.values()
        if not checkout.failed and _awaits(checkout, story)
    ]
    return max(waiting, key=lambda c: c.completed_ms, default=None)


def _checkout_of(story: Story, subscription: Subscription) -> Checkout:
    for checkout in story.checkouts.values():
        if checkout.subscription_id == subscription.id:
            return checkout
    return Checkout(
        completed_ms=subscription.created_ms,
        subscription_id=subscription.id,
        pending=False,
        price_id=subscription.price_id,
        entitles=subscription.entitles,
        plan=plan_of(story, subscription),
        seats=subscription.seats,
        modules=subscription.modules,
    )


def _awaits(checkout: Checkout, story: Story) -> bool:
    if checkout.once:
        return checkout.pending
    # Stripe calls a checkout complete once it is paid (or the debit is under way): a subscription
    # that is still incomplete then is one whose payment has not been heard of yet.
    subscription = story.subscriptions.get(checkout.subscription_id or "")
    return subscription is None or subscription.status == "incomplete"


def _settling(known: BillingState, checkout: Checkout) -> BillingState:
    return msgspec.structs.replace(
        known,
        status=SETTLING,
        entitled=True,
        reason="payment_processing" if checkout.pending else None,
        subscription_id=checkout.subscription_id,
        settling_since_ms=checkout.completed_ms,
        price_id=checkout.price_id,
        entitles=checkout.entitles,
        plan=checkout.plan,
        seats=checkout.seats,
        modules=checkout.modules,
    )


def _subscribed(known: BillingState, story: Story, subscription: Subscription) -> BillingState:
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
        plan=plan_of(story, subscription),
        seats=subscription.seats,
        modules=subscription.modules,
        period_end_ms=period_end,
        cancel_at_period_end=cancels,
        ever_paid=known.ever_paid or entitled,
    )


def _reason(status: str, story: Story) -> str | None:
    if status in {"past_due", "unpaid"}:
        return "payment_failed"
    if status in {"canceled", "incomplete_expired"} and story.failed_payment:
        return "payment_failed"
    return None if status in ENTITLED else status


def _last_paid(story: Story, subscription: Subscription) -> int | None:
    if subscription.metered:
        # Usage is paid for after it: what is owed is the period that ended here.
        return subscription.period_start_ms
    paid = [p.until_ms for p in story.paid.values() if p.subscription_id == subscription.id]
    return max((end for end in paid if end is not None), default=None)


def _paid_period_end(story: Story, subscription: Subscription) -> int | None:
    last_paid = _last_paid(story, subscription)
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


def _by_purchase(known: BillingState, story: Story) -> BillingState | None:
    """The newest of what was bought once and not taken back, else the newest of all."""
    found = [(_purchase_taken(story, one), one) for one in _purchases(story)]
    if not found:
        return None
    reason, bought = max(reversed(found), key=lambda one: (one[0] is None, one[1].bought_ms))
    state = msgspec.structs.replace(
        known,
        status="active",
        entitled=True,
        bought_once=True,
        price_id=bought.price_id,
        entitles=bought.entitles,
        # Stripe's own list is of what is subscribed to.
        features=None,
        seats=bought.seats,
        ever_paid=True,
    )
    return _ended(state, reason) if reason else state


def _purchases(story: Story) -> list[Purchase]:
    paid = [one for one in story.checkouts.values() if not one.pending and not one.failed]
    checkouts = [
        Purchase(one.completed_ms, one.entitles, one.price_id, one.seats, intent=one.intent)
        for one in paid
        if one.once and one.entitles
    ]
    return [*checkouts, *story.invoiced.values()]


def _purchase_taken(story: Story, bought: Purchase) -> str | None:
    """Why the money of this purchase is gone, if it is."""

    def of_this(taken: TakenBack) -> bool:
        invoice = story.paid_by.get(taken.intent or "")
        by_invoice = bought.invoice is not None and invoice == bought.invoice
        return by_invoice or (taken.intent is not None and taken.intent == bought.intent)

    return _why(story, of_this)


def _taken_back(story: Story) -> str | None:
    """Why the money of the newest payment of a subscription is gone, if it is."""
    paid = {invoice: p for invoice, p in story.paid.items() if p.amount > 0}
    newest = max(reversed(paid), key=lambda invoice: paid[invoice].created_ms, default=None)

    def of_newest(taken: TakenBack) -> bool:
        if taken.intent in story.apart:
            return False
        invoice = story.paid_by.get(taken.intent or "")
        if invoice is not None:
            return invoice == newest
        # Nobody told what the charge had paid: then its time has to say it.
        return newest is None or taken.made_ms >= paid[newest].created_ms

    return _why(story, of_newest)


def _why(story: Story, concerned: Callable[[TakenBack], bool]) -> str | None:
    if any(map(concerned, story.refunds.values())):
        return "refunded"
    if any(map(concerned, story.disputes.values())):
        return "disputed"
    return None
