"""The vendor's catalogue file: what is sold, and on which terms (specification §12.1). Pure.

Everything is checked, and a refusal names the key with its table: a mistyped `yearly` would be a
price that nobody can pay.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from re import compile as pattern
from typing import Any

import msgspec

from keystead.currencies import CURRENCIES, decimals
from keystead.errors import InvalidInput
from keystead.wire import mission_control
from keystead_stub.billing.catalogue import (
    MODULES,
    Catalogue,
    Interval,
    Plan,
    PlanPrice,
    promotions_in,
)
from keystead_stub.stripe_sim.engine.amounts import MINIMUM_CHARGE, MOST_MONEY

CODE = "invalid_catalogue"
#: The keys of a plan's prices, in the order in which they are offered.
_PERIODS: Mapping[str, Interval | None] = {"monthly": "month", "yearly": "year", "once": None}
_TOP = ("currency", "offline_grace_hours", "device_limit", "plans")
_PLAN = ("key", "name", "features", *_PERIODS, "seats", "trial_days")
_SEATS = ("min", "max")
#: A key is part of the ids of prices, and of metadata.
_KEY = pattern(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ALL_APIS = ("nyra", "mission-control", "stripe-integration", "dashclicks")
_MOST_HOURS = 366 * 24
_MOST_DEVICES = 1000
_MOST_SEATS = 1000
#: Stripe's limits (https://docs.stripe.com/api): a trial's days, and a value of metadata, in which
#: the features stand.
_MOST_TRIAL_DAYS = 730
_MOST_METADATA = 500
_MOST_NAME = 250


class VendorCatalogue(msgspec.Struct, frozen=True, kw_only=True):
    """What a vendor sells, and the terms of its licenses."""

    catalogue: Catalogue
    offline_grace_hours: int = 72
    device_limit: int = 3


def parse(text: str) -> VendorCatalogue:
    """Return the catalogue. Raises InvalidInput (``invalid_catalogue``)."""
    try:
        file = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise _invalid(f"it is not TOML ({error})") from None
    except RecursionError:
        raise _invalid("it is not TOML (nested too deeply)") from None
    _check_keys(file, _TOP, "at the top level")
    currency = _currency(file)
    hours = _whole(file, "offline_grace_hours", 72, (0, _MOST_HOURS), "at the top level")
    limit = _whole(file, "device_limit", 3, (1, _MOST_DEVICES), "at the top level")
    plans = tuple(_plans(file, currency))
    return VendorCatalogue(
        catalogue=Catalogue(
            plans=(*plans, *filter(None, map(_by_module, plans))),
            promotions=promotions_in(currency),
        ),
        offline_grace_hours=hours,
        device_limit=limit,
    )


def _currency(file: Mapping[str, Any]) -> str:
    currency = file.get("currency")
    if currency is None:
        raise _invalid("currency is missing")
    if not isinstance(currency, str) or currency.lower() not in CURRENCIES:
        raise _invalid(
            "currency has to be a currency that Stripe supports, such as usd, "
            f"not {_shown(currency)}"
        )
    return currency.lower()


def _plans(file: Mapping[str, Any], currency: str) -> Iterator[Plan]:
    tables = file.get("plans")
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        if tables is None:
            raise _invalid("[[plans]] is missing: there is nothing to sell")
        raise _invalid("plans has to be a list of tables, each written as [[plans]]")
    if not tables:
        raise _invalid("plans is empty: there is nothing to sell")
    seen: dict[str, int] = {}
    for number, table in enumerate(tables, 1):
        plan = _plan(table, number, currency)
        first = seen.setdefault(plan.id.lower(), number)
        if first != number:
            raise _invalid(
                f"key {_shown(plan.id)} in [[plans]] number {number} is the key of number {first}, "
                "too"
            )
        yield plan


def _plan(table: Mapping[str, Any], number: int, currency: str) -> Plan:
    key = table.get("key")
    place = f"in [[plans]] number {number}"
    if isinstance(key, str):
        place += f" ({_shown(key)})"
    _check_keys(table, _PLAN, place)
    if key is None:
        raise _invalid(f"key is missing {place}")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise _invalid(f"key {place} has to be letters, digits, '.', '_' or '-', at most 64")
    prices = tuple(_prices(table, key, currency, place))
    if not prices:
        raise _invalid(f"a price is missing {place}: monthly, yearly or once")
    least, most = _seats(table, place)
    days = _whole(table, "trial_days", 0, (0, _MOST_TRIAL_DAYS), place)
    if days and all(price.interval is None for price in prices):
        raise _invalid(f"trial_days {place} has no effect: what is paid once has no trial")
    # A tenant's status says that it has bought nothing by the word `free`.
    apis = _ALL_APIS if key != mission_control.FREE else tuple(set(_ALL_APIS) - {_MISSION_CONTROL})
    return Plan(
        id=key,
        name=_name(table, key, place),
        features=_features(table, place),
        prices=prices,
        min_seats=least,
        max_seats=most,
        sold_at=apis,
        trial_days=days,
    )


_MISSION_CONTROL = "mission-control"


def _by_module(plan: Plan) -> Plan | None:
    """The plan as `crow` sells it, by the module and for a period; null if it is paid once."""
    # `~` is in no plan's key, so that no id is another plan's.
    prices = tuple(
        msgspec.structs.replace(price, id=price.id.replace("price_", "price_modules~", 1))
        for price in plan.prices
        if price.interval is not None
    )
    if not prices:
        return None
    return msgspec.structs.replace(
        plan,
        id=f"modules~{plan.id}",
        key=plan.id,
        prices=prices,
        min_seats=1,
        max_seats=len(MODULES),
        sold_at=("crow",),
        unit="module",
    )


def _name(table: Mapping[str, Any], key: str, place: str) -> str:
    name = table.get("name", key)
    if not _is_line(name) or len(name) > _MOST_NAME:
        raise _invalid(f"name {place} has to be a line of text")
    return str(name)


def _features(table: Mapping[str, Any], place: str) -> tuple[str, ...]:
    features = table.get("features", [])
    if not isinstance(features, list):
        raise _invalid(f"features {place} has to be a list of texts")
    for one in features:
        # They are separated by commas in Stripe's metadata.
        if not _is_line(one) or "," in one:
            raise _invalid(
                f"features {place} has to be a list of texts without commas, and has {_shown(one)}"
            )
    if len(set(features)) < len(features):
        raise _invalid(f"features {place} has the same one twice")
    if len(",".join(features)) > _MOST_METADATA:
        raise _invalid(f"features {place} have more than {_MOST_METADATA} characters together")
    return tuple(features)


def _is_line(value: object) -> bool:
    return isinstance(value, str) and value != "" and value == value.strip() and value.isprintable()


def _prices(table: Mapping[str, Any], key: str, currency: str, place: str) -> Iterator[PlanPrice]:
    for period, interval in _PERIODS.items():
        if period in table:
            amount = _amount(table, period, currency, place)
            # A price's amount never changes at Stripe: with another amount it is another price.
            price_id = f"price_{key}_{period}_{currency}_{amount}"
            yield PlanPrice(id=price_id, interval=interval, amount=amount, currency=currency)


def _amount(table: Mapping[str, Any], period: str, currency: str, place: str) -> int:
    amount = _whole(table, period, 0, (0, MOST_MONEY), place)
    least = MINIMUM_CHARGE.get(currency, 1)
    if 0 < amount < least:
        raise _invalid(
            f"{period} {place} is less than Stripe charges: use 0, or {least} {currency} or more "
            "(in the currency's smallest unit)"
        )
    # https://docs.stripe.com/currencies#three-decimal
    if decimals(currency) == 3 and amount % 10:
        raise _invalid(f"{period} {place} has to be a multiple of 10 in {currency}")
    return amount


def _seats(table: Mapping[str, Any], place: str) -> tuple[int, int]:
    seats = table.get("seats")
    if seats is None:
        return 1, 1
    if not isinstance(seats, dict):
        raise _invalid(f"seats {place} has to be a table, such as {{ min = 1, max = 50 }}")
    within = f"in seats {place}"
    _check_keys(seats, _SEATS, within)
    least = _whole(seats, "min", 1, (1, _MOST_SEATS), within)
    most = _whole(seats, "max", _MOST_SEATS, (1, _MOST_SEATS), within)
    if least > most:
        raise _invalid(f"min {within} is more than max ({least} and {most})")
    return least, most


def _whole(
    table: Mapping[str, Any], key: str, default: int, limits: tuple[int, int], place: str
) -> int:
    value = table.get(key, default)
    least, most = limits
    # True is an integer in Python, and none in a catalogue.
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _invalid(
            f"{key} {place} has to be a whole number from {least} to {most}, not {_shown(value)}"
        )
    return value


def _check_keys(table: Mapping[str, Any], known: Collection[str], place: str) -> None:
    for key in table:
        if key not in known:
            close = get_close_matches(key, known, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise _invalid(f"unknown key {_shown(key)} {place}{hint}")


def _shown(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    short = text if len(text) <= 60 else text[:59] + "…"
    return f'"{short}"' if isinstance(value, str) else short


def _invalid(why: str) -> InvalidInput:
    return InvalidInput(f"The catalogue cannot be used: {why.rstrip('.')}.", code=CODE)
