"""Subscriptions that only their paid invoices have told of. Pure.

Stripe's events come in any order, and some never come: a period that is paid is a paid period,
whether or not an event of its subscription has arrived. Such a subscription counts as active; its
price and period are those of the invoices' lines, the rest is as it was ordered in the checkout.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from keystead_stub.billing.billing_history import BillingHistory, Checkout, KnownInvoice, Tracked
from keystead_stub.billing.known_subscriptions import Offer, Subscription, checkouts_of, sells

_UNKNOWN = Checkout(subscription_id=None)


def invoiced_subscriptions(
    history: BillingHistory, offer: Offer, known: Mapping[str, Subscription]
) -> dict[str, Subscription]:
    """The subscriptions by id that are not `known`, and for whose periods an invoice was paid."""
    checkouts = checkouts_of(history)
    found = (
        _subscription(subscription_id, invoices, _checkout_of(checkouts, subscription_id), offer)
        for subscription_id, invoices in history.invoices.items()
        if subscription_id not in known
    )
    return {one.id: one for one in found if one is not None}


def _checkout_of(checkouts: Iterable[Tracked[Checkout]], subscription_id: str) -> Checkout:
    found = (one.value for one in checkouts if one.value.subscription_id == subscription_id)
    return next(found, _UNKNOWN)


def _subscription(
    subscription_id: str, invoices: tuple[KnownInvoice, ...], ordered: Checkout, offer: Offer
) -> Subscription | None:
    paid = [
        (period.end_ms, one.created_ms, one.invoice_id, period)
        for one in invoices
        if one.paid
        for period in one.details.value.periods
    ]
    # An invoice may bill other things, too.
    sold = [one for one in paid if one[3].price_id in (ordered.price_id, *(offer.price_ids or ()))]
    newest = max(sold or paid, key=lambda one: one[:3], default=None)
    if newest is None:
        return None
    price_id = newest[3].price_id or ordered.price_id
    return Subscription(
        id=subscription_id,
        created_ms=min(one.created_ms for one in invoices),
        status="active",
        price_id=price_id,
        entitles=ordered.entitles,
        seats=ordered.seats,
        period_start_ms=newest[3].start_ms,
        period_end_ms=newest[3].end_ms,
        cancel_at_ms=None,
        cancel_at_period_end=False,
        latest_invoice=newest[2],
        modules=ordered.modules,
        plan=ordered.plan,
        metered=False,
        free=False,
        days_until_due=None,
        is_ours=sells(offer, price_id, ordered.entitles, ordered.plan),
    )
