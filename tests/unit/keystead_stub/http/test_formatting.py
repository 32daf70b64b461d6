"""Money as pages show it."""

import pytest

from keystead_stub.http.pages import formatting


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (1200, "eur", "€12.00"),
        (-1205, "usd", "−$12.05"),
        (123456789, "gbp", "£1,234,567.89"),
        (1200, "jpy", "JPY 1,200"),
        (-5, "krw", "−KRW 5"),
        (1200, "kwd", "KWD 1.200"),
        (2**60 + 1, "chf", "CHF 11,529,215,046,068,469.77"),
        (0, "vnd", "VND 0"),
    ],
)
def test_amount_has_as_many_decimals_as_its_currency(
    amount: int, currency: str, shown: str
) -> None:
    assert formatting.money(amount, currency) == shown
