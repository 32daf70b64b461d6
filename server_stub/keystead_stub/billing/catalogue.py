"""The plans that are for sale, with their prices and features. Pure.

Amounts are in the currency's smallest unit, and per seat and period.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Interval = Literal["month", "year"]


#: A request may put this before a plan's name.
_PREFIX = "plan-"


class PlanPrice(msgspec.Struct, frozen=True):
    """One price of a plan: `amount` per seat, or module, and `interval`; without one, paid once.

    A pay-as-you-go price is monthly and costs more.
    """

    id: str
    interval: Interval | None
    amount: int
    currency: str = "eur"
    pay_as_you_go: bool = False


class Plan(msgspec.Struct, frozen=True):
    """One plan: sold by the seat, from `min_seats` to `max_seats`, at these billing APIs.

    A plan that is sold by the module counts modules instead of seats. `key` is its entitlement's
    key, if that is not the plan's id. A new customer's subscription begins with `trial_days`.
    """

    id: str
    name: str
    features: tuple[str, ...]
    prices: tuple[PlanPrice, ...]
    min_seats: int = 1
    max_seats: int = 50
    sold_at: tuple[str, ...] = ("nyra",)
    key: str = ""
    unit: Literal["seat", "module"] = "seat"
    #: The billing APIs at which it is for one person, whatever `max_seats` is.
    single_at: tuple[str, ...] = ()
    trial_days: int = 0

    def seats_at(self, api: str) -> tuple[int, int]:
        """The fewest and most seats that this billing API sells."""
        return (1, 1) if api in self.single_at else (self.min_seats, self.max_seats)

    def price_for(self, interval: Interval | None) -> PlanPrice | None:
        """The price of this interval; null as `interval` is the price that is paid once."""
        # A pay-as-you-go price is monthly, too, and is bought by its id only.
        found = (one for one in self.prices if not one.pay_as_you_go)
        return next((one for one in found if one.interval == interval), None)

    @property
    def names(self) -> tuple[str, ...]:
        """What requests and metadata may call it."""
        return (self.id, self.entitlement_key)

    @property
    def entitlement_key(self) -> str:
        return self.key or self.id

    @property
    def product_id(self) -> str:
        return f"prod_{self.id}"


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion code to test with: a percentage or an amount off, for `months` or once.

    One that is not `active` shows how an expired code is refused.
    """

    code: str
    name: str
    percent_off: float | None = None
    amount_off: int | None = None
    currency: str = "eur"
    months: int | None = None
    active: bool = True


class Catalogue(msgspec.Struct, frozen=True):
    """All plans; each price id belongs to one of them. `promotions` exist from the start.

    `retired` are plans, each with the prices that are no longer sold: whoever pays by one of them
    keeps what it gives.
    """

    plans: tuple[Plan, ...]
    promotions: tuple[Promotion, ...] = ()
    retired: tuple[Plan, ...] = ()

    def sold_at(self, api: str) -> tuple[Plan, ...]:
        """The plans of a billing API; the first is the default."""
        return tuple(plan for plan in self.plans if api in plan.sold_at)

    @property
    def price_ids(self) -> frozenset[str]:
        """The ids of all prices that give a license, also of those that are no longer sold."""
        return frozenset(price.id for plan in self._known for price in plan.prices)

    @property
    def _known(self) -> tuple[Plan, ...]:
        return (*self.plans, *self.retired)

    def find_price(self, price_id: str) -> tuple[Plan, PlanPrice] | None:
        """The price with its plan; for a retired price of a plan that is still sold, that plan."""
        for known in self._known:
            for price in known.prices:
                if price.id == price_id:
                    sold = next((one for one in self.plans if one.id == known.id), known)
                    return sold, price
        return None

    def plan_called(self, name: str, api: str | None = None) -> Plan | None:
        """The plan with this name, of those that `api` sells; the first one for an empty name.

        Each of a plan's names is also accepted after `plan-`.
        """
        plans = self._known if api is None else self.sold_at(api)
        # As it is first: a catalogue may have a plan whose own name begins so.
        names = (name, name.removeprefix(_PREFIX))
        called = (one for text in names for one in plans if text in one.names)
        return next(called if name else iter(plans), None)

    def names_plan(self, key: str) -> bool:
        """Whether it is the id or the entitlement key of a plan, in whatever case."""
        return any(
            key.strip().lower() in {one.id.lower(), one.entitlement_key.lower()}
            for one in self._known
        )

    def plan_of_product(self, product_id: str) -> Plan | None:
        return next((plan for plan in self._known if plan.product_id == product_id), None)


#: The modules of plans that are sold by the module.
MODULES = ("web", "cctv", "social")


def promotions_in(currency: str) -> tuple[Promotion, ...]:
    """The promotion codes to test with; an amount off is in this currency."""
    return (
        Promotion(code="LAUNCH20", name="Launch", percent_off=20, months=3),
        Promotion(code="WELCOME5", name="Welcome", amount_off=500, currency=currency),
        Promotion(code="FREEMONTH", name="First month free", percent_off=100),
        Promotion(code="BYGONE", name="Last year's launch", percent_off=50, active=False),
    )


def default_catalogue(
    *,
    pro_monthly: str = "price_nyra_pro_monthly",
    pro_yearly: str = "price_nyra_pro_yearly",
    modules_pro: str = "price_crow_pro_monthly",
    modules_enterprise: str = "price_crow_enterprise_monthly",
) -> Catalogue:
    """The stub's own plans; the price ids can be those of a real Stripe account.

    The last two list a plan's monthly, annual and pay-as-you-go price ids per module, separated by
    commas; a missing id is derived from the first.
    """
    pro = Plan(
        id="pro",
        name="Pro",
        features=("export", "sync"),
        prices=(
            PlanPrice(id=pro_monthly, interval="month", amount=1200),
            PlanPrice(id=pro_yearly, interval="year", amount=12000),
        ),
        sold_at=("nyra", "mission-control", "stripe-integration", "dashclicks"),
        # Mission Control's own documents sell it to one person.
        single_at=("mission-control",),
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
    by_module = (
        _by_module("pro", "Pro", ("export", "sync"), modules_pro, 1500),
        _by_module(
            "enterprise", "Enterprise", ("export", "sync", "audit"), modules_enterprise, 4000
        ),
    )
    return Catalogue(plans=(pro, team, *by_module), promotions=promotions_in("eur"))


def _by_module(
    key: str, name: str, features: tuple[str, ...], price_ids: str, monthly: int
) -> Plan:
    named = [one.strip() for one in price_ids.split(",")]
    ids = [*named[:3], *(f"{named[0]}_{kind}" for kind in ("annual", "payg")[len(named[:3]) - 1 :])]
    return Plan(
        id=f"modules_{key}",
        key=key,
        name=name,
        features=features,
        prices=(
            PlanPrice(id=ids[0], interval="month", amount=monthly),
            PlanPrice(id=ids[1], interval="year", amount=monthly * 10),
            PlanPrice(id=ids[2], interval="month", amount=monthly * 3 // 2, pay_as_you_go=True),
        ),
        max_seats=len(MODULES),
        sold_at=("crow",),
        unit="module",
    )
