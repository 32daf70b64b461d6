"""The plan and the entitlement of a customer's price. Pure."""

from __future__ import annotations

from keystead.wire.mission_control import PLAN_OF_NAME
from keystead_stub.billing.billing_state import BillingState
from keystead_stub.billing.catalogue import Catalogue, Plan
from keystead_stub.billing.entitlements import ProductEntitlement


def plan_of(catalogue: Catalogue, state: BillingState) -> Plan | None:
    """The plan of the state's price, else the one that another program's metadata names."""
    if found := catalogue.find_price(state.price_id or ""):
        return found[0]
    if state.plan is None or state.entitles is not None:
        return None
    return catalogue.plan_called(PLAN_OF_NAME.get(state.plan, state.plan))


def entitlement_of(catalogue: Catalogue, state: BillingState) -> ProductEntitlement | None:
    """What the state's price entitles to: by the catalogue, else by our own checkout's metadata.

    Null for a price that sells no license.
    """
    plan = plan_of(catalogue, state)
    return ProductEntitlement(plan.entitlement_key, plan.features) if plan else state.entitles
