"""How far a Stripe object has come, by its own state. Pure.

It decides between statements of one second that don't say what was before (see `statements`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.events import instant, text, within
from keystead_stub.stripe_types.object_shapes import items_of

#: Statuses in the order in which an object goes through them.
_SUBSCRIPTION = (
    "incomplete",
    "paused",
    "trialing",
    "past_due",
    "active",
    "unpaid",
    "incomplete_expired",
    "canceled",
)
#: See docs.stripe.com/invoicing/overview.
_INVOICE = ("draft", "open", "uncollectible", "paid", "void")
_DISPUTE = (
    "warning_needs_response",
    "warning_under_review",
    "warning_closed",
    "needs_response",
    "under_review",
    "lost",
    "won",
    "prevented",
)
_OTHERS = {
    "charge": ("pending", "succeeded", "failed"),
    "dispute": _DISPUTE,
    # A refund or payout that succeeded may be sent back by the bank.
    "refund": ("requires_action", "pending", "succeeded", "canceled", "failed"),
    "payout": ("pending", "in_transit", "paid", "canceled", "failed"),
}


_RECONCILIATION = ("not_applicable", "in_progress", "completed")


def subscription_progress(status: str, period_ends_ms: Iterable[int | None]) -> tuple[int, ...]:
    """Place a subscription by its end, its period and its status."""
    ended = status in {"canceled", "incomplete_expired"}
    newest_ms = max((end_ms or 0 for end_ms in period_ends_ms), default=0)
    return int(ended), newest_ms, _place(_SUBSCRIPTION, status)


def invoice_progress(status: str) -> int:
    """Place an invoice by its status; an unknown one is at the beginning."""
    return _INVOICE.index(status) if status in _INVOICE else 0


def dispute_progress(status: str) -> int:
    """Place a dispute by its status."""
    return _place(_DISPUTE, status)


def charge_progress(*, refunded: bool, amount_refunded: int | None) -> tuple[int, ...]:
    """Place a charge by how much of it went back."""
    return int(refunded), amount_refunded or 0


def progress_of(document: Document) -> tuple[int, ...]:
    """Place an object of any kind by its document. Only objects of one kind can be compared."""
    kind, status = text(document.get("object")) or "", text(document.get("status")) or ""
    if kind == "subscription":
        ends = (instant(within(item, "current_period_end")) for item in items_of(document))
        return subscription_progress(status, ends)
    place = _place(_OTHERS.get(kind, ()), status)
    if kind == "payout":
        return place, _place(_RECONCILIATION, text(document.get("reconciliation_status")) or "")
    if kind != "charge":
        return (place,)
    amount = document.get("amount_refunded")
    back = amount if isinstance(amount, int) else None
    return *charge_progress(refunded=document.get("refunded") is True, amount_refunded=back), place


def _place(statuses: Sequence[str], status: str) -> int:
    # A status that is new at Stripe is taken for a later one.
    return statuses.index(status) if status in statuses else len(statuses)
