"""Amounts: what is due, fees, and parts of a period. Pure.

Amounts are integers in the currency's smallest unit; halves are rounded up, away from zero.
"""

from __future__ import annotations

import msgspec

from keystead_stub.stripe_types.errors import StripeError

#: A smaller amount is not charged but carried over to the next invoice, by currency
#: (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
MINIMUM_CHARGE = {"eur": 50, "usd": 50, "gbp": 30}


#: The largest charge.
MOST_MONEY = 99_999_999


def check_charge(amount: int, currency: str) -> None:
    """Raise StripeError unless a payment can be of this amount."""
    least = MINIMUM_CHARGE.get(currency, 1)
    if amount < least:
        raise StripeError(f"Amount must be at least {least} {currency}.", code="amount_too_small")
    if amount > MOST_MONEY:
        raise StripeError(
            f"Amount must be no more than {MOST_MONEY} {currency}.", code="amount_too_large"
        )


class Due(msgspec.Struct, frozen=True):
    """The amount due of an invoice, and the customer's balance afterwards.

    A negative balance is the customer's credit, a positive one is added to the next invoice.
    """

    amount: int
    balance: int


def due(total: int, balance: int, currency: str) -> Due:
    """Apply the customer's balance to an invoice's total."""
    # The balance is signed: credit is negative, so adding it reduces the amount.
    together = total + balance
    # Stripe charges nothing below its minimum: the amount stays on the balance for the next
    # invoice.
    if together < MINIMUM_CHARGE.get(currency, 1):
        return Due(0, together)
    return Due(together, 0)


def part(amount: int, numerator: int, denominator: int) -> int:
    """Return that part of an amount, rounded; the denominator is positive."""
    # Floor division rounds towards minus infinity. Mirrored, a credit is exactly the charge it
    # takes back.
    if amount < 0:
        return -part(-amount, numerator, denominator)
    return (2 * amount * numerator + denominator) // (2 * denominator)


def left(amount: int, period: tuple[int, int], at_s: int) -> int:
    """Return the part of `amount` for the rest of the period; instants in seconds."""
    start, end = period
    # Limited to the period, because a change can be dated before its start or after its end.
    rest = min(max(0, end - at_s), end - start)
    return part(amount, rest, end - start)


class Fees(msgspec.Struct, frozen=True, kw_only=True):
    """Stripe's fees: for a card payment a share in basis points and a fixed part.

    The defaults are those of a European account.
    """

    card_basis_points: int = 150
    card_fixed: int = 25
    debit_fixed: int = 35
    failed_debit: int = 350
    dispute: int = 2000

    def of_payment(self, amount: int, method_type: str) -> int:
        """Return the fee for a payment of `amount` by a payment method of that type."""
        # Stripe's fee on a bank debit is a flat one. No fee exceeds the payment, so that its net is
        # never negative.
        if method_type == "sepa_debit":
            return min(amount, self.debit_fixed)
        return min(amount, part(amount, self.card_basis_points, 10_000) + self.card_fixed)
