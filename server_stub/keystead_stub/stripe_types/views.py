"""Typed values of Stripe's objects, for documents of the simulation and of the SDK. Pure."""

from __future__ import annotations

from collections.abc import Collection

from keystead.instants import to_ms
from keystead_stub.stripe_types.account_settings import AccountEndpoint, AccountPrice
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.events import main_item
from keystead_stub.stripe_types.values import (
    Card,
    CheckoutSession,
    Customer,
    Invoice,
    PortalSession,
    Subscription,
)

#: Stripe does not document how long a portal session lives; the stub assumes an hour.
PORTAL_LIFE_S = 3600


def _ms(seconds: int | None) -> int | None:
    return None if seconds is None else to_ms(seconds)


def _id(reference: object) -> str | None:
    """Return the id of a reference, expanded or not."""
    # A field that was expanded contains the object in the place of its id.
    if reference is None or isinstance(reference, str):
        return reference
    return str(reference["id"])  # type: ignore[index]


def checkout_session(document: Document) -> CheckoutSession:
    details = document.get("customer_details") or {}
    return CheckoutSession(
        id=document["id"],
        mode=document["mode"],
        status=document["status"],
        payment_status=document["payment_status"],
        url=document["url"],
        created_ms=to_ms(document["created"]),
        expires_at_ms=to_ms(document["expires_at"]),
        customer_id=_id(document["customer"]),
        # The address typed at checkout, which may differ from the one that the session was opened
        # with.
        customer_email=details.get("email") or document["customer_email"],
        subscription_id=_id(document["subscription"]),
        payment_intent_id=_id(document["payment_intent"]),
        client_reference_id=document["client_reference_id"],
        metadata=dict(document["metadata"] or {}),
        amount_subtotal=document["amount_subtotal"],
        amount_total=document["amount_total"],
        currency=document["currency"],
        success_url=document["success_url"],
        cancel_url=document["cancel_url"],
        locale=document["locale"],
        document=document,
    )


def portal_session(document: Document) -> PortalSession:
    flow = document.get("flow")
    return PortalSession(
        id=document["id"],
        url=document["url"],
        customer_id=document["customer"],
        return_url=document["return_url"],
        flow=flow["type"] if flow else None,
        created_ms=to_ms(document["created"]),
        expires_at_ms=to_ms(document["created"] + PORTAL_LIFE_S),
        document=document,
    )


def invoice(document: Document) -> Invoice:
    parent = document.get("parent") or {}
    details = parent.get("subscription_details") or {}
    period = _service_period(document)
    return Invoice(
        id=document["id"],
        number=document["number"],
        status=document["status"],
        customer_id=_id(document["customer"]) or "",
        subscription_id=_id(details.get("subscription")),
        currency=document["currency"],
        subtotal=document["subtotal"],
        total=document["total"],
        amount_due=document["amount_due"],
        amount_paid=document["amount_paid"],
        amount_remaining=document["amount_remaining"],
        created_ms=to_ms(document["created"]),
        period_start_ms=to_ms(period[0]),
        period_end_ms=to_ms(period[1]),
        attempt_count=document["attempt_count"],
        next_payment_attempt_ms=_ms(document["next_payment_attempt"]),
        hosted_invoice_url=document["hosted_invoice_url"],
        document=document,
    )


def _service_period(document: Document) -> tuple[int, int]:
    """Return the period that the lines pay for.

    At a renewal the invoice's own `period_start` and `period_end` are the period before
    (https://docs.stripe.com/api/invoices/object).
    """
    periods = [line["period"] for line in document["lines"]["data"]]
    if not periods:
        return document["period_start"], document["period_end"]
    return min(one["start"] for one in periods), max(one["end"] for one in periods)


def subscription(document: Document, sold: Collection[str] = ()) -> Subscription:
    """Return the subscription by its main item, with the prices that licenses are `sold` by."""
    item = main_item(document, sold)
    return Subscription(
        id=document["id"],
        status=document["status"],
        customer_id=_id(document["customer"]) or "",
        price_id=item["price"]["id"],
        interval=item["price"]["recurring"]["interval"],
        # A metered item has no quantity.
        quantity=item.get("quantity") or 1,
        current_period_start_ms=to_ms(item["current_period_start"]),
        current_period_end_ms=to_ms(item["current_period_end"]),
        cancel_at_period_end=document["cancel_at_period_end"],
        trial_end_ms=_ms(document["trial_end"]),
        ended_at_ms=_ms(document["ended_at"]),
        collection_paused=document["pause_collection"] is not None,
        latest_invoice_id=_id(document["latest_invoice"]),
        metadata=dict(document["metadata"]),
        document=document,
    )


def card(document: Document) -> Card:
    """Return what may be shown of a payment method."""
    kind = document["type"]
    shown = document[kind]
    return Card(
        payment_method_id=document["id"],
        brand=shown.get("brand", kind),
        last4=shown["last4"],
        exp_month=shown.get("exp_month"),
        exp_year=shown.get("exp_year"),
    )


def customer(document: Document, *, created_s: int, method: Document | None) -> Customer:
    """Return the customer; a deleted one has only its id and its creation time."""
    return Customer(
        id=document["id"],
        email=document.get("email"),
        name=document.get("name"),
        created_ms=to_ms(created_s),
        deleted=bool(document.get("deleted")),
        metadata=dict(document.get("metadata") or {}),
        card=card(method) if method else None,
        document=document,
    )


def account_price(document: Document) -> AccountPrice:
    """Return the settings of a price that a preflight checks."""
    recurring = document.get("recurring") or {}
    return AccountPrice(
        id=document["id"],
        active=bool(document.get("active")),
        currency=document.get("currency", ""),
        interval=recurring.get("interval"),
        interval_count=recurring.get("interval_count", 1),
    )


def account_endpoint(document: Document) -> AccountEndpoint:
    """Return the settings of a webhook endpoint that a preflight checks."""
    return AccountEndpoint(
        url=document["url"],
        enabled=document.get("status") == "enabled",
        events=tuple(document.get("enabled_events") or ()),
        api_version=document.get("api_version"),
    )


def portal_features(document: Document) -> tuple[str, ...]:
    """Return the enabled features of a portal configuration."""
    features = document.get("features") or {}
    return tuple(sorted(name for name, one in features.items() if one.get("enabled")))
