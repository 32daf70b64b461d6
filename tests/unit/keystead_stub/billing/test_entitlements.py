"""Entitlements and plans in the metadata of a purchase."""

from __future__ import annotations

from typing import Any

import pytest

from keystead_stub.billing.catalogue import default_catalogue
from keystead_stub.billing.entitlements import (
    UNNAMED,
    ProductEntitlement,
    entitlement_in,
    entitlement_of_product,
    item_of_plan,
    plan_in,
    to_metadata,
)


@pytest.mark.parametrize(
    "entitled", [ProductEntitlement("pro"), ProductEntitlement("pro", ("export", "sync"))]
)
def test_an_entitlement_written_to_metadata_is_read_back(entitled: ProductEntitlement) -> None:
    assert entitlement_in(to_metadata(entitled)) == entitled


def test_an_entitlement_without_features_writes_only_its_key() -> None:
    assert to_metadata(ProductEntitlement("pro")) == {"key": "pro"}


@pytest.mark.parametrize("metadata", [None, [], "key", {}, {"key": ""}, {"key": 1}])
def test_metadata_without_a_key_entitles_to_nothing(metadata: Any) -> None:
    assert entitlement_in(metadata) is None


def test_features_are_names_separated_by_commas() -> None:
    assert entitlement_in({"key": "pro", "features": "a,,b"}) == ProductEntitlement(
        "pro", ("a", "b")
    )
    assert entitlement_in({"key": "pro", "features": 3}) == ProductEntitlement("pro")


def test_the_entitlement_key_of_a_product_is_its_metadata_key_or_its_id() -> None:
    assert entitlement_of_product(
        {"id": "prod_1", "metadata": {"key": "gold", "features": "a"}}
    ) == ProductEntitlement("gold", ("a",))
    assert entitlement_of_product(
        {"id": "prod_1", "metadata": {"features": "a"}}
    ) == ProductEntitlement("prod_1", ("a",))
    assert entitlement_of_product({}) is None


@pytest.mark.parametrize(
    ("metadata", "plan"),
    [
        ({"plan": "pro"}, "pro"),
        ({"planId": "team"}, "team"),
        ({"plan": "pro", "planId": "team"}, "pro"),
        ({"tenantId": "acme"}, UNNAMED),
        ({"organizationId": "acme", "plan": "pro"}, "pro"),
        ({"seats": "3"}, None),
        (None, None),
    ],
)
def test_the_plan_is_read_from_the_metadata_key_plan_or_planid(
    metadata: Any, plan: str | None
) -> None:
    assert plan_in(metadata) == plan


def test_a_checkout_item_has_the_entitlement_of_its_plan_in_its_metadata() -> None:
    _, team, *_ = default_catalogue().plans
    order = item_of_plan(team, team.prices[0], 5)
    assert order.metadata == {
        "plan": "team",
        "priceId": "price_team_monthly",
        "seats": "5",
        "key": "team",
        "features": "export,sync,sharing",
    }
    assert (order.min_seats, order.max_seats, order.once) == (3, 200, False)


def test_the_default_number_of_seats_is_the_plans_minimum() -> None:
    _, team, *_ = default_catalogue().plans
    assert item_of_plan(team, team.prices[0], None).seats == 3
