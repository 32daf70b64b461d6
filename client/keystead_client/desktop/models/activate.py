"""The page on which a plan is chosen."""

from __future__ import annotations

import msgspec

from keystead.activation import State
from keystead.local_api import CheckoutParams
from keystead.wire.nyra import Plan, PlansAnswer, Price
from keystead_client.desktop.models.app_state import (
    AppState,
    Operation,
    PlanSelection,
    Problem,
    capabilities_of,
)
from keystead_client.desktop.models.catalog import tr
from keystead_client.display_names import display_name
from keystead_client.formats import money, printable
from keystead_client.plan_options import restrict_plans

_PERIODS = ("monthly", "yearly", "pay_as_you_go", "once")


class Card(msgspec.Struct, frozen=True):
    """One plan. ``price`` is what a seat and a period cost, with ``amount`` in it.

    ``includes`` is the sentence that introduces the ``features``.
    """

    plan: str
    name: str
    price: str
    amount: str
    features: tuple[str, ...]
    includes: str
    chosen: bool


class Period(msgspec.Struct, frozen=True):
    value: str
    label: str
    chosen: bool


class Module(msgspec.Struct, frozen=True):
    name: str
    label: str
    chosen: bool


class SeatRange(msgspec.Struct, frozen=True):
    least: int
    most: int
    value: int


class ActivateModel(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows; ``seats`` is None if there is nothing to choose.

    ``restores`` and ``joins`` say how a customer who has paid already gets in: by a mailed link, or
    by signing in.
    """

    loading: bool
    problem: Problem | None
    cards: tuple[Card, ...]
    periods: tuple[Period, ...]
    modules: tuple[Module, ...]
    seats: SeatRange | None
    total: str
    ready: bool
    starting: bool
    restores: bool
    joins: bool
    busy: str
    can_go_back: bool


def activate_model(state: AppState) -> ActivateModel:
    """Build the page for a state."""
    listed = plans_of(state)
    plans = listed.plans if listed else ()
    selection = normalized(state.selection, listed)
    plan = next((one for one in plans if one.plan == selection.plan), None)
    price = plan and _price(plan, selection.billing_period)
    starting = Operation.CHECKOUT in state.in_progress
    joining = Operation.JOIN in state.in_progress
    return ActivateModel(
        loading=state.plans is None and state.plans_problem is None,
        problem=_problem(state),
        cards=tuple(_card(one, selection) for one in plans),
        periods=_periods(plan, selection),
        modules=_modules(plan, selection),
        seats=_seats(plan, selection),
        # A plan with modules is sold by the module, any other by the seat.
        total=_total(price, len(selection.modules) or selection.seats) if price else "",
        ready=price is not None and not starting and not joining and state.connected,
        starting=starting,
        restores=capabilities_of(state).restore,
        joins=not capabilities_of(state).restore and capabilities_of(state).sign_in,
        busy=tr("join.doing") if joining else "",
        can_go_back=state.view is not None and state.view.state is not State.UNACTIVATED,
    )


def plans_of(state: AppState) -> PlansAnswer | None:
    """Return the plans, without the choices that the billing service does not offer."""
    return restrict_plans(state.plans, capabilities_of(state)) if state.plans is not None else None


def normalized(selection: PlanSelection, plans: PlansAnswer | None) -> PlanSelection:
    """Return the selection with what is not sold corrected: plan, period, seats and modules."""
    listed = plans.plans if plans else ()
    plan = next((one for one in listed if one.plan == selection.plan), None) or (
        listed[0] if listed else None
    )
    if plan is None:
        return selection
    sold = _sold(plan)
    period = (
        selection.billing_period if selection.billing_period in sold else next(iter(sold), None)
    )
    seats = max(plan.min_seats, min(selection.seats, plan.max_seats))
    # In the plan's order, so that the same selection always has the same value.
    wanted = tuple(name for name in plan.modules if name in selection.modules)
    return PlanSelection(plan.plan, period, seats, wanted or tuple(plan.modules)[:1])


def checkout_params(state: AppState, return_url: str | None) -> CheckoutParams:
    """Build the parameters of ``checkout.start``; the page after paying leads to ``return_url``."""
    selection, can = normalized(state.selection, plans_of(state)), capabilities_of(state)
    return CheckoutParams(
        plan=selection.plan,
        billing_period=selection.billing_period if can.periods else None,
        seats=selection.seats if can.seats else None,
        modules=selection.modules if can.modules else (),
        return_url=return_url,
        locale=tr.language.tag,
    )


def _problem(state: AppState) -> Problem | None:
    if state.plans is not None and not state.plans.plans:
        return Problem(tr("plans.none"))
    return state.plans_problem


def _card(plan: Plan, selection: PlanSelection) -> Card:
    price = _price(plan, selection.billing_period) or next(iter(plan.prices), None)
    features = tuple(map(display_name, plan.features))
    return Card(
        plan=plan.plan,
        name=printable(plan.name),
        price=_each(price, plan) if price else "",
        amount=_amount(price) if price else "",
        features=features,
        includes=tr("plans.features", features=tr.language.listed(features)) if features else "",
        chosen=plan.plan == selection.plan,
    )


def _periods(plan: Plan | None, selection: PlanSelection) -> tuple[Period, ...]:
    values = _sold(plan) if plan else ()
    if len(values) < 2:
        return ()
    return tuple(
        Period(value, _period_name(value), value == selection.billing_period) for value in values
    )


def _period_name(value: str) -> str:
    message = f"plans.period.{value}"
    return tr(message) if message in tr else printable(value)


def _seats(plan: Plan | None, selection: PlanSelection) -> SeatRange | None:
    if plan is None or plan.min_seats >= plan.max_seats:
        return None
    return SeatRange(plan.min_seats, plan.max_seats, selection.seats)


def _modules(plan: Plan | None, selection: PlanSelection) -> tuple[Module, ...]:
    names = tuple(plan.modules) if plan is not None else ()
    return tuple(Module(name, display_name(name), name in selection.modules) for name in names)


def _sold(plan: Plan) -> tuple[str, ...]:
    """Return the plan's billing periods: the usual ones in their order, then any others."""
    periods = dict.fromkeys(price.billing_period for price in plan.prices)
    usual = [one for one in _PERIODS if one in periods]
    return (*usual, *(one for one in periods if one not in _PERIODS))


def _price(plan: Plan, period: str | None) -> Price | None:
    return next((price for price in plan.prices if price.billing_period == period), None)


def _each(price: Price, plan: Plan) -> str:
    by_seat = "plans.seat.each" if plan.max_seats > 1 else "plans.seat"
    message = "plans.module.each" if plan.modules else by_seat
    return tr(message, price=_amount(price), per=_per(price))


def _total(price: Price, seats: int) -> str:
    return tr("plans.total", price=_amount(price, seats), per=_per(price))


def _amount(price: Price, seats: int = 1) -> str:
    return money(price.amount * seats, price.currency, tr)


def _per(price: Price) -> str:
    message = f"plans.per.{price.billing_period}"
    return tr(message if message in tr else "plans.per.other")
