"""Parameters of setup intents: https://docs.stripe.com/api/setup_intents/create."""

from __future__ import annotations

import msgspec

from keystead_stub.stripe_sim.resources.payment_methods.shape import METHOD_TYPES
from keystead_stub.stripe_types.requests import FutureUsage


class NewSetupIntent(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a new setup intent (https://docs.stripe.com/api/setup_intents/create).

    `method` is a payment method's id or the name of a test card; with `confirm` it is set up at
    once and attached to the customer, if one is named.
    """

    customer_id: str | None = None
    description: str | None = None
    metadata: dict[str, str] = {}
    method: str | None = None
    method_types: tuple[str, ...] = METHOD_TYPES
    usage: FutureUsage = "off_session"
    confirm: bool = False
    return_url: str | None = None
    idempotency_key: str | None = None


class SetupConfirmation(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a confirmation; `authenticate` is the answer to 3-D Secure."""

    method: str | None = None
    return_url: str | None = None
    authenticate: bool | None = None
