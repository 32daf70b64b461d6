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


def test_a_catalogue_price_decides_the_plan_before_metadata() -> None:
    assert plan_id(price_id="price_team_monthly", plan="pro", entitles=THEIRS) == "team"


def test_for_an_unknown_price_metadata_names_the_plan() -> None:
    assert plan_id(price_id="price_of_theirs", plan="team") == "team"
    # The name of the plan in `mission-control`.
    assert plan_id(plan="archon") == "team"
    # An account without a plan means the first.
    assert plan_id(plan="") == "pro"
    assert plan_id(plan="everything") is None
    assert plan_id() is None


def test_an_entitlement_in_metadata_takes_precedence_over_a_plan_name() -> None:
    assert plan_id(plan="team", entitles=THEIRS) is None


def test_the_entitlement_is_the_plans_or_else_the_one_in_metadata() -> None:
    def entitled(**state: Any) -> ProductEntitlement | None:
        return entitlement_of(CATALOGUE, BillingState(customer_id="cus_1", **state))

    crow = entitled(price_id="price_crow_enterprise_monthly", entitles=THEIRS)
    assert crow == ProductEntitlement("enterprise", ("export", "sync", "audit"))
    assert entitled(price_id="price_of_theirs", entitles=THEIRS) == THEIRS
    assert entitled(price_id="price_of_theirs") is None


def test_what_a_connected_account_sells_is_no_plan_of_the_platform() -> None:
    def state(**fields: Any) -> BillingState:
        return BillingState(customer_id="cus_1", account="acct_shop", **fields)

    assert plan_of(CATALOGUE, state(price_id="price_team_monthly", plan="pro")) is None
    assert entitlement_of(CATALOGUE, state(price_id="price_team_monthly")) is None
    assert entitlement_of(CATALOGUE, state(entitles=THEIRS)) == THEIRS
    for key in ("pro", " Team", "enterprise", "modules_pro"):
        assert entitlement_of(CATALOGUE, state(entitles=ProductEntitlement(key))) is None
