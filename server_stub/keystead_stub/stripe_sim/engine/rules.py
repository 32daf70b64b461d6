"""The billing settings that all simulated accounts share. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

from keystead_stub.stripe_sim.engine.amounts import Fees
from keystead_stub.stripe_sim.engine.seed import Seed

#: What becomes of a subscription when the last retry of a payment has failed.
AfterRetries = Literal["cancel", "unpaid"]


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the accounts start with and how they bill.

    `retry_days` are days after the first failed payment of an invoice; afterwards the subscription
    becomes `after_retries`. The outcome of a bank debit is known `debit_delay_s` seconds after
    checkout, as with the slow ones among Stripe's test IBANs. `invoice.upcoming` is sent
    `upcoming_days` before a renewal.
    """

    seed: Seed
    base_url: str
    retry_days: tuple[int, ...] = (1, 3, 5, 7)
    after_retries: AfterRetries = "cancel"
    debit_delay_s: int = 180
    upcoming_days: int = 7
    fees: Fees = Fees()
