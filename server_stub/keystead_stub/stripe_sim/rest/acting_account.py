"""Which account a request acts in: its key's own, or one that the platform's key names.

https://docs.stripe.com/connect/authentication
"""

from __future__ import annotations

import base64
import binascii

from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.errors import StripeError

_KEYS = ("sk_test_", "rk_test_")


def acting_account(
    platform: SimulatedStripe, *, authorization: str, account: str | None
) -> SimulatedStripe:
    """Return the account of a request's `Authorization` and `Stripe-Account` headers.

    Raises StripeError: `api_key_invalid` (401), or `account_invalid` (403) for an account that
    is not there or not the key's to act in.
    """
    own = platform.by_key(_key(authorization))
    return own.within(account) if account else own


def _key(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    # Stripe's API takes the key as the user name of HTTP Basic too:
    # https://docs.stripe.com/api/authentication.
    if scheme.lower() == "basic":
        try:
            value = base64.b64decode(value).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            value = ""
    key = value.strip()
    if not key.startswith(_KEYS):
        raise StripeError(
            "Invalid API Key provided. Use a test key: sk_test_… or rk_test_….",
            code="api_key_invalid",
            status=401,
        )
    return key
