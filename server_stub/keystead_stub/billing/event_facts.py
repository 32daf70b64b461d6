"""Read what one Stripe event reports about its customer, as a history of that event alone. Pure.

Objects are read leniently: a field that is missing or of another type is null, because an event
that is signed but strange must not stop the events after it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from keystead_stub.billing.billing_history import (
    EMPTY,
    ActiveEntitlements,
    BillingHistory,
    Checkout,
    Dated,
    InvoiceDetails,
    InvoiceStatus,
    Item,
    KnownInvoice,
    Purchase,
    SubscriptionHistory,
    SubscriptionReport,
    SubscriptionVersion,
    Tracked,
    merge_all,
)
from keystead_stub.billing.entitlements import UNNAMED, entitlement_in, plan_in
from keystead_stub.billing.facts.event_fields import amount, created_ms, stated
from keystead_stub.billing.facts.object_progress import invoice_progress
from keystead_stub.billing.facts.statements import state
from keystead_stub.billing.payments import returned_facts
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.events import StripeEvent, instant, text, within
from keystead_stub.stripe_types.object_shapes import (
    billed_periods,
    is_metered,
    items_of,
    listed,
    payments_of_invoice,
    subscription_of_invoice,
)

#: Metadata of a payment intent of ours that belongs to no checkout: what it is for.
PURPOSE = "purpose"
#: The thumbprint of a device's key (RFC 7638), in base64url.
_DEVICE_ID = re.compile(r"[A-Za-z0-9_-]{43}")
_encode = msgspec.json.Encoder(order="deterministic").encode
#: Invoices for a change within a period, and not for a period.
_FOR_NO_PERIOD = frozenset({"subscription_update", "subscription_threshold", "manual"})


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


def _customer(event: StripeEvent) -> BillingHistory:
    return BillingHistory(
        # Without an address nothing is known that could be forgotten.
        email=stated(event, lambda customer: text(customer.get("email")) or "")
        if text(event.object.get("email"))
        else ()
    )


def _customer_deleted(_event: StripeEvent) -> BillingHistory:
    return BillingHistory(deleted=True)


def _checkout(event: StripeEvent) -> BillingHistory:
    session = event.object
    session_id = text(session.get("id"))
    if session_id is None:
        return EMPTY
    once = session.get("mode") == "payment"
    intent = text(session.get("payment_intent"))
    metadata = session.get("metadata")
    entitled = entitlement_in(metadata)
    unpaid = session.get("payment_status") == "unpaid"
    failed = event.type.endswith("async_payment_failed")
    checkout = Checkout(
        subscription_id=text(session.get("subscription")),
        failed=failed,
        price_id=text(within(metadata, "priceId")),
        entitles=entitled,
        seats=_seats(within(metadata, "seats")),
        modules=_modules(session),
        plan=_plan_named(event),
        once=once,
        intent=intent,
        amount=amount(session.get("amount_total")),
        paid=None if unpaid or failed else event.moment,
        device_id=_device(session),
        free=session.get("amount_total") == 0,
        currency=text(session.get("currency")),
    )
    # A single payment without our metadata buys something that needs no license.
    counts = not once or entitled is not None
    email = text(within(session, "customer_details", "email"))
    return BillingHistory(
        email=state(event.moment, email) if email else (),
        checkouts={session_id: _tracked(event, checkout)} if counts else {},
        other_intents=frozenset({intent} if once and intent else ()),
    )


def _device(session: Document) -> str | None:
    """The device that started a checkout, by its metadata, else by what it is the reference of."""
    named = text(within(session, "metadata", "deviceId"))
    reference = text(session.get("client_reference_id")) or ""
    # An account's checkout has the account as its reference.
    return named or (reference if _DEVICE_ID.fullmatch(reference) else None)


def _tracked(event: StripeEvent, value: Any) -> Tracked[Any]:
    return Tracked(event.moment, event.moment, value)


def _modules(document: Document) -> dict[str, Any]:
    """The modules that our own checkout wrote: their names, separated by commas."""
    names = text(within(document, "metadata", "modules")) or ""
    return {name: True for name in sorted(names.split(",")) if name}


def _seats(value: Any) -> int:
    """The quantity of an item, as it is: 0 stays 0. One where none is named."""
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    digits = str(whole)
    # Metadata is free text, and `isdigit` alone accepts the digits of every script.
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 1


def _plan_named(event: StripeEvent) -> str | None:
    # A merchant may call a plan whatever they like: on their own account it is no plan of ours.
    return plan_in(event.object.get("metadata")) if event.account is None else None


def _subscription(event: StripeEvent) -> BillingHistory:
    subscription_id, status = text(event.object.get("id")), text(event.object.get("status"))
    if subscription_id is None or status is None:
        return EMPTY
    plan = _plan_named(event)
    history = SubscriptionHistory(
        first=event.moment,
        reports=stated(event, lambda body: _report(event, body)),
        plan=Dated(event.moment, plan) if plan else None,
        unnamed_plan=plan == UNNAMED,
    )
    return BillingHistory(subscriptions={subscription_id: history})


def _report(event: StripeEvent, body: Document) -> SubscriptionReport:
    # The type alone says that it has ended: an object built by hand may keep its old status.
    ended = event.type.endswith(".deleted")
    status = "canceled" if ended else text(body.get("status")) or ""
    return SubscriptionReport(status, _version(event, body))


def _version(event: StripeEvent, body: Document) -> SubscriptionVersion:
    metadata = body.get("metadata")
    return SubscriptionVersion(
        created_ms=created_ms(event),
        items=tuple(map(_item, items_of(body))),
        cancel_at_ms=instant(body.get("cancel_at")),
        cancel_at_period_end=body.get("cancel_at_period_end") is True,
        latest_invoice=text(body.get("latest_invoice")),
        modules=_modules(body),
        entitles=entitlement_in(metadata),
        entitles_for_price=text(within(metadata, "priceId")),
        account=event.account,
        days_until_due=_days_until_due(body),
    )


def _days_until_due(subscription: Document) -> int | None:
    sent = subscription.get("collection_method") == "send_invoice"
    old = subscription.get("billing") == "send_invoice"
    days = amount(subscription.get("days_until_due"))
    return (days or 0) if sent or old else None


def _item(item: Any) -> Item:
    return Item(
        price_id=text(within(item, "price")),
        product_id=text(within(item, "price", "product")),
        seats=_seats(within(item, "quantity")),
        period_start_ms=instant(within(item, "current_period_start")),
        period_end_ms=instant(within(item, "current_period_end")),
        metered=is_metered(within(item, "price")),
        free=within(item, "price", "unit_amount") == 0,
    )


def _invoice(event: StripeEvent) -> BillingHistory:
    invoice_id = text(event.object.get("id"))
    # `invoice.upcoming` is about an invoice that has no id yet.
    if invoice_id is None:
        return EMPTY
    # Stripe sends both for one payment, and an endpoint may be subscribed to either of them.
    paid = event.type in {"invoice.paid", "invoice.payment_succeeded"}
    email = text(event.object.get("customer_email")) if paid else None
    subscription_id = subscription_of_invoice(event.object)
    if subscription_id is None:
        return BillingHistory(
            invoice_email=Dated(event.moment, email) if email else None,
            last_invoice=_status(event, invoice_id),
            purchases=_purchase(event, invoice_id) if paid else {},
            invoice_of_payment=_payments(event, invoice_id) if paid else {},
        )
    known = KnownInvoice(
        created_ms=instant(event.object.get("created")) or 0,
        invoice_id=invoice_id,
        paid=event.moment if paid or event.object.get("status") == "paid" else None,
        failed=event.type == "invoice.payment_failed",
        details=Dated(event.moment, _details(event.object)),
    )
    return BillingHistory(
        invoice_email=Dated(event.moment, email) if email else None,
        last_invoice=_status(event, invoice_id),
        invoices={subscription_id: (known,)},
        invoice_of_payment=_payments(event, invoice_id) if known.paid else {},
    )


def _status(event: StripeEvent, invoice_id: str) -> InvoiceStatus | None:
    status = text(event.object.get("status"))
    if status is None:
        return None
    return InvoiceStatus(created_ms(event), invoice_id, invoice_progress(status), status)


def _details(invoice: Document) -> InvoiceDetails:
    periods = billed_periods(invoice)
    # Where no lines are listed, what it was made for says whether it is for a period.
    unlisted = not listed(within(invoice, "lines", "data"))
    return InvoiceDetails(
        amount_due=amount(invoice.get("amount_due")),
        amount_paid=amount(invoice.get("amount_paid")),
        due_ms=instant(invoice.get("due_date")),
        periods=periods,
        for_period=bool(periods)
        or (unlisted and invoice.get("billing_reason") not in _FOR_NO_PERIOD),
        void=invoice.get("status") == "void",
        currency=text(invoice.get("currency")),
    )


def _payments(event: StripeEvent, invoice_id: str) -> dict[str, str]:
    return dict.fromkeys(payments_of_invoice(event.object), invoice_id)


def _purchase(event: StripeEvent, invoice_id: str) -> dict[str, Tracked[Purchase]]:
    metadata = event.object.get("metadata")
    bought = entitlement_in(metadata)
    if bought is None:
        return {}
    price_id, seats = text(within(metadata, "priceId")), _seats(within(metadata, "seats"))
    free = event.object.get("total") == 0
    paid = amount(event.object.get("amount_paid"))
    currency = text(event.object.get("currency"))
    return {invoice_id: _tracked(event, Purchase(bought, price_id, seats, free, paid, currency))}


def _invoice_payment(event: StripeEvent) -> BillingHistory:
    invoice = text(event.object.get("invoice"))
    payments = (
        text(within(event.object, "payment", name)) for name in ("payment_intent", "charge")
    )
    named = [payment for payment in payments if payment]
    if not named or invoice is None:
        return EMPTY
    return BillingHistory(invoice_of_payment=dict.fromkeys(named, invoice))


def _intent_succeeded(event: StripeEvent) -> BillingHistory:
    intent = text(event.object.get("id"))
    # Such an intent pays for something else, as a top-up: its refund must end no subscription.
    if intent is None or text(within(event.object, "metadata", PURPOSE)) is None:
        return EMPTY
    return BillingHistory(other_intents=frozenset({intent}))


def _features(event: StripeEvent) -> BillingHistory:
    return BillingHistory(features=stated(event, _active_entitlements))


def _active_entitlements(summary: Document) -> ActiveEntitlements:
    entries = listed(within(summary, "entitlements", "data"))
    names = (text(within(entry, "lookup_key")) for entry in entries)
    # Sorted, so that Stripe's order, which is not specified, makes no other history.
    return ActiveEntitlements(
        tuple(sorted(name for name in names if name)), _encode(entries).decode()
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
    **returned_facts.READERS,
    "entitlements.active_entitlement_summary.updated": _features,
}
