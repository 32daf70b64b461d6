"""Minimum and maximum amounts of a payment."""

import pytest

from keystead_stub.stripe_sim.engine.amounts import MINIMUM_CHARGE, MOST_MONEY, check_charge
from keystead_stub.stripe_types.errors import StripeError


def test_amounts_from_the_minimum_to_the_maximum_are_accepted() -> None:
    for currency, least in MINIMUM_CHARGE.items():
        check_charge(least, currency)
        check_charge(MOST_MONEY, currency)


@pytest.mark.parametrize(
    ("amount", "code"), [(49, "amount_too_small"), (MOST_MONEY + 1, "amount_too_large")]
)
def test_amounts_outside_the_limits_are_refused(amount: int, code: str) -> None:
    with pytest.raises(StripeError) as refused:
        check_charge(amount, "eur")
    assert refused.value.code == code
