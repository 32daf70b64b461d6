"""What Stripe's events tell of a customer, as far as it decides what they may use. Pure.

The events are put in one order that does not depend on their arrival (created, precedence of
type, id), so late, shuffled or repeated deliveries tell the same story by construction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from keystead_stub.billing.entitlements import UNNAMED, Entitles, entitles, plan_named
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.events import (
    StripeEvent,
    instant,
    main_item,
    paid_until,
    subscription_of_invoice,
    text,
    within,
)

#: Metadata of a payment intent of ours that belongs to no checkout: what it is for.
PURPOSE = "purpose"


class Subscription(msgspec.Struct, kw_only=True):
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
    #: What its metadata, or its checkout's, calls what was bought: see `plan_named`.
    plan: str | None = None
    #: Paid for usage, after it.
    metered: bool = False


class Paid(msgspec.Struct):
    """A paid invoice of a subscription."""

    subscription_id: str
    created_ms: int
    until_ms: int | None
    amount: int


class TakenBack(msgspec.Struct):
    """A charge that was given back or is disputed: when it was made, and by which intent."""

    made_ms: int
    intent: str | None


class Checkout(msgspec.Struct):
    completed_ms: int
    subscription_id: str | None
    pending: bool
    failed: bool = False
    #: What our own checkout wrote into its metadata: known before the subscription is.
    price_id: str | None = None
    entitles: Entitles | None = None
    seats: int = 1
    modules: dict[str, Any] = {}
    plan: str | None = None
    #: Whether it sold something for one payment, and the intent that pays for it.
    once: bool = False
    intent: str | None = None


class Purchase(msgspec.Struct):
    """What was bought once, and is paid: by an invoice, or by an intent alone."""

    bought_ms: int
    entitles: Entitles
    price_id: str | None
    seats: int
    intent: str | None = None
    invoice: str | None = None


class Story(msgspec.Struct):
    """What the events have told so far."""

    sold: frozenset[str] = frozenset()
    #: What products entitle to, by their ids, where the seller's own are known.
    products: dict[str, Entitles] = {}
    email: str | None = None
    deleted: bool = False
    features: tuple[str, ...] | None = None
    subscriptions: dict[str, Subscription] = {}
    paid: dict[str, Paid] = {}
    checkouts: dict[str, Checkout] = {}
    #: Paid invoices of no subscription, that our own metadata says to entitle to something.
    invoiced: dict[str, Purchase] = {}
    #: Intents that pay for no subscription, whatever becomes of their money.
    apart: set[str] = set()
    #: Which invoice a payment intent has paid.
    paid_by: dict[str, str] = {}
    refunds: dict[str, TakenBack] = {}
    disputes: dict[str, TakenBack] = {}
    failed_payment: bool = False


def tell(
    events: Iterable[StripeEvent],
    sold: Collection[str] = (),
    products: Mapping[str, Entitles] = MappingProxyType({}),
) -> Story:
    """The story of all of these events, in whatever order they are given.

    `sold` are the prices that licenses are sold by: see `main_item`. `products` is what is known
    of the products that subscriptions were moved to: see `products_of`.
    """
    story = Story(sold=frozenset(sold), products=dict(products))
    for event in sorted({e.id: e for e in events}.values(), key=lambda e: e.order):
        _tell(story, event)
    return story


def products_of(event: StripeEvent) -> set[str]:
    """The products that the event says a subscription is for."""
    if event.object.get("object") != "subscription":
        return set()
    items = within(event.object, "items", "data")
    found = (text(within(one, "price", "product")) for one in _listed(items))
    return {product for product in found if product}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _tell(story: Story, event: StripeEvent) -> None:
    if event.type.startswith("customer.subscription."):
        _subscription(story, event)
    elif handler := _HANDLERS.get(event.type):
        handler(story, event)


def _customer(story: Story, event: StripeEvent) -> None:
    story.email = text(event.object.get("email")) or story.email


def _customer_deleted(story: Story, _event: StripeEvent) -> None:
    story.deleted = True


def _checkout(story: Story, event: StripeEvent) -> None:
    session = event.object
    session_id = text(session.get("id"))
    if session_id is None:
        return
    story.email = text(within(session, "customer_details", "email")) or story.email
    once = session.get("mode") == "payment"
    intent = text(session.get("payment_intent"))
    if once and intent:
        story.apart.add(intent)
    if once and entitles(session.get("metadata")) is None:
        return
    known = story.checkouts.get(session_id)
    story.checkouts[session_id] = Checkout(
        # The window that begins here must not begin again with the bank's answer days later.
        completed_ms=known.completed_ms if known else event.created_ms,
        subscription_id=text(session.get("subscription")),
        pending=session.get("payment_status") == "unpaid",
        failed=event.type.endswith("async_payment_failed"),
        price_id=text(within(session, "metadata", "priceId")),
        entitles=entitles(within(session, "metadata")),
        seats=_seats(within(session, "metadata", "seats")),
        modules=_modules(session),
        plan=_plan_named(event),
        once=once,
        intent=intent,
    )


def _modules(document: Document) -> dict[str, Any]:
    """What our own checkout wrote of modules: their names, separated by commas."""
    names = text(within(document, "metadata", "modules")) or ""
    return {name: True for name in sorted(names.split(",")) if name}


def _seats(value: Any) -> int:
    digits = str(value)
    return max(int(digits), 1) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 1


def _subscription(story: Story, event: StripeEvent) -> None:
    body = event.object
    subscription_id, status = text(body.get("id")), text(body.get("status"))
    if subscription_id is None or status is None:
        return
    known = story.subscriptions.get(subscription_id)
    plan = _first_named(_plan_named(event), known.plan if known else None)
    status = "canceled" if event.type.endswith(".deleted") else status
    item = main_item(body, story.sold)
    if item is None and known is not None:
        # Stripe always tells the items: who leaves them out says nothing of them.
        story.subscriptions[subscription_id] = msgspec.structs.replace(
            known, status=status, plan=plan
        )
        return
    modules = _modules(body)
    story.subscriptions[subscription_id] = Subscription(
        id=subscription_id,
        created_ms=instant(body.get("created")) or event.created_ms,
        status=status,
        price_id=text(within(item, "price")),
        entitles=_entitles(story, body, item),
        # What is sold by the module is counted in modules, and has one seat.
        seats=1 if modules else _seats(within(item, "quantity")),
        period_start_ms=instant(within(item, "current_period_start")),
        period_end_ms=instant(within(item, "current_period_end")),
        cancel_at_ms=instant(body.get("cancel_at")),
        cancel_at_period_end=body.get("cancel_at_period_end") is True,
        latest_invoice=text(body.get("latest_invoice")),
        modules=modules,
        plan=plan,
        metered=within(item, "price", "recurring", "usage_type") == "metered",
    )


def _plan_named(event: StripeEvent) -> str | None:
    # What a merchant sells on their own account is no plan of ours, whatever they call it.
    return plan_named(event.object.get("metadata")) if event.account is None else None


def plan_of(story: Story, subscription: Subscription) -> str | None:
    """What the subscription, or the checkout that made it, calls what was bought."""
    of_checkouts = (
        one.plan for one in story.checkouts.values() if one.subscription_id == subscription.id
    )
    return _first_named(subscription.plan, *of_checkouts)


def _first_named(*plans: str | None) -> str | None:
    return next((plan for plan in plans if plan), UNNAMED if UNNAMED in plans else None)


def _entitles(story: Story, subscription: Document, item: Any) -> Entitles | None:
    """What one of our own is for: by its metadata, or by another product that it was moved to."""
    metadata = within(subscription, "metadata")
    written = entitles(metadata)
    product = text(within(item, "price", "product"))
    if written is None or within(metadata, "priceId") == text(within(item, "price")):
        return written
    return story.products.get(product, Entitles(product)) if product else written


def _invoice_paid(story: Story, event: StripeEvent) -> None:
    invoice_id = text(event.object.get("id"))
    if invoice_id is None:
        return
    story.email = story.email or text(event.object.get("customer_email"))
    subscription_id = subscription_of_invoice(event.object)
    if subscription_id is None:
        _bought_by_invoice(story, event, invoice_id)
        return
    amount = event.object.get("amount_paid")
    story.failed_payment = False
    story.paid[invoice_id] = Paid(
        subscription_id=subscription_id,
        created_ms=instant(event.object.get("created")) or event.created_ms,
        until_ms=paid_until(event.object),
        amount=amount if isinstance(amount, int) else 0,
    )


def _bought_by_invoice(story: Story, event: StripeEvent, invoice_id: str) -> None:
    metadata = event.object.get("metadata")
    bought = entitles(metadata)
    if bought is None:
        return
    known = story.invoiced.get(invoice_id)
    story.invoiced[invoice_id] = Purchase(
        bought_ms=known.bought_ms if known else event.created_ms,
        entitles=bought,
        price_id=text(within(metadata, "priceId")),
        seats=_seats(within(metadata, "seats")),
        invoice=invoice_id,
    )


def _intent_succeeded(story: Story, event: StripeEvent) -> None:
    intent = text(event.object.get("id"))
    if intent and text(within(event.object, "metadata", PURPOSE)):
        story.apart.add(intent)


def _invoice_failed(story: Story, _event: StripeEvent) -> None:
    story.failed_payment = True


def _refunded(story: Story, event: StripeEvent) -> None:
    charge_id = text(event.object.get("id"))
    # A part of the money given back is a kindness; all of it is a return.
    if charge_id and event.object.get("refunded") is True:
        story.refunds[charge_id] = _taken(event)


def _disputed(story: Story, event: StripeEvent) -> None:
    if dispute_id := text(event.object.get("id")):
        story.disputes[dispute_id] = _taken(event)


def _taken(event: StripeEvent) -> TakenBack:
    made_ms = instant(event.object.get("created")) or event.created_ms
    return TakenBack(made_ms, text(event.object.get("payment_intent")))


def _invoice_payment(story: Story, event: StripeEvent) -> None:
    intent = text(within(event.object, "payment", "payment_intent"))
    invoice = text(event.object.get("invoice"))
    if intent and invoice:
        story.paid_by[intent] = invoice


def _dispute_closed(story: Story, event: StripeEvent) -> None:
    if event.object.get("status") in {"won", "warning_closed"}:
        story.disputes.pop(text(event.object.get("id")) or "", None)


def _features(story: Story, event: StripeEvent) -> None:
    entries = within(event.object, "entitlements", "data") or []
    names = (text(within(entry, "lookup_key")) for entry in entries)
    story.features = tuple(sorted(name for name in names if name))


_HANDLERS: dict[str, Callable[[Story, StripeEvent], None]] = {
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
    "payment_intent.succeeded": _intent_succeeded,
    "charge.refunded": _refunded,
    "charge.dispute.created": _disputed,
    "charge.dispute.closed": _dispute_closed,
    "entitlements.active_entitlement_summary.updated": _features,
}
