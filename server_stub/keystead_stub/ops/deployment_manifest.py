"""What stands between this backend and real money: routes, secrets, values, blockers. Pure.

Names and where they belong; of what is secret, never a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from keystead.wire import nyra as wire
from keystead_stub.ops import production_values
from keystead_stub.ops.production_values import Outcome
from keystead_stub.settings import SECRETS, Settings, blockers, is_placeholder

State = Literal["set", "made", "missing"]
ENVIRONMENT = "environment, from the secret store"
CONFIG_FILE = "config file"

_KEY, _HOOK = "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"
_SIGNS = "NYRA_LICENSE_SIGNING_SECRET"
_OPERATOR = "NYRA_LICENSE_API_TOKEN"

#: What each secret is for.
PURPOSES = {
    _KEY: "asks Stripe",
    _HOOK: "knows Stripe's webhooks; two, separated by a comma, while one replaces the other",
    "NYRA_STRIPE_PRICE_PRO_MONTHLY": "the price that is sold; kept with the keys of its account",
    _OPERATOR: "the operator's own",
    _SIGNS: "signs licenses and tokens; clients pin its public half",
}
#: What each route of the native billing API cannot do without.
_NEEDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("GET", wire.HEALTH): (),
    ("POST", wire.CHECKOUT): (
        _KEY,
        "NYRA_STRIPE_PRICE_PRO_MONTHLY",
        "NYRA_BILLING_SUCCESS_URL",
        "NYRA_BILLING_CANCEL_URL",
    ),
    ("POST", wire.PORTAL): (_KEY, _SIGNS, "NYRA_BILLING_RETURN_URL"),
    ("POST", wire.WEBHOOK): (_HOOK,),
    ("GET", wire.PLANS): ("NYRA_STRIPE_PRICE_PRO_MONTHLY",),
    ("GET", wire.INVOICES): (_KEY, _SIGNS),
    ("GET", wire.LICENSE_STATUS): (_KEY, _SIGNS, _OPERATOR),
    ("GET", wire.DEVICES): (_SIGNS,),
    ("DELETE", wire.DEVICES + "/{deviceId}"): (_SIGNS,),
    ("POST", wire.DEACTIVATE): (_SIGNS,),
    ("GET", wire.KEYS): (_SIGNS,),
    ("POST", wire.RESTORE): (),
}


class Route(msgspec.Struct, frozen=True, rename="camel"):
    """A route; `reasons` say why it is not ready for real money."""

    method: str
    path: str
    ready: bool
    reasons: tuple[str, ...]


class Secret(msgspec.Struct, frozen=True, rename="camel"):
    """A secret: what for, where it belongs, and whether it is there; not what it is."""

    name: str
    purpose: str
    belongs: str
    state: State


class Value(msgspec.Struct, frozen=True, rename="camel"):
    """A value that is no secret. `state` is of this run, `waits` of the config file."""

    name: str
    belongs: str
    state: State
    waits: bool


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All of it; `status` is ``GO`` or ``NO_GO_LIVE_MONEY``."""

    stripe: str
    status: str
    blockers: tuple[str, ...]
    checkout_enabled: bool
    routes: tuple[Route, ...]
    secrets: tuple[Secret, ...]
    values: tuple[Value, ...]


def manifest(
    settings: Settings,
    outcome: Outcome,
    *,
    selling: bool,
    database: bool,
    more: tuple[str, ...] = (),
) -> Manifest:
    """How things stand. `outcome` is of the config file, `selling` of the checkout switch.

    `database` is whether it is one that outlives the process; `more` are blockers found elsewhere.
    """
    states = {name: _state(settings, name) for name in SECRETS}
    states["ALLOWED_ORIGIN"] = "set" if settings.allowed_origin else "missing"
    states["STRIPE_API_VERSION"] = "set"
    states[production_values.DATABASE] = "set" if database else "made"
    found = [*blockers(settings), *more]
    if not database:
        found.append("the database is in memory")
    if not selling:
        found.append("checkout is switched off")
    return Manifest(
        stripe=settings.mode,
        status="NO_GO_LIVE_MONEY" if found else "GO",
        blockers=tuple(found),
        checkout_enabled=selling,
        routes=tuple(_route(*of, needs, states, selling) for of, needs in _NEEDS.items()),
        secrets=tuple(
            Secret(name, purpose, ENVIRONMENT, states[name]) for name, purpose in PURPOSES.items()
        ),
        values=tuple(
            Value(name, CONFIG_FILE, states[name], name in outcome.waiting)
            for name in production_values.NAMES
        ),
    )


def _state(settings: Settings, name: str) -> State:
    if name in settings.made:
        return "made"
    return "missing" if is_placeholder(getattr(settings, SECRETS[name])) else "set"


def _route(
    method: str, path: str, needs: tuple[str, ...], states: Mapping[str, State], selling: bool
) -> Route:
    said = {"made": "was made up for this run", "missing": "is not set"}
    reasons = [f"{name} {said[states[name]]}" for name in needs if states[name] != "set"]
    if path == wire.CHECKOUT and not selling:
        reasons.append("checkout is switched off")
    return Route(method, path, not reasons, tuple(reasons))


def shown(manifest: Manifest) -> dict[str, Any]:
    """The manifest as JSON."""
    plain: dict[str, Any] = msgspec.to_builtins(manifest)
    return plain
