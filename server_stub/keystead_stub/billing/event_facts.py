"""Read what one Stripe event reports about its customer, as a history of that event alone. Pure.

Objects are read leniently: a field that is missing or of another type is null, because an event
that is signed but strange must not stop the events after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from keystead_stub.billing.billing_history import (
    EMPTY,
    BillingHistory,
    Checkout,
    InvoiceStatus,
    Item,
    Latest,
    Payment,
    Purchase,
    ReturnedPayment,
    SubscriptionHistory,
    SubscriptionPayments,
    SubscriptionVersion,
    Tracked,
    merge_all,
)
from keystead_stub.billing.entitlements import UNNAMED, entitlement_in, plan_in
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.events import (
    StripeEvent,
    instant,
    paid_until,
    subscription_of_invoice,
    text,
    within,
)

#: Metadata of a payment intent of ours that belongs to no checkout: what it is for.
PURPOSE = "purpose"
#: In the order of an invoice's life (docs.stripe.com/invoicing/overview).
_INVOICE_STATUSES = ("draft", "open", "uncollectible", "paid", "void")
_encode = msgspec.json.Encoder(order="deterministic").encode
#: Dispute statuses in which the customer's payment stands.
#: `warning_closed` ends an inquiry that never became a chargeback (Stripe: the Dispute object).
_SETTLED_FOR_US = frozenset({"won", "warning_closed"})


def replay(events: Iterable[StripeEvent]) -> BillingHistory:
    """The history of all of these events, in whatever order they are given."""
    return merge_all(map(facts_of, events))


def facts_of(event: StripeEvent) -> BillingHistory:
    """Read the event's facts; `EMPTY` but for the account where it decides nothing."""
    facts = _read(event)
    if event.account is None:
        return facts
    return msgspec.structs.replace(facts, account=event.account)


def _read(event: StripeEvent) -> BillingHistory:
    if event.type.startswith("customer.subscription."):
        return _subscription(event)
    if event.type.startswith("invoice."):
        return _invoice(event)
    read = _READERS.get(event.type)
    return read(event) if read else EMPTY


def _invoice(event: StripeEvent) -> BillingHistory:
    """Which invoice is the customer's last one, and what its payment decides."""
    invoice_id, status = text(event.object.get("id")), text(event.object.get("status"))
    # `invoice.upcoming` is about an invoice that has no id yet.
    if invoice_id is None or status is None:
        last = None
    else:
        last = InvoiceStatus(_created(event), invoice_id, _progress(status), status)
    read = _INVOICE_READERS.get(event.type)
    history = read(event) if read else EMPTY
    return msgspec.structs.replace(history, last_invoice=last) if last else history


def _progress(status: str) -> int:
    return _INVOICE_STATUSES.index(status) if status in _INVOICE_STATUSES else 0


def _customer(event: StripeEvent) -> BillingHistory:
    return BillingHistory(email=_latest_text(event, event.object.get("email")))


def _customer_deleted(_event: StripeEvent) -> BillingHistory:
    return BillingHistory(deleted=True)


def _latest_text(event: StripeEvent, value: Any) -> Latest[str] | None:
    found = text(value)
    return Latest(event.order, found) if found else None


def _checkout(event: StripeEvent) -> BillingHistory:
    session = event.object
    session_id = text(session.get("id"))
    if session_id is None:
        return EMPTY
    once = session.get("mode") == "payment"
    intent = text(session.get("payment_intent"))
    metadata = session.get("metadata")
    entitled = entitlement_in(metadata)
    checkout = Checkout(
        subscription_id=text(session.get("subscription")),
        pending=session.get("payment_status") == "unpaid",
        failed=event.type.endswith("async_payment_failed"),
        price_id=text(within(metadata, "priceId")),
        entitles=entitled,
        seats=_seats(within(metadata, "seats")),
        modules=_modules(session),
        plan=_plan_named(event),
        once=once,
        intent=intent,
        device_id=text(within(metadata, "deviceId")),
        free=session.get("amount_total") == 0,
    )
    # A single payment without our metadata buys something that needs no license.
    counts = not once or entitled is not None
    return BillingHistory(
        email=_latest_text(event, within(session, "customer_details", "email")),
        checkouts={session_id: _tracked(event, checkout)} if counts else {},
        other_intents=frozenset({intent} if once and intent else ()),
    )


def _tracked(event: StripeEvent, value: Any) -> Tracked[Any]:
    return Tracked(event.order, event.order, value)


def _modules(document: Document) -> dict[str, Any]:
    """The modules that our own checkout wrote: their names, separated by commas."""
    names = text(within(document, "metadata", "modules")) or ""
    return {name: True for name in sorted(names.split(",")) if name}


def _seats(value: Any) -> int:
    digits = str(value)
    # Metadata is free text, and `isdigit` alone accepts the digits of every script.
    return max(int(digits), 1) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 1


def _plan_named(event: StripeEvent) -> str | None:
    # A merchant may call a plan whatever they like: on their own account it is no plan of ours.
    return plan_in(event.object.get("metadata")) if event.account is None else None


def _subscription(event: StripeEvent) -> BillingHistory:
    subscription_id, status = text(event.object.get("id")), text(event.object.get("status"))
    if subscription_id is None or status is None:
        return EMPTY
    # The type alone says that it has ended: an object built by hand may keep its old status.
    status = "canceled" if event.type.endswith(".deleted") else status
    plan = _plan_named(event)
    history = SubscriptionHistory(
        first=event.order,
        status=Latest(event.order, status),
        version=Latest(event.order, _version(event)),
        plan=Latest(event.order, plan) if plan else None,
        unnamed_plan=plan == UNNAMED,
    )
    return BillingHistory(subscriptions={subscription_id: history})


def _version(event: StripeEvent) -> SubscriptionVersion:
    body = event.object
    items = within(body, "items", "data")
    metadata = body.get("metadata")
    return SubscriptionVersion(
        created_ms=_created(event),
        items=tuple(_item(one) for one in _listed(items) if one is not None),
        cancel_at_ms=instant(body.get("cancel_at")),
        cancel_at_period_end=body.get("cancel_at_period_end") is True,
        latest_invoice=text(body.get("latest_invoice")),
        modules=_modules(body),
        entitles=entitlement_in(metadata),
        entitles_for_price=text(within(metadata, "priceId")),
        account=event.account,
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _item(item: Any) -> Item:
    return Item(
        price_id=text(within(item, "price")),
        product_id=text(within(item, "price", "product")),
        seats=_seats(within(item, "quantity")),
        period_start_ms=instant(within(item, "current_period_start")),
        period_end_ms=instant(within(item, "current_period_end")),
        metered=within(item, "price", "recurring", "usage_type") == "metered",
        free=within(item, "price", "unit_amount") == 0,
    )


def _invoice_paid(event: StripeEvent) -> BillingHistory:
    invoice_id = text(event.object.get("id"))
    if invoice_id is None:
        return EMPTY
    email = _latest_text(event, event.object.get("customer_email"))
    subscription_id = subscription_of_invoice(event.object)
    if subscription_id is None:
        return BillingHistory(invoice_email=email, purchases=_purchase(event, invoice_id))
    paid = SubscriptionPayments(paid_until(event.object), (Latest(event.order, invoice_id),))
    return BillingHistory(
        invoice_email=email,
        payments={subscription_id: paid},
        newest_payment=_payment(event, invoice_id),
        payment_failed=Latest(event.order, False),
    )


def _payment(event: StripeEvent, invoice_id: str) -> Payment | None:
    amount = event.object.get("amount_paid")
    # An invoice of 0 was paid by credit or a coupon: no money came that could be refunded.
    if not isinstance(amount, int) or isinstance(amount, bool) or amount <= 0:
        return None
    return Payment(_created(event), event.order, invoice_id)


def _created(event: StripeEvent) -> int:
    return instant(event.object.get("created")) or event.created_ms


def _purchase(event: StripeEvent, invoice_id: str) -> dict[str, Tracked[Purchase]]:
    metadata = event.object.get("metadata")
    bought = entitlement_in(metadata)
    if bought is None:
        return {}
    price_id, seats = text(within(metadata, "priceId")), _seats(within(metadata, "seats"))
    free = event.object.get("total") == 0
    return {invoice_id: _tracked(event, Purchase(bought, price_id, seats, free))}


def _invoice_failed(event: StripeEvent) -> BillingHistory:
    return BillingHistory(payment_failed=Latest(event.order, True))


def _invoice_payment(event: StripeEvent) -> BillingHistory:
    intent = text(within(event.object, "payment", "payment_intent"))
    invoice = text(event.object.get("invoice"))
    if intent is None or invoice is None:
        return EMPTY
    return BillingHistory(invoice_of_intent={intent: invoice})


def _intent_succeeded(event: StripeEvent) -> BillingHistory:
    intent = text(event.object.get("id"))
    # Such an intent pays for something else, as a top-up: its refund must end no subscription.
    if intent is None or text(within(event.object, "metadata", PURPOSE)) is None:
        return EMPTY
    return BillingHistory(other_intents=frozenset({intent}))


def _refunded(event: StripeEvent) -> BillingHistory:
    charge_id = text(event.object.get("id"))
    # `refunded` is true once the whole charge went back; a partial refund leaves the purchase.
    if charge_id is None or event.object.get("refunded") is not True:
        return EMPTY
    return BillingHistory(refunds={charge_id: Latest(event.order, _returned(event))})


def _disputed(event: StripeEvent) -> BillingHistory:
    dispute_id = text(event.object.get("id"))
    if dispute_id is None:
        return EMPTY
    return BillingHistory(disputes={dispute_id: Latest(event.order, _returned(event))})


def _returned(event: StripeEvent) -> ReturnedPayment:
    return ReturnedPayment(_created(event), text(event.object.get("payment_intent")))


def _dispute_closed(event: StripeEvent) -> BillingHistory:
    dispute_id = text(event.object.get("id"))
    if dispute_id is None or event.object.get("status") not in _SETTLED_FOR_US:
        return EMPTY
    return BillingHistory(disputes={dispute_id: Latest(event.order, None)})


def _features(event: StripeEvent) -> BillingHistory:
    entries = _listed(within(event.object, "entitlements", "data"))
    names = (text(within(entry, "lookup_key")) for entry in entries)
    # Sorted, so that Stripe's order, which is not specified, makes no other history.
    features = tuple(sorted(name for name in names if name))
    return BillingHistory(
        features=Latest(event.order, features),
        entitlements=Latest(event.order, _encode(entries).decode()),
    )


_READERS: dict[str, Callable[[StripeEvent], BillingHistory]] = {
    "customer.created": _customer,
    "customer.updated": _customer,
    "customer.deleted": _customer_deleted,
    "checkout.session.completed": _checkout,
    "checkout.session.async_payment_succeeded": _checkout,
    "checkout.session.async_payment_failed": _checkout,
    "invoice_payment.paid": _invoice_payment,
    "payment_intent.succeeded": _intent_succeeded,
    "charge.refunded": _refunded,
    "charge.dispute.created": _disputed,
    "charge.dispute.closed": _dispute_closed,
    "entitlements.active_entitlement_summary.updated": _features,
}
_INVOICE_READERS: dict[str, Callable[[StripeEvent], BillingHistory]] = {
    # Stripe sends both for one payment, and an endpoint may be subscribed to either of them.
    "invoice.paid": _invoice_paid,
    "invoice.payment_succeeded": _invoice_paid,
    "invoice.payment_failed": _invoice_failed,
}
