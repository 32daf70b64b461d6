"""A merchant's Stripe, through the official SDK with the merchant's own key.

Where Stripe is simulated, the SDK calls the stub's own `/stripe`, where the key selects the
account: code here can't mix accounts up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from keystead_stub.billing_apis.dashclicks.merchants import connections
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.stripe_port.interface import StripeApi
from keystead_stub.stripe_port.live import LiveStripe, refusals
from keystead_stub.stripe_types.errors import StripeError

if TYPE_CHECKING:
    from stripe import StripeClient
    from stripe._v1_services import V1Services

_CODES = {404: "not_found", 409: "conflict", 502: "stripe_unavailable"}


def api_of(services: Services, merchant: Merchant) -> V1Services:
    """Return the merchant's Stripe API. Call it within `stripe_errors`."""
    return services.stripe_client(merchant.key).v1


def platform_api(services: Services) -> V1Services:
    """Return the API of the platform's own Stripe account. Call it within `stripe_errors`.

    In the simulation any key that is no merchant's acts in the platform's account.
    """
    key = "sk_test_platform" if services.simulated else services.settings.stripe_secret_key
    return services.stripe_client(key).v1


def stripe_of(services: Services, merchant: Merchant) -> StripeApi:
    """Return the port that every billing API uses, for the merchant's Stripe."""
    return LiveStripe(services.stripe_client(merchant.key), services.settings.mode)


def stripe_at(services: Services, account_id: str | None) -> StripeApi:
    """Return the Stripe of the merchant with that account, or the platform's for null.

    Raises ProblemError (``stripe_unavailable``) where the account is no longer connected.
    """
    if account_id is None:
        return services.stripe
    return stripe_of(services, seller_of(services, account_id))


def seller_of(services: Services, account_id: str) -> Merchant:
    """Return the merchant who sold something, for the person who bought it.

    Raises ProblemError (``stripe_unavailable``) where the account is no longer connected.
    """
    merchant = connections.find_merchant(services, account_id)
    if merchant is None:
        # The buyer can do nothing about the merchant's connection: to them it is an outage.
        raise ProblemError("Stripe is unavailable.", code="stripe_unavailable")
    return merchant


@contextmanager
def merchant_stripe(services: Services, merchant: Merchant) -> Iterator[V1Services]:
    """Provide the merchant's Stripe API within `stripe_errors`."""
    with stripe_errors():
        yield api_of(services, merchant)


@contextmanager
def stripe_errors() -> Iterator[None]:
    """Turn errors of Stripe's API into ProblemError.

    Its codes are ``not_found``, ``conflict``, ``stripe_unavailable``, and ``invalid_request`` for
    the rest.
    """
    try:
        with refusals():
            yield
    except StripeError as refused:
        code = _CODES.get(refused.status, "invalid_request")
        raise ProblemError(refused.sentence, code=code) from None


@contextmanager
def list_errors() -> Iterator[None]:
    """Do as `stripe_errors`, for a list, in which only the cursor's object can be missing.

    Raises ProblemError (``invalid_request``) for a cursor of no list of this merchant's.
    """
    try:
        with stripe_errors():
            yield
    except ProblemError as refused:
        if refused.code != "not_found":
            raise
        raise ProblemError("No such cursor.", code="invalid_request") from None


def cached_clients(connect: Callable[[str], StripeClient]) -> Callable[[str], StripeClient]:
    """Return `connect` with its results cached by key."""
    known: dict[str, StripeClient] = {}

    def of(key: str) -> StripeClient:
        # A client of the SDK holds its connections, which the next request uses again.
        if key not in known:
            known[key] = connect(key)
        return known[key]

    return of
