"""Conversion to the currency of accounts' balances, BASE_CURRENCY, by CURRENCY_RATES. Pure."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

from keystead.currencies import decimals
from keystead_stub.settings import Settings

_RATE = re.compile(r"(?P<currency>[a-z]{3})=(?P<rate>\d{1,9}(?:\.\d{1,9})?)")


class Converted(msgspec.Struct, frozen=True, kw_only=True):
    """An amount in the ledger's currency; `rate` is what one unit of the original is worth."""

    amount: int
    currency: str
    rate: str


def rates_of(settings: Settings) -> dict[str, Decimal]:
    """Return the configured rates, with the base currency's own; invalid ones are left out."""
    found = {settings.base_currency.lower(): Decimal(1)}
    for part in settings.currency_rates.lower().replace(" ", "").split(","):
        if (named := _RATE.fullmatch(part)) and Decimal(named["rate"]) > 0:
            found.setdefault(named["currency"], Decimal(named["rate"]))
    return found


def convert(settings: Settings, amount: int, currency: str) -> Converted:
    """Convert an amount, half to even; one without a rate stays in its own currency."""
    rate = rates_of(settings).get(currency)
    if rate is None:
        return Converted(amount=amount, currency=currency, rate="1")
    base = settings.base_currency.lower()
    scale = Decimal(10) ** (decimals(base) - decimals(currency))
    converted = (amount * rate * scale).to_integral_value(ROUND_HALF_EVEN)
    return Converted(amount=int(converted), currency=base, rate=str(rate))
