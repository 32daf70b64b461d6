"""The official Stripe SDK as a client of the simulated Stripe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import stripe

from keystead_stub.in_process import BillingStub
from keystead_stub.stripe_types.api import STRIPE_API_VERSION
from support.stripe_shapes import shape_errors

PAGES = {"success_url": "https://a.example/", "cancel_url": "https://b.example/"}


@contextmanager
def client(stub: BillingStub, key: str) -> Iterator[stripe.StripeClient]:
    http = stripe.HTTPXClient(timeout=60, allow_sync_methods=True)
    try:
        yield sdk_client(http, stub, key)
    finally:
        http.close()  # type: ignore[no-untyped-call]


def sdk_client(http: stripe.HTTPXClient, stub: BillingStub, key: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        stripe_version=STRIPE_API_VERSION,
        base_addresses={"api": f"{stub.url}/stripe"},
        http_client=http,
        max_network_retries=0,
    )


def validated(made: Any) -> Any:
    """Return the object; it must match the SDK's annotations."""
    assert shape_errors(json.loads(made.last_response.body)) == []
    return made


def attach_card(sdk: stripe.StripeClient, customer: str, card: str = "pm_card_visa") -> str:
    """Attach a test card as the customer's default payment method, and return its ID."""
    method = sdk.v1.payment_methods.attach(card, {"customer": customer}).id
    settings: Any = {"invoice_settings": {"default_payment_method": method}}
    sdk.v1.customers.update(customer, settings)
    return method


def event_types(sdk: stripe.StripeClient, after: int = 0) -> list[str]:
    """Return the types of the events, oldest first, without the first `after` of them."""
    found: list[str] = [one.type for one in sdk.v1.events.list({"limit": 100}).data]
    return found[::-1][after:]
