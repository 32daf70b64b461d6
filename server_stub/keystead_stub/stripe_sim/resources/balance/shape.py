"""The balance object: https://docs.stripe.com/api/balance/balance_object. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from keystead_stub.stripe_sim.engine.objects import Json


def balance(available: Mapping[str, int], pending: Mapping[str, int]) -> Json:
    """Return the balance object; sums by currency."""

    def entries(sums: Mapping[str, int]) -> list[Json]:
        return [
            {"amount": amount, "currency": currency, "source_types": {"card": amount}}
            for currency, amount in sorted(sums.items())
        ]

    return {
        "object": "balance",
        "available": entries(available),
        "livemode": False,
        "pending": entries(pending),
        "refund_and_dispute_prefunding": {
            "available": entries(dict.fromkeys(available, 0)),
            "pending": entries(dict.fromkeys(pending, 0)),
        },
    }
