"""Finding plans and prices in the catalogue."""

from __future__ import annotations

import pytest

from keystead_stub.billing.catalogue import Catalogue, Plan, default_catalogue

CATALOGUE = default_catalogue()


def test_each_billing_api_sells_its_plans_in_catalogue_order() -> None:
    assert [plan.id for plan in CATALOGUE.sold_at("mission-control")] == ["pro", "team"]
    assert [plan.id for plan in CATALOGUE.sold_at("nyra")] == ["pro"]
    assert CATALOGUE.sold_at("elsewhere") == ()


def test_a_price_is_found_by_its_id() -> None:
    found = CATALOGUE.find_price("price_team_yearly")
    assert found is not None
    assert (found[0].id, found[1].amount, found[1].interval) == ("team", 9000, "year")
    assert CATALOGUE.find_price("price_of_theirs") is None
    assert all(CATALOGUE.find_price(price_id) for price_id in CATALOGUE.price_ids)
    assert len(CATALOGUE.price_ids) == 10


def test_a_plans_price_is_found_by_its_interval_and_is_never_pay_as_you_go() -> None:
    modules = CATALOGUE.plan_called("modules_pro")
    monthly = modules.price_for("month") if modules else None
    assert monthly is not None
    assert (monthly.id, monthly.pay_as_you_go) == ("price_crow_pro_monthly", False)
    pro = CATALOGUE.plan_called("pro")
    assert pro is not None
    assert pro.price_for("year") is not None
    assert pro.price_for(None) is None


@pytest.mark.parametrize(
    ("name", "plan_id"),
    [
        ("pro", "pro"),
        ("", "pro"),
        ("enterprise", "modules_enterprise"),
        ("plan-pro", "pro"),
        ("plan-enterprise", "modules_enterprise"),
        ("plan-modules_pro", "modules_pro"),
        ("gold", None),
        ("plan-", None),
        ("plan-plan-pro", None),
        ("PLAN-pro", None),
    ],
)
def test_a_plan_is_found_by_its_id_or_entitlement_key(name: str, plan_id: str | None) -> None:
    found = CATALOGUE.plan_called(name)
    assert (found.id if found else None) == plan_id


def test_a_plans_own_name_comes_before_one_with_a_prefix() -> None:
    named = tuple(
        Plan(id=name, name=name, features=(), prices=(), sold_at=("nyra",))
        for name in ("pro", "plan-pro")
    )
    catalogue = Catalogue(plans=named)
    assert catalogue.plan_called("plan-pro") == named[1]
    assert catalogue.plan_called("plan-pro", "nyra") == named[1]
    assert catalogue.plan_called("plan-plan-pro") == named[1]
    assert catalogue.plan_called("pro", "crow") is None
    assert catalogue.plan_called("", "crow") is None


def test_a_plan_is_found_by_its_product() -> None:
    found = CATALOGUE.plan_of_product("prod_modules_pro")
    assert found is not None
    assert (found.id, found.entitlement_key) == ("modules_pro", "pro")
    assert CATALOGUE.plan_of_product("prod_of_theirs") is None


@pytest.mark.parametrize(
    ("named", "ids"),
    [
        ("m", ["m", "m_annual", "m_payg"]),
        ("m, y", ["m", "y", "m_payg"]),
        ("m,y,p", ["m", "y", "p"]),
        ("m,y,p,more", ["m", "y", "p"]),
    ],
)
def test_configured_price_ids_replace_the_prices_of_a_module_plan_in_order(
    named: str, ids: list[str]
) -> None:
    plan = next(
        plan for plan in default_catalogue(modules_pro=named).plans if plan.id == "modules_pro"
    )
    assert [price.id for price in plan.prices] == ids
    assert [price.amount for price in plan.prices] == [1500, 15000, 2250]
    assert [price.pay_as_you_go for price in plan.prices] == [False, False, True]
    assert (plan.max_seats, plan.unit) == (3, "module")
