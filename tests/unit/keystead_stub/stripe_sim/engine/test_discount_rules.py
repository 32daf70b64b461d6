"""Restrictions of a promotion code."""

import pytest

from keystead_stub.stripe_sim.resources.discounts.rules import Buyer, Refusal, _restriction


@pytest.mark.parametrize(
    ("currency", "subtotal", "expected"),
    [("usd", 100, "other_currency"), ("eur", 99, "too_little"), ("eur", 100, None)],
)
def test_a_minimum_amount_applies_to_its_currency_only(
    currency: str, subtotal: int, expected: Refusal | None
) -> None:
    buyer = Buyer(customer_id=None, has_paid=True, subtotal=subtotal, currency=currency)
    restrictions = {
        "first_time_transaction": False,
        "minimum_amount": 100,
        "minimum_amount_currency": "eur",
    }
    assert _restriction(restrictions, buyer) == expected
