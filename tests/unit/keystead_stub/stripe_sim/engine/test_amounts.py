"""Minimum and maximum amounts of a payment, and the part of an amount for the rest of a period."""

import pytest

from keystead_stub.stripe_sim.engine.amounts import (
    MINIMUM_CHARGE,
    MOST_MONEY,
    Due,
    Fees,
    check_charge,
    due,
    left,
    part,
)
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


def test_currencies_without_a_known_minimum_need_one_unit() -> None:
    check_charge(1, "jpy")
    with pytest.raises(StripeError):
        check_charge(0, "jpy")


@pytest.mark.parametrize(
    ("total", "balance", "currency", "expected"),
    [
        (1200, 0, "eur", Due(1200, 0)),
        (1200, -200, "eur", Due(1000, 0)),
        (1200, -1500, "eur", Due(0, -300)),
        (1200, 30, "eur", Due(1230, 0)),
        (-500, 0, "eur", Due(0, -500)),
        (50, 0, "eur", Due(50, 0)),
        (49, 0, "eur", Due(0, 49)),
        (1, 0, "jpy", Due(1, 0)),
        (0, 0, "jpy", Due(0, 0)),
    ],
)
def test_the_balance_is_applied_and_less_than_the_minimum_is_carried_over(
    total: int, balance: int, currency: str, expected: Due
) -> None:
    assert due(total, balance, currency) == expected


@pytest.mark.parametrize(
    ("amount", "numerator", "denominator", "expected"),
    [(100, 1, 3, 33), (100, 2, 3, 67), (5, 1, 2, 3), (-5, 1, 2, -3), (0, 1, 2, 0), (7, 1, 1, 7)],
)
def test_a_part_is_rounded_away_from_zero_at_halves(
    amount: int, numerator: int, denominator: int, expected: int
) -> None:
    assert part(amount, numerator, denominator) == expected


@pytest.mark.parametrize(
    ("amount", "method", "fee"),
    [
        (10_000, "card", 175),
        (100_000_00, "card", 150_025),
        (20, "card", 20),
        (10_000, "sepa_debit", 35),
        (20, "sepa_debit", 20),
    ],
)
def test_a_fee_is_a_share_and_a_fixed_part_and_never_more_than_the_payment(
    amount: int, method: str, fee: int
) -> None:
    assert Fees().of_payment(amount, method) == fee


@pytest.mark.parametrize(
    ("at_s", "expected"),
    [(1000, 3000), (1001, 2970), (1025, 2250), (1099, 30), (1100, 0), (900, 3000), (1200, 0)],
)
def test_what_is_left_is_in_proportion_to_the_rest_of_the_period(at_s: int, expected: int) -> None:
    assert left(3000, (1000, 1100), at_s) == expected
    assert left(-3000, (1000, 1100), at_s) == -expected
