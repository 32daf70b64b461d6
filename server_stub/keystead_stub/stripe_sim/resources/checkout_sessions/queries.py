"""Checkout sessions as the hosted page and the API read them."""

from __future__ import annotations

from collections.abc import Callable

from keystead.instants import to_seconds
from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.rows import Rows
from keystead_stub.stripe_sim.engine.snapshot import Snapshot
from keystead_stub.stripe_sim.resources.checkout_sessions import line_items as session_lines
from keystead_stub.stripe_sim.resources.checkout_sessions import terms as session_terms
from keystead_stub.stripe_sim.resources.checkout_sessions.operations import KIND
from keystead_stub.stripe_sim.resources.checkout_sessions.terms import CheckoutTerms
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.values import CheckoutSession


def get(snapshot: Snapshot, session_id: str) -> CheckoutSession:
    """Return a session; raises StripeError `resource_missing`."""
    return views.checkout_session(records.get(snapshot, KIND, session_id)[0])


def terms(snapshot: Snapshot, session_id: str) -> CheckoutTerms:
    """Return what the session asks its customer to agree to."""
    session, wanted = records.get(snapshot, KIND, session_id)
    coupon, code = _discount(snapshot, session)
    return session_terms.terms(
        session,
        wanted,
        session_lines.from_private(wanted["items"], _getter(snapshot)),
        now_s=to_seconds(snapshot.now_ms),
        coupon=coupon,
        code=code,
    )


def line_items(snapshot: Snapshot, session_id: str) -> tuple[Document, ...]:
    """Return the line items of a session, as Stripe's objects."""
    session, wanted = records.get(snapshot, KIND, session_id)
    coupon, _ = _discount(snapshot, session)
    lines = session_lines.from_private(wanted["items"], _getter(snapshot))
    # A trial charges nothing yet, so there is nothing to discount.
    free = session["amount_subtotal"] == 0
    return tuple(session_lines.documents(lines, None if free else coupon))


def _getter(rows: Rows) -> Callable[[str, str], Document]:
    return lambda kind, object_id: records.get(rows, kind, object_id)[0]


def _discount(rows: Rows, session: Document) -> tuple[Document | None, Document | None]:
    """Return the coupon of the session's discount, and the promotion code that gave it."""
    used: Document = next(iter(session["discounts"] or []), {})
    code = records.find_document(rows, "promotion_code", used.get("promotion_code"))
    coupon_id = code["promotion"]["coupon"] if code else used.get("coupon")
    return records.find_document(rows, "coupon", coupon_id), code
