"""Events for what Stripe's API shows before its webhook arrives. Pure.

The webhook that follows reports the same with an earlier time. `account` is the merchant's Stripe
account that the object is at, null for the platform's.
"""

from __future__ import annotations

from keystead.instants import to_seconds
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.events import SEEN, StripeEvent
from keystead_stub.stripe_types.values import CheckoutSession


def paid_invoice(document: Document, now_ms: int, account: str | None) -> StripeEvent:
    """The event of a paid invoice."""
    return _event("invoice.paid", document, now_ms, account)


def completed_session(session: CheckoutSession, now_ms: int, account: str | None) -> StripeEvent:
    """The event of a completed checkout session."""
    return _event("checkout.session.completed", session.document, now_ms, account)


def _event(kind: str, document: Document, now_ms: int, account: str | None) -> StripeEvent:
    return StripeEvent(
        id=f"{SEEN}{document['id']}",
        type=kind,
        # Stripe's events have whole seconds.
        created_ms=to_seconds(now_ms) * 1000,
        object=dict(document),
        account=account,
    )
