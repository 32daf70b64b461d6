"""Restrictions of a promotion code, and whether coupon and code can still be redeemed."""

from typing import Any

import pytest

from keystead_stub.stripe_sim.resources.coupons.rules import is_valid
from keystead_stub.stripe_sim.resources.discounts.rules import Buyer, Refusal, _restriction
from keystead_stub.stripe_sim.resources.promotion_codes.rules import is_active


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


@pytest.mark.parametrize(
    ("until_s", "limit", "redeemed", "expected"),
    [
        (None, None, 9, True),
        (101, None, 0, True),
        (100, None, 0, False),
        (None, 2, 1, True),
        (None, 2, 2, False),
        (100, 2, 0, False),
    ],
)
def test_coupons_and_codes_end_at_their_time_and_with_their_redemptions(
    until_s: int | None, limit: int | None, redeemed: int, expected: bool
) -> None:
    document: dict[str, Any] = {"max_redemptions": limit, "times_redeemed": redeemed}
    assert is_valid(document | {"redeem_by": until_s}, 100) is expected
    assert is_active(document | {"expires_at": until_s}, 100) is expected
