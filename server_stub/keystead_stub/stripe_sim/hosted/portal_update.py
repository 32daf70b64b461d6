"""Changes of plan and seats in the portal: the price is shown before it is confirmed."""

from __future__ import annotations

from collections.abc import Mapping

from keystead.instants import MINUTE_MS
from keystead_stub.http.errors import ProblemError
from keystead_stub.stripe_sim.hosted.hosted_pages import WrongFields
from keystead_stub.stripe_sim.resources.subscriptions.requests import SubscriptionChange

#: How long a shown price can be confirmed.
PRICE_HOLDS_MS = 30 * MINUTE_MS


def wanted(found: Mapping[str, str]) -> SubscriptionChange:
    """Return the change of a form. Raises WrongFields."""
    digits = found.get("seats", "")
    # Cut before it is converted: `int` of thousands of digits would be slow.
    if not (digits.isascii() and digits.isdigit()) or not 1 <= int(digits[:6]) <= 1000:
        raise WrongFields({"seats": "Write how many seats, as a number from 1."})
    date = found.get("date", "")
    return SubscriptionChange(
        quantity=int(digits),
        price_id=found.get("price") or None,
        proration_date_ms=int(date[:15]) if date.isascii() and date.isdigit() else None,
    )


def check_date(change: SubscriptionChange, now_ms: int) -> None:
    """Raise ProblemError if the shown price is too old to be confirmed."""
    date_ms = change.proration_date_ms
    if date_ms is not None and not 0 <= now_ms - date_ms <= PRICE_HOLDS_MS:
        raise ProblemError(
            "The price that you saw is out of date. Look at the new one.", code="conflict"
        )
