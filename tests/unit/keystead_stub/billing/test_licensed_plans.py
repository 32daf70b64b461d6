"""The plan and the entitlement of a customer's price."""

from __future__ import annotations

from typing import Any

from keystead_stub.billing.billing_state import BillingState
from keystead_stub.billing.catalogue import default_catalogue
from keystead_stub.billing.entitlements import ProductEntitlement
from keystead_stub.billing.licensed_plans import entitlement_of, plan_of

CATALOGUE = default_catalogue()
THEIRS = ProductEntitlement("gold", ("audit",))


def plan_id(**state: Any) -> str | None:
    found = plan_of(CATALOGUE, BillingState(customer_id="cus_1", **state))
    return found.id if found else None


def test_the_catalogues_price_decides_first() -> None:
    assert plan_id(price_id="price_team_monthly", plan="pro", entitles=THEIRS) == "team"


def test_another_price_has_the_plan_that_metadata_names() -> None:
    assert plan_id(price_id="price_of_theirs", plan="team") == "team"
    # As `mission-control` calls it.
    assert plan_id(plan="archon") == "team"
    # An account without a plan means the first.
    assert plan_id(plan="") == "pro"
    assert plan_id(plan="everything") is None
    assert plan_id() is None


def test_our_own_metadata_comes_before_the_name_of_a_plan() -> None:
    assert plan_id(plan="team", entitles=THEIRS) is None


def test_an_entitlement_is_the_plans_or_else_what_our_checkout_wrote() -> None:
    def entitled(**state: Any) -> ProductEntitlement | None:
        return entitlement_of(CATALOGUE, BillingState(customer_id="cus_1", **state))

    crow = entitled(price_id="price_crow_enterprise_monthly", entitles=THEIRS)
    assert crow == ProductEntitlement("enterprise", ("export", "sync", "audit"))
    assert entitled(price_id="price_of_theirs", entitles=THEIRS) == THEIRS
    assert entitled(price_id="price_of_theirs") is None
