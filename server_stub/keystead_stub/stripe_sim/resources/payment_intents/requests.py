"""Parameters of payment intents: https://docs.stripe.com/api/payment_intents/create.

Instants are epoch milliseconds, amounts integers in the currency's smallest unit.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from keystead_stub.stripe_sim.resources.payment_methods.shape import METHOD_TYPES
from keystead_stub.stripe_types.requests import FutureUsage


class NewPaymentIntent(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a new payment intent (https://docs.stripe.com/api/payment_intents/create).

    `method` is a payment method's id or the name of a test card. With `confirm` it is charged at
    once; `off_session` means that the customer is not present. A `manual` capture holds the
    money until it is captured.
    """

    amount: int
    currency: str
    customer_id: str | None = None
    description: str | None = None
    metadata: dict[str, str] = {}
    method: str | None = None
    confirm: bool = False
    off_session: bool = False
    automatic_methods: bool = True
    method_types: tuple[str, ...] = METHOD_TYPES
    capture_method: Literal["automatic", "manual"] = "automatic"
    setup_future_usage: FutureUsage | None = None
    receipt_email: str | None = None
    return_url: str | None = None
    idempotency_key: str | None = None


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a confirmation; without `method`, the intent's own is used."""

    method: str | None = None
    off_session: bool = False
    return_url: str | None = None
    receipt_email: str | None = None
