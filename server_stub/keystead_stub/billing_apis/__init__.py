"""The billing APIs by name: each a thin module that speaks one dialect over the same services."""

from __future__ import annotations

from keystead_stub.billing_apis import (
    crow,
    dashclicks,
    mission_control,
    nyra,
    stripe_integration,
)
from keystead_stub.billing_apis.billing_api import BillingApi

REGISTRY: dict[str, BillingApi] = {
    one.name: one
    for one in (nyra.API, crow.API, mission_control.API, stripe_integration.API, dashclicks.API)
}
