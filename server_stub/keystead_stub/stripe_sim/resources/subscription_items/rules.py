"""Which prices can be items of one subscription. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from keystead_stub.stripe_sim.engine import errors
from keystead_stub.stripe_sim.engine.objects import Json

#: As many as a subscription can have (https://docs.stripe.com/api/subscriptions/create).
_MAX_ITEMS = 20


def check_together(prices: Sequence[Json]) -> None:
    """Raise StripeError unless these can be the prices of one subscription.

    Each is there once, and all have one currency and interval (Stripe's classic billing mode,
    https://docs.stripe.com/billing/subscriptions/billing-mode).
    """
    if not 1 <= len(prices) <= _MAX_ITEMS:
        raise errors.invalid_request(f"A subscription must have between 1 and {_MAX_ITEMS} items.")
    if len({one["id"] for one in prices}) < len(prices):
        raise errors.invalid_request("Cannot add multiple subscription items with the same price.")
    # One invoice bills all items together, in one currency and for one period.
    if len({(one["currency"], one["recurring"]["interval"]) for one in prices}) > 1:
        raise errors.invalid_request(
            "All prices on a subscription must have the same currency and billing interval."
        )
