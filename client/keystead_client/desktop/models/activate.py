"""The screen on which a plan is chosen."""

from __future__ import annotations

import msgspec

from keystead.activation import State
from keystead.local_api import CheckoutParams
from keystead.wire.nyra import Plan, PlansAnswer, Price
from keystead_client.desktop.models.app_state import Choice, Doing, Known, Trouble, able
from keystead_client.desktop.models.catalog import WORDS
from keystead_client.display_names import words_of
from keystead_client.formats import money, printable
from keystead_client.plan_options import offered

_PERIODS = ("monthly", "yearly", "pay_as_you_go", "once")


class Card(msgspec.Struct, frozen=True):
    """One plan: ``price`` says what a seat and a period cost, with ``amount`` in it.

    ``includes`` says what the ``features`` are that it includes.
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
    """What the screen shows; ``seats`` is None where there is nothing to choose.

    Who has paid already ``restores`` that by a mail, or ``joins`` it by signing in.
    """

    loading: bool
    trouble: Trouble | None
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


def activate_model(known: Known) -> ActivateModel:
    """The screen for what is known."""
    listed = plans_of(known)
    plans = listed.plans if listed else ()
    choice = settled(known.choice, listed)
    plan = next((one for one in plans if one.plan == choice.plan), None)
    price = plan and _price(plan, choice.billing_period)
    starting = Doing.CHECKOUT in known.doing
    joining = Doing.JOIN in known.doing
    return ActivateModel(
        loading=known.plans is None and known.plans_trouble is None,
        trouble=_trouble(known),
        cards=tuple(_card(one, choice) for one in plans),
        periods=_periods(plan, choice),
        modules=_modules(plan, choice),
        seats=_seats(plan, choice),
        total=_total(price, len(choice.modules) or choice.seats) if price else "",
        ready=price is not None and not starting and not joining and known.up,
        starting=starting,
        restores=able(known).restore,
        joins=not able(known).restore and able(known).sign_in,
        busy=WORDS("join.doing") if joining else "",
        can_go_back=known.view is not None and known.view.state is not State.UNACTIVATED,
    )


def plans_of(known: Known) -> PlansAnswer | None:
    """The plans, with the choices that the billing service leaves."""
    return offered(known.plans, able(known)) if known.plans is not None else None


def settled(choice: Choice, plans: PlansAnswer | None) -> Choice:
    """The choice made possible: a plan and a period that are sold, seats within its limits."""
    listed = plans.plans if plans else ()
    plan = next((one for one in listed if one.plan == choice.plan), None) or (
        listed[0] if listed else None
    )
    if plan is None:
        return choice
    sold = _sold(plan)
    period = choice.billing_period if choice.billing_period in sold else next(iter(sold), None)
    seats = max(plan.min_seats, min(choice.seats, plan.max_seats))
    wanted = tuple(name for name in plan.modules if name in choice.modules)
    return Choice(plan.plan, period, seats, wanted or tuple(plan.modules)[:1])


def checkout_params(known: Known, return_url: str | None) -> CheckoutParams:
    """What to ask the daemon for; the page after paying leads to ``return_url``."""
    choice, can = settled(known.choice, plans_of(known)), able(known)
    return CheckoutParams(
        plan=choice.plan,
        billing_period=choice.billing_period if can.periods else None,
        seats=choice.seats if can.seats else None,
        modules=choice.modules if can.modules else (),
        return_url=return_url,
        locale=WORDS.language.tag,
    )


def _trouble(known: Known) -> Trouble | None:
    if known.plans is not None and not known.plans.plans:
        return Trouble(WORDS("plans.none"))
    return known.plans_trouble


def _card(plan: Plan, choice: Choice) -> Card:
    price = _price(plan, choice.billing_period) or next(iter(plan.prices), None)
    features = tuple(map(words_of, plan.features))
    return Card(
        plan=plan.plan,
        name=printable(plan.name),
        price=_each(price, plan) if price else "",
        amount=_amount(price) if price else "",
        features=features,
        includes=WORDS("plans.features", features=WORDS.language.listed(features))
        if features
        else "",
        chosen=plan.plan == choice.plan,
    )


def _periods(plan: Plan | None, choice: Choice) -> tuple[Period, ...]:
    values = _sold(plan) if plan else ()
    if len(values) < 2:
        return ()
    return tuple(
        Period(value, _period_name(value), value == choice.billing_period) for value in values
    )


def _period_name(value: str) -> str:
    message = f"plans.period.{value}"
    return WORDS(message) if message in WORDS else printable(value)


def _seats(plan: Plan | None, choice: Choice) -> SeatRange | None:
    if plan is None or plan.min_seats >= plan.max_seats:
        return None
    return SeatRange(plan.min_seats, plan.max_seats, choice.seats)


def _modules(plan: Plan | None, choice: Choice) -> tuple[Module, ...]:
    names = tuple(plan.modules) if plan is not None else ()
    return tuple(Module(name, words_of(name), name in choice.modules) for name in names)


def _sold(plan: Plan) -> tuple[str, ...]:
    """The plan's billing periods, the usual ones first and in their order."""
    periods = dict.fromkeys(price.billing_period for price in plan.prices)
    usual = [one for one in _PERIODS if one in periods]
    return (*usual, *(one for one in periods if one not in _PERIODS))


def _price(plan: Plan, period: str | None) -> Price | None:
    return next((price for price in plan.prices if price.billing_period == period), None)


def _each(price: Price, plan: Plan) -> str:
    by_seat = "plans.seat.each" if plan.max_seats > 1 else "plans.seat"
    message = "plans.module.each" if plan.modules else by_seat
    return WORDS(message, price=_amount(price), per=_per(price))


def _total(price: Price, seats: int) -> str:
    return WORDS("plans.total", price=_amount(price, seats), per=_per(price))


def _amount(price: Price, seats: int = 1) -> str:
    return money(price.amount * seats, price.currency, WORDS)


def _per(price: Price) -> str:
    message = f"plans.per.{price.billing_period}"
    return WORDS(message if message in WORDS else "plans.per.other")
