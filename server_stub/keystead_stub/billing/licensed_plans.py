"""The plan and the entitlement of a customer's price. Pure."""

from __future__ import annotations

from keystead.wire.mission_control import PLAN_OF_NAME
from keystead_stub.billing.billing_state import BillingState
from keystead_stub.billing.catalogue import Catalogue, Plan
from keystead_stub.billing.entitlements import UNNAMED, ProductEntitlement
from keystead_stub.billing.known_subscriptions import Offer


def offer_of(catalogue: Catalogue) -> Offer:
    """What licenses of the catalogue are sold by."""
    plans = {name for plan in (*catalogue.plans, *catalogue.retired) for name in plan.names}
    named = {name for name, plan in PLAN_OF_NAME.items() if plan in plans}
    return Offer(catalogue.price_ids, frozenset(plans | named | {UNNAMED}))


def plan_of(catalogue: Catalogue, state: BillingState) -> Plan | None:
    """The plan of the state's price, else the one that another program's metadata names.

    What was sold at a connected account is no plan of the platform's, whatever is written there.
    """
    if state.account is not None:
        return None
    if found := catalogue.find_price(state.price_id or ""):
        return found[0]
    if state.plan is None or state.entitles is not None:
        return None
    own = catalogue.plan_called(state.plan)
    return own or catalogue.plan_called(PLAN_OF_NAME.get(state.plan, state.plan))


def entitlement_of(catalogue: Catalogue, state: BillingState) -> ProductEntitlement | None:
    """What the state's price entitles to: by the catalogue, else by our own checkout's metadata.

    Null for a price that sells no license, and for a connected account's that names the platform's
    plan.
    """
    plan = plan_of(catalogue, state)
    if plan is not None:
        return ProductEntitlement(plan.entitlement_key, plan.features)
    if state.account is not None and state.entitles is not None:
        return None if catalogue.names_plan(state.entitles.key) else state.entitles
    return state.entitles
