"""Decide what a customer may use, from the history of Stripe's events about them. Pure.

`billing_history` holds what the events report, whatever their order. The rules:

 1. A deleted customer has nothing.
 2. Everything that a customer has bought is judged by itself: each subscription, single purchase
    and completed checkout. What is for something that we sell comes before all else; then the best
    status counts (`active`, `trialing`, `past_due`, a single purchase, settling, the rest), and
    among equals the newest.
 3. Of a subscription with several items the first whose price is in the catalogue counts, else the
    first. All items have the same period.
 4. Stripe's status decides whether a subscription entitles at all. A full refund of the payment
    for its newest period, or a dispute of it that is not won, ends that until a later invoice is
    paid.
 5. The period that counts is a *paid* one: a failed or unpaid invoice never moves its end. An
    invoice that was sent with days to pay counts until it is due.
 6. A single purchase has no period; a full refund of it, or a dispute of it that is not won, ends
    it.
 7. A paid checkout without a subscription or a paid period yet is `settling`. One whose payment
    is under way entitles to nothing until it is paid.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from keystead_stub.billing.billing_history import (
    BillingHistory,
    Checkout,
    Tracked,
    active_entitlements,
)
from keystead_stub.billing.entitlements import ProductEntitlement
from keystead_stub.billing.event_facts import replay
from keystead_stub.billing.facts.statements import Moment, last
from keystead_stub.billing.known_subscriptions import (
    ANY_PRICE,
    NO_PRODUCTS,
    Offer,
    Products,
    Subscription,
    checkouts_of,
    sells,
    subscriptions_of,
)
from keystead_stub.billing.payments import returned_payments
from keystead_stub.billing.payments.invoiced_subscriptions import invoiced_subscriptions
from keystead_stub.billing.payments.paid_periods import (
    PAID_UP,
    Payments,
    due_of,
    paid_period_end,
    payments_of,
    was_never_paid,
)
from keystead_stub.billing.payments.single_purchases import SinglePurchase, single_purchases
from keystead_stub.stripe_types.events import StripeEvent

SETTLING = "settling"
ENTITLED = frozenset({"active", "trialing", "past_due"})
_ENDED = frozenset({"canceled", "incomplete_expired"})
#: The best things to have, by status; a single purchase comes before settling.
_RANKS = {"active": 5, "trialing": 4, "past_due": 3, SETTLING: 1}
_RANK_OF_PURCHASE = 2
#: Between what entitles and what doesn't: a payment that may still come.
_RANK_OF_PENDING = 0.5


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
    #: When an invoice that was sent is due: until then Stripe waits for it.
    due_ms: int | None = None
    #: Whether no grace follows its period, because a later payment went back.
    no_grace: bool = False
    #: What else entitles, the best first: it counts once the period of this has run out.
    alternatives: tuple[BillingState, ...] = ()


class _Known(msgspec.Struct, frozen=True):
    """The input of the rules. `base` is the state that they fill in."""

    base: BillingState
    history: BillingHistory
    offer: Offer
    subscriptions: dict[str, Subscription]
    #: In the order in which they were completed.
    checkouts: list[Tracked[Checkout]]
    #: The invoices whose money went back, with the reason.
    returned: dict[str, str]


class _Claim(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the customer has bought, and what it gives them."""

    state: BillingState
    is_ours: bool
    rank: float
    since_ms: int
    id: str

    @property
    def place(self) -> tuple[bool, float, int, str]:
        """The order of claims; the greatest one counts."""
        return self.is_ours, self.rank, self.since_ms, self.id


def fold(
    customer_id: str,
    events: Iterable[StripeEvent],
    offer: Offer = ANY_PRICE,
    products: Products = NO_PRODUCTS,
) -> BillingState:
    """The customer's state after all of these events, in whatever order they are given.

    `offer` and `products` are as in `decide_state`.
    """
    return decide_state(customer_id, replay(events), offer, products)


def decide_state(
    customer_id: str,
    history: BillingHistory,
    offer: Offer = ANY_PRICE,
    products: Products = NO_PRODUCTS,
) -> BillingState:
    """Apply the rules at the head of this module.

    `offer` is what licenses are sold by, `products` what a merchant's products entitle to.
    """
    email = last(history.email, len) if history.email else None
    if email is None and history.invoice_email is not None:
        email = history.invoice_email.value
    entitlements = active_entitlements(history)
    base = BillingState(
        customer_id=customer_id,
        email=email or None,
        features=entitlements.names if entitlements else None,
        account=history.account,
    )
    subscriptions = subscriptions_of(history, offer, products)
    subscriptions |= invoiced_subscriptions(history, offer, subscriptions)
    returned = returned_payments.of_invoices(history)
    known = _Known(base, history, offer, subscriptions, checkouts_of(history), returned)
    state = _state(known)
    return _ended(state, "customer_deleted") if history.deleted else state


def _ended(state: BillingState, reason: str) -> BillingState:
    return msgspec.structs.replace(
        state,
        status="canceled",
        entitled=False,
        reason=reason,
        settling_since_ms=None,
        alternatives=(),
    )


def _state(known: _Known) -> BillingState:
    claims = sorted(_claims(known), key=lambda claim: claim.place, reverse=True)
    if not claims:
        return _nothing(known)
    best = claims[0]
    ever_paid = any(claim.state.ever_paid for claim in claims if claim.is_ours == best.is_ours)
    others = (claim for claim in claims[1:] if best.state.entitled and claim.state.entitled)
    return msgspec.structs.replace(
        best.state,
        ever_paid=ever_paid,
        alternatives=tuple(one.state for one in others if one.is_ours == best.is_ours),
    )


def _claims(known: _Known) -> Iterable[_Claim]:
    for subscription in known.subscriptions.values():
        state = _by_subscription(known, subscription)
        yield _Claim(
            state=state,
            is_ours=subscription.is_ours,
            rank=_RANKS[state.status] if state.entitled else 0,
            since_ms=subscription.created_ms,
            id=subscription.id,
        )
    for bought in single_purchases(known.history, known.checkouts, known.returned):
        yield _Claim(
            state=_bought(known, bought),
            is_ours=True,
            rank=-1 if bought.returned else _RANK_OF_PURCHASE,
            since_ms=bought.bought_ms,
            id=bought.id,
        )
    for checkout in known.checkouts:
        if _awaits_confirmation(checkout.value, known):
            details = checkout.value
            state = _settling(known.base, details, details.paid)
            yield _Claim(
                state=state,
                is_ours=sells(known.offer, details.price_id, details.entitles, details.plan),
                rank=_RANKS[SETTLING] if state.entitled else _RANK_OF_PENDING,
                since_ms=checkout.first[0],
                id=details.subscription_id or details.intent or "",
            )


def _nothing(known: _Known) -> BillingState:
    failed = any(checkout.value.failed for checkout in known.checkouts)
    reason = "payment_failed" if failed else "not_paid"
    return msgspec.structs.replace(known.base, status="incomplete", reason=reason)


def _by_subscription(known: _Known, subscription: Subscription) -> BillingState:
    payments = payments_of(known.history, subscription, known.returned)
    state = _subscribed(known, subscription, payments)
    reason = payments.returned
    if reason is None:
        return state
    if state.entitled and payments.left_ms is not None:
        return msgspec.structs.replace(state, period_end_ms=payments.left_ms, no_grace=True)
    return _ended(state, reason)


def _subscribed(known: _Known, subscription: Subscription, payments: Payments) -> BillingState:
    checkout = _checkout_of(known, subscription)
    ordered = checkout or _order_of(subscription)
    newest = payments.counting
    if subscription.status == "incomplete" and newest:
        # An invoice that is paid says as much, before the event that makes it active.
        if payments.end_ms is None:
            return _settling(known.base, ordered, (newest.paid_ms, 0))
        subscription = msgspec.structs.replace(subscription, status="active")
    if subscription.status in PAID_UP:
        if _is_pending(checkout, payments):
            return _settling(known.base, ordered, None)
        if subscription.period_end_ms is None:
            return _settling(known.base, ordered, ordered.paid)
    return _with_period(known, subscription, payments)


def _is_pending(checkout: Checkout | None, payments: Payments) -> bool:
    """Whether no payment has confirmed yet what Stripe calls active."""
    if payments.periods:
        return False
    if checkout is not None:
        return checkout.paid is None
    # An invoice that was sent may be paid later.
    return payments.owes and payments.due_ms is None


def _awaits_confirmation(checkout: Checkout, known: _Known) -> bool:
    if checkout.failed:
        return False
    if checkout.once:
        return checkout.paid is None
    # Stripe completes a checkout once it is paid, or the debit is under way: a subscription that
    # is still incomplete is one whose payment event has not arrived.
    subscription = known.subscriptions.get(checkout.subscription_id or "")
    if subscription is None or subscription.status != "incomplete":
        return subscription is None
    # A payment says more about the subscription than its checkout, also when it went back.
    return payments_of(known.history, subscription, known.returned).counting is None


def _checkout_of(known: _Known, subscription: Subscription) -> Checkout | None:
    """The checkout that created the subscription."""
    found = (one.value for one in known.checkouts)
    return next((one for one in found if one.subscription_id == subscription.id), None)


def _order_of(subscription: Subscription) -> Checkout:
    """A checkout derived from a subscription that was created without one."""
    return Checkout(
        subscription_id=subscription.id,
        price_id=subscription.price_id,
        entitles=subscription.entitles,
        plan=subscription.plan,
        seats=subscription.seats,
        modules=subscription.modules,
        paid=(subscription.created_ms, 0),
    )


def _settling(base: BillingState, checkout: Checkout, paid: Moment | None) -> BillingState:
    """The state until the period is known, since it was paid; null for a payment under way."""
    return msgspec.structs.replace(
        base,
        status=SETTLING,
        entitled=paid is not None,
        reason=None if paid else "payment_not_confirmed",
        subscription_id=checkout.subscription_id,
        # From the payment on, however often a device asks, and not from a debit's beginning.
        settling_since_ms=paid[0] if paid else None,
        price_id=checkout.price_id,
        entitles=checkout.entitles,
        plan=checkout.plan,
        seats=checkout.seats,
        modules=checkout.modules,
    )


def _with_period(known: _Known, subscription: Subscription, payments: Payments) -> BillingState:
    never_paid = subscription.status == "past_due" and was_never_paid(subscription, payments)
    entitled = subscription.status in ENTITLED and not never_paid
    period_end = paid_period_end(subscription, payments)
    due = due_of(subscription, payments)
    if due is not None:
        period_end = subscription.period_end_ms
    cancels = subscription.cancel_at_period_end
    if subscription.cancel_at_ms is not None and period_end is not None:
        cancels = cancels or subscription.cancel_at_ms <= period_end
        period_end = min(period_end, subscription.cancel_at_ms)
    return msgspec.structs.replace(
        known.base,
        subscription_id=subscription.id,
        status=subscription.status,
        entitled=entitled,
        reason=_reason(subscription.status, payments),
        price_id=subscription.price_id,
        entitles=subscription.entitles,
        plan=subscription.plan,
        seats=subscription.seats,
        modules=subscription.modules,
        period_end_ms=period_end,
        cancel_at_period_end=cancels,
        ever_paid=payments.ever_paid or entitled,
        due_ms=due,
        free=_is_free(subscription, payments),
    )


def _is_free(subscription: Subscription, payments: Payments) -> bool:
    """Whether its price is 0, or a discount has made everything 0 that was invoiced so far."""
    if subscription.free:
        return True
    # A trial is paid for after it, and usage after its period.
    if subscription.status == "trialing" or subscription.metered:
        return False
    settled = subscription.latest_invoice is not None and not payments.unpaid
    return settled and not payments.ever_paid


def _reason(status: str, payments: Payments) -> str | None:
    if status in {"past_due", "unpaid"}:
        return "payment_failed"
    if status in _ENDED and payments.failed:
        return "payment_failed"
    return None if status in ENTITLED else status


def _bought(known: _Known, bought: SinglePurchase) -> BillingState:
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
