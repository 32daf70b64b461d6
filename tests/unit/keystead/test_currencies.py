"""Decimals of Stripe's currencies."""

import pytest

from keystead.currencies import decimals


@pytest.mark.parametrize(
    ("currency", "places"), [("eur", 2), ("USD", 2), ("jpy", 0), ("XOF", 0), ("kwd", 3), ("TND", 3)]
)
def test_decimals_of_a_currency_in_any_case(currency: str, places: int) -> None:
    assert decimals(currency) == places
