"""Decimals of currencies, as Stripe counts them: https://docs.stripe.com/currencies. Pure."""

from __future__ import annotations

_ZERO_DECIMALS = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split()
)
_THREE_DECIMALS = frozenset("bhd jod kwd omr tnd".split())


def decimals(currency: str) -> int:
    """Return how many decimals an amount in this currency (ISO 4217, any case) has.

    An amount at Stripe is an integer in units of ``10 ** -decimals``.
    """
    code = currency.lower()
    return 0 if code in _ZERO_DECIMALS else 3 if code in _THREE_DECIMALS else 2
