"""What is for sale: the plans, their prices and the features that they unlock. Pure.

Amounts are in the currency's smallest unit, and per seat and period.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Interval = Literal["month", "year"]


class PlanPrice(msgspec.Struct, frozen=True):
    """One price of a plan: `amount` per seat and `interval`."""

    id: str
    interval: Interval
    amount: int
    currency: str = "eur"


class Plan(msgspec.Struct, frozen=True):
    """One plan: sold by the seat, from `min_seats` to `max_seats`, at these billing APIs."""

    id: str
    name: str
    features: tuple[str, ...]
    prices: tuple[PlanPrice, ...]
    min_seats: int = 1
    max_seats: int = 50
    sold_at: tuple[str, ...] = ("nyra",)

    @property
    def product_id(self) -> str:
        return f"prod_{self.id}"


class Catalogue(msgspec.Struct, frozen=True):
    """All plans. Every price id belongs to one plan."""

    plans: tuple[Plan, ...]

    def sold_at(self, api: str) -> tuple[Plan, ...]:
        """The plans of a billing API; the first is what is meant where none is named."""
        return tuple(plan for plan in self.plans if api in plan.sold_at)

    def find_price(self, price_id: str) -> tuple[Plan, PlanPrice] | None:
        for plan in self.plans:
            for price in plan.prices:
                if price.id == price_id:
                    return plan, price
        return None

    def price_of(self, plan_id: str, interval: Interval) -> PlanPrice | None:
        for plan in self.plans:
            for price in plan.prices:
                if (plan.id, price.interval) == (plan_id, interval):
                    return price
        return None

    def plan_of_product(self, product_id: str) -> Plan | None:
        return next((plan for plan in self.plans if plan.product_id == product_id), None)


def default_catalogue(
    *, pro_monthly: str = "price_nyra_pro_monthly", pro_yearly: str = "price_nyra_pro_yearly"
) -> Catalogue:
    """Return the stub's own plans; the price ids can be those of a real account."""
    pro = Plan(
        id="pro",
        name="Pro",
        features=("export", "sync"),
        prices=(
            PlanPrice(id=pro_monthly, interval="month", amount=1200),
            PlanPrice(id=pro_yearly, interval="year", amount=12000),
        ),
        sold_at=("nyra", "mission-control", "stripe-integration"),
    )
    team = Plan(
        id="team",
        name="Team",
        features=("export", "sync", "sharing"),
        prices=(
            PlanPrice(id="price_team_monthly", interval="month", amount=900),
            PlanPrice(id="price_team_yearly", interval="year", amount=9000),
        ),
        min_seats=3,
        max_seats=200,
        sold_at=("mission-control", "stripe-integration"),
    )
    return Catalogue(plans=(pro, team))
