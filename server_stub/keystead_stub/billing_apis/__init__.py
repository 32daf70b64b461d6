"""The billing APIs by name: each a thin module that speaks one dialect over the same services."""

from __future__ import annotations

from keystead_stub.billing_apis import dashclicks
from keystead_stub.billing_apis.billing_api import BillingApi
from keystead_stub.billing_apis.crow import routes as crow
from keystead_stub.billing_apis.mission_control import routes as mission_control
from keystead_stub.billing_apis.nyra import routes as nyra
from keystead_stub.billing_apis.stripe_integration import routes as stripe_integration

REGISTRY: dict[str, BillingApi] = {
    one.name: one
    for one in (nyra.API, crow.API, mission_control.API, stripe_integration.API, dashclicks.API)
}
