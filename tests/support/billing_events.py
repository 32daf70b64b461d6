"""Minimal Stripe events of one customer, for tests of billing."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_types.events import StripeEvent

T0 = 1_800_000_000
MONTH_S = 31 * 86_400
CUSTOMER = "cus_1"


def event(number: int, kind: str, at_s: int, **body: Any) -> StripeEvent:
    """An event of `CUSTOMER` at `at_s` seconds; `body` is the object's."""
    return StripeEvent(
        id=f"evt_{number:04}",
        type=kind,
        created_ms=at_s * 1000,
        object={"customer": CUSTOMER, **body},
    )


def subscription_event(
    number: int, kind: str, at_s: int, status: str, **changes: Any
) -> StripeEvent:
    period = changes.pop("period", 0)
    item = {
        "price": {"id": "price_1"},
        "quantity": changes.pop("quantity", 1),
        "current_period_start": T0 + period * MONTH_S,
        "current_period_end": T0 + (period + 1) * MONTH_S,
    }
    body = {"id": "sub_1", "created": T0, "status": status, "items": {"data": [item]}, **changes}
    return event(number, f"customer.subscription.{kind}", at_s, **body)


def invoice_event(
    number: int, kind: str, at_s: int, period: int, amount: int = 1200
) -> StripeEvent:
    line = {"period": {"start": T0 + period * MONTH_S, "end": T0 + (period + 1) * MONTH_S}}
    return event(
        number,
        f"invoice.{kind}",
        at_s,
        id=f"in_{period}",
        created=T0 + period * MONTH_S,
        amount_paid=amount if kind != "payment_failed" else 0,
        lines={"data": [line]},
        parent={"subscription_details": {"subscription": "sub_1"}},
    )


def checkout_completed(
    number: int, at_s: int = T0, payment: str = "paid", **changes: Any
) -> StripeEvent:
    body = {
        "id": "cs_1",
        "subscription": "sub_1",
        "payment_status": payment,
        "metadata": {"priceId": "price_1", "seats": "2"},
        **changes,
    }
    return event(number, "checkout.session.completed", at_s, **body)


BOUGHT = [
    checkout_completed(1),
    subscription_event(2, "created", T0, "incomplete", latest_invoice="in_0"),
    invoice_event(3, "paid", T0, 0),
    subscription_event(4, "updated", T0, "active", latest_invoice="in_0"),
]
RENEWAL_FAILED = [
    subscription_event(5, "updated", T0 + MONTH_S, "active", period=1, latest_invoice="in_1"),
    invoice_event(6, "payment_failed", T0 + MONTH_S + 3600, 1),
    subscription_event(
        7, "updated", T0 + MONTH_S + 3600, "past_due", period=1, latest_invoice="in_1"
    ),
]
RENEWED = [
    invoice_event(8, "paid", T0 + MONTH_S + 7200, 1),
    subscription_event(
        9, "updated", T0 + MONTH_S + 7200, "active", period=1, latest_invoice="in_1"
    ),
]
ONCE_METADATA = {"key": "toolbox", "features": "export,audit", "priceId": "price_once"}


def single_purchase(
    number: int,
    at_s: int = T0,
    session: str = "cs_o",
    *,
    happens: str = "completed",
    **changes: Any,
) -> StripeEvent:
    """Return a checkout in payment mode: a license without a period."""
    body = {
        "id": session,
        "mode": "payment",
        "subscription": None,
        "payment_intent": f"pi_{session}",
        "payment_status": "paid",
        "metadata": {**ONCE_METADATA, "seats": "2"},
        **changes,
    }
    return event(number, f"checkout.session.{happens}", at_s, **body)


def purchase_by_invoice(number: int, at_s: int = T0, invoice_id: str = "in_link") -> StripeEvent:
    """Return a paid invoice without a subscription, whose metadata grants a license."""
    return event(
        number,
        "invoice.paid",
        at_s,
        id=invoice_id,
        created=at_s,
        amount_paid=4900,
        lines={"data": []},
        parent=None,
        metadata=ONCE_METADATA,
    )


def refund_of(number: int, intent: str, kind: str = "charge.refunded") -> StripeEvent:
    """Return a full refund, or a dispute, of this payment intent."""
    return event(
        number,
        kind,
        T0 + 2 * MONTH_S,
        id=f"ch_{intent}",
        created=T0 + 2 * MONTH_S,
        refunded=True,
        payment_intent=intent,
    )


LINK_PAID_BY = event(
    41, "invoice_payment.paid", T0, invoice="in_link", payment={"payment_intent": "pi_link"}
)
SINGLE_PURCHASES = [
    [single_purchase(40)],
    [single_purchase(40), *BOUGHT, subscription_event(42, "deleted", T0 + 9, "canceled")],
    [single_purchase(40), refund_of(43, "pi_cs_o")],
    [
        single_purchase(40, payment_status="unpaid"),
        single_purchase(44, T0 + 9, happens="async_payment_failed"),
    ],
    [purchase_by_invoice(40), LINK_PAID_BY, refund_of(43, "pi_link", "charge.dispute.created")],
]
HISTORIES = [
    *SINGLE_PURCHASES,
    BOUGHT,
    BOUGHT + RENEWAL_FAILED,
    BOUGHT + RENEWAL_FAILED + RENEWED,
    [*BOUGHT, subscription_event(10, "deleted", T0 + 5, "canceled")],
    [
        *BOUGHT,
        subscription_event(10, "paused", T0, "paused"),
        subscription_event(11, "resumed", T0, "active"),
    ],
    [*BOUGHT, event(10, "charge.refunded", T0 + 9, id="ch_1", created=T0, refunded=True)],
    [checkout_completed(1, payment="unpaid"), subscription_event(2, "created", T0, "incomplete")],
]
