"""Decide what a customer may use, from the history of Stripe's events about them. Pure.

`billing_history` holds what the events report, whatever their order. The rules, in the order in
which `decide_state` applies them:

 1. A deleted customer has nothing.
 2. The subscription that governs is the newest that has not ended, else the newest.
 3. Of a subscription with several items the first whose price is in the catalogue counts, else the
    first. All items have the same period.
 4. Stripe's status decides whether it entitles at all. A full refund of its newest payment, or a
    dispute of it that is not won, ends that until a later invoice is paid.
 5. The period that counts is a *paid* one: a failed or unpaid invoice never moves its end.
 6. Where no subscription entitles, a single purchase does, the newest first. It has no period;
    a full refund of it, or a dispute of it that is not won, ends it.
 7. Where nothing entitles, a completed checkout without a subscription yet is `settling`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from keystead_stub.billing import returned_payments
from keystead_stub.billing.billing_history import BillingHistory, Checkout, Tracked
from keystead_stub.billing.entitlements import ProductEntitlement
from keystead_stub.billing.event_facts import replay
from keystead_stub.billing.known_subscriptions import (
    NO_PRODUCTS,
    Products,
    Subscription,
    checkouts_of,
    subscriptions_of,
)
from keystead_stub.stripe_types.events import StripeEvent

SETTLING = "settling"
ENTITLED = frozenset({"active", "trialing", "past_due"})
_ENDED = frozenset({"canceled", "incomplete_expired"})
#: Statuses in which the newest invoice is paid, or not due yet.
_PAID_UP = frozenset({"active", "trialing"})


class BillingState(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer has. Instants are epoch ms; `status` is Stripe's, or `settling`.

    `entitled` is what the events allow; whether the period has run out by now is decided in
    `licensing`. `period_end_ms` is the end of the last paid period, null while settling, which
    began at `settling_since_ms`, and null for what was `bought_once`. `reason` says why the
    customer is not entitled, or what puts the entitlement at risk.
    """

    customer_id: str
    email: str | None = None
    subscription_id: str | None = None
    status: str = SETTLING
    entitled: bool = False
    reason: str | None = None
    price_id: str | None = None
    #: What our own checkout wrote into metadata: for prices that are in no catalogue.
    entitles: ProductEntitlement | None = None
    #: The plan that metadata names, where neither of these is known: see `plan_named`.
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
    #: The connected Stripe account that sold it, null for the platform's own.
    account: str | None = None
    #: Whether it costs nothing, now and later.
    free: bool = False


class _Known(msgspec.Struct, frozen=True):
    """The input of the rules. `base` is the state that they fill in."""

    base: BillingState
    history: BillingHistory
    subscriptions: dict[str, Subscription]
    #: In the order in which they were completed.
    checkouts: list[Tracked[Checkout]]


class _Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """What was bought once and is paid, with the reason why the payment no longer stands."""

    bought_ms: int
    entitles: ProductEntitlement
    price_id: str | None
    seats: int
    returned: str | None
    free: bool


def fold(
    customer_id: str,
    events: Iterable[StripeEvent],
    sold: Collection[str] = (),
    products: Products = NO_PRODUCTS,
) -> BillingState:
    """The customer's state after all of these events, in whatever order they are given.

    `sold` and `products` are as in `decide_state`.
    """
    return decide_state(customer_id, replay(events), sold, products)


def decide_state(
    customer_id: str,
    history: BillingHistory,
    sold: Collection[str] = (),
    products: Products = NO_PRODUCTS,
) -> BillingState:
    """Apply the rules at the head of this module, in their order.

    `sold` are the ids of the prices that licenses are sold by, `products` what a merchant's
    products entitle to.
    """
    email = history.email or history.invoice_email
    base = BillingState(
        customer_id=customer_id,
        email=email.value if email else None,
        features=history.features.value if history.features else None,
        ever_paid=history.newest_payment is not None,
        account=history.account,
    )
    subscriptions = subscriptions_of(history, sold, products)
    state = _state(_Known(base, history, subscriptions, checkouts_of(history)))
    return _ended(state, "customer_deleted") if history.deleted else state


def _ended(state: BillingState, reason: str) -> BillingState:
    return msgspec.structs.replace(
        state, status="canceled", entitled=False, reason=reason, settling_since_ms=None
    )


def _state(known: _Known) -> BillingState:
    subscribed = _by_subscription(known)
    if subscribed is not None and subscribed.entitled:
        return subscribed
    bought = _by_purchase(known)
    if bought is not None and bought.entitled:
        return bought
    checkout = _unsettled(known)
    if checkout is not None:
        return _settling(known.base, checkout)
    return subscribed or bought or _nothing(known)


def _nothing(known: _Known) -> BillingState:
    failed = any(checkout.value.failed for checkout in known.checkouts)
    reason = "payment_failed" if failed else "not_paid"
    return msgspec.structs.replace(known.base, status="incomplete", reason=reason)


def _by_subscription(known: _Known) -> BillingState | None:
    subscription = _governing_subscription(known)
    if subscription is None:
        return None
    if subscription.status in _PAID_UP and subscription.period_end_ms is None:
        return _settling(known.base, _checkout_of(known, subscription))
    state = _subscribed(known, subscription)
    reason = returned_payments.of_subscription(known.history)
    return _ended(state, reason) if reason else state


def _governing_subscription(known: _Known) -> Subscription | None:
    # Stripe's times are whole seconds: of two that began in one, the one first named later.
    return max(
        reversed(known.subscriptions.values()),
        key=lambda one: (one.status not in _ENDED, one.created_ms),
        default=None,
    )


def _unsettled(known: _Known) -> Tracked[Checkout] | None:
    """The newest completed checkout whose subscription or payment is not confirmed yet."""
    waiting = [one for one in known.checkouts if _awaits_confirmation(one.value, known)]
    # Of several in one second, the one that was named first.
    return max(waiting, key=lambda one: one.first[0], default=None)


def _awaits_confirmation(checkout: Checkout, known: _Known) -> bool:
    if checkout.failed:
        return False
    if checkout.once:
        return checkout.pending
    # Stripe completes a checkout once it is paid, or the debit is under way: a subscription that
    # is still incomplete is one whose payment event has not arrived.
    subscription = known.subscriptions.get(checkout.subscription_id or "")
    return subscription is None or subscription.status == "incomplete"


def _checkout_of(known: _Known, subscription: Subscription) -> Tracked[Checkout]:
    """The checkout that created the subscription, or else one derived from the subscription."""
    for checkout in known.checkouts:
        if checkout.value.subscription_id == subscription.id:
            return checkout
    order = (subscription.created_ms, 0, subscription.id)
    derived = Checkout(
        subscription_id=subscription.id,
        pending=False,
        price_id=subscription.price_id,
        entitles=subscription.entitles,
        plan=subscription.plan,
        seats=subscription.seats,
        modules=subscription.modules,
    )
    return Tracked(order, order, derived)


def _settling(base: BillingState, checkout: Tracked[Checkout]) -> BillingState:
    details = checkout.value
    return msgspec.structs.replace(
        base,
        status=SETTLING,
        entitled=True,
        reason="payment_processing" if details.pending else None,
        subscription_id=details.subscription_id,
        # The time to settle must not begin again with the bank's answer days later.
        settling_since_ms=checkout.first[0],
        price_id=details.price_id,
        entitles=details.entitles,
        plan=details.plan,
        seats=details.seats,
        modules=details.modules,
    )


def _subscribed(known: _Known, subscription: Subscription) -> BillingState:
    entitled = subscription.status in ENTITLED
    period_end = _paid_period_end(known.history, subscription)
    cancels = subscription.cancel_at_period_end
    if subscription.cancel_at_ms is not None and period_end is not None:
        cancels = cancels or subscription.cancel_at_ms <= period_end
        period_end = min(period_end, subscription.cancel_at_ms)
    return msgspec.structs.replace(
        known.base,
        subscription_id=subscription.id,
        status=subscription.status,
        entitled=entitled,
        reason=_reason(subscription.status, known.history),
        price_id=subscription.price_id,
        entitles=subscription.entitles,
        plan=subscription.plan,
        seats=subscription.seats,
        modules=subscription.modules,
        period_end_ms=period_end,
        cancel_at_period_end=cancels,
        ever_paid=known.base.ever_paid or entitled,
        free=_is_free(known.history, subscription),
    )


def _is_free(history: BillingHistory, subscription: Subscription) -> bool:
    """Whether its price is 0, or a discount has made everything 0 that was invoiced so far."""
    if subscription.free:
        return True
    # A trial is paid for after it, and usage after its period.
    if subscription.status == "trialing" or subscription.metered:
        return False
    payments = history.payments.get(subscription.id)
    settled = payments is not None and subscription.latest_invoice in payments.invoices
    return settled and history.newest_payment is None


def _reason(status: str, history: BillingHistory) -> str | None:
    if status in {"past_due", "unpaid"}:
        return "payment_failed"
    if status in _ENDED and history.payment_failed and history.payment_failed.value:
        return "payment_failed"
    return None if status in ENTITLED else status


def _last_paid(history: BillingHistory, subscription: Subscription) -> int | None:
    if subscription.metered:
        # Usage is paid for after it: what is owed is the period that ended here.
        return subscription.period_start_ms
    payments = history.payments.get(subscription.id)
    return payments.until_ms if payments else None


def _paid_period_end(history: BillingHistory, subscription: Subscription) -> int | None:
    last_paid = _last_paid(history, subscription)
    if subscription.status not in _PAID_UP:
        # Periods follow one another: the unpaid one began where the last paid one ended.
        return last_paid if last_paid is not None else subscription.period_start_ms
    payments = history.payments.get(subscription.id)
    paid = payments.invoices if payments else frozenset()
    unpaid = subscription.latest_invoice is not None and subscription.latest_invoice not in paid
    # At a renewal Stripe moves the period first, and asks for the money an hour later.
    if unpaid and last_paid is not None and subscription.period_end_ms is not None:
        return min(last_paid, subscription.period_end_ms)
    return subscription.period_end_ms


def _by_purchase(known: _Known) -> BillingState | None:
    """The newest purchase whose payment stands, else the newest of all."""
    bought = max(
        reversed(_purchases(known)),
        key=lambda one: (one.returned is None, one.bought_ms),
        default=None,
    )
    if bought is None:
        return None
    state = msgspec.structs.replace(
        known.base,
        status="active",
        entitled=True,
        bought_once=True,
        price_id=bought.price_id,
        entitles=bought.entitles,
        # Stripe's own list is of what is subscribed to.
        features=None,
        seats=bought.seats,
        ever_paid=True,
        free=bought.free,
    )
    return _ended(state, bought.returned) if bought.returned else state


def _purchases(known: _Known) -> list[_Purchase]:
    """Single purchases: by checkouts, then by invoices, each in the order of their events."""
    found = []
    for one in known.checkouts:
        checkout = one.value
        paid = not checkout.pending and not checkout.failed
        if checkout.once and paid and checkout.entitles is not None:
            returned = returned_payments.of_purchase(
                known.history, intent=checkout.intent, invoice=None
            )
            found.append(
                _Purchase(
                    bought_ms=one.first[0],
                    entitles=checkout.entitles,
                    price_id=checkout.price_id,
                    seats=checkout.seats,
                    returned=returned,
                    free=checkout.free,
                )
            )
    for invoice_id, bought in sorted(known.history.purchases.items(), key=lambda i: i[1].first):
        found.append(
            _Purchase(
                bought_ms=bought.first[0],
                entitles=bought.value.entitles,
                price_id=bought.value.price_id,
                seats=bought.value.seats,
                returned=returned_payments.of_purchase(
                    known.history, intent=None, invoice=invoice_id
                ),
                free=bought.value.free,
            )
        )
    return found
