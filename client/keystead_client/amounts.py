"""Amounts of money in a region's format. Loaded with the first amount that is shown."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_currency


def format_amount(amount: Decimal, currency: str, locale: str) -> str:
    """Format an amount in units of a currency (ISO 4217) for a locale such as ``de_AT``."""
    return format_currency(amount, currency, locale=locale, numbering_system="default")
