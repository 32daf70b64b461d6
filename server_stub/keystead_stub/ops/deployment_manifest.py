"""The deployment manifest: routes, secrets, values, and what blocks live payments. Pure.

It contains names and where each belongs, and never the value of a secret.
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

#: The purpose of each secret.
PURPOSES = {
    _KEY: "authenticates at Stripe",
    _HOOK: "verifies Stripe's webhooks; two, separated by a comma, during a rotation",
    "NYRA_STRIPE_PRICE_PRO_MONTHLY": "the price that is sold, at the same Stripe account",
    _OPERATOR: "authenticates the operator",
    _SIGNS: "signs licenses and tokens; clients pin its public key",
}
#: The settings that each route of the native billing API needs.
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
    """A route; `reasons` say why it is not ready for live payments."""

    method: str
    path: str
    ready: bool
    reasons: tuple[str, ...]


class Secret(msgspec.Struct, frozen=True, rename="camel"):
    """A secret: its purpose, where it belongs, and whether it is set; never its value."""

    name: str
    purpose: str
    belongs: str
    state: State


class Value(msgspec.Struct, frozen=True, rename="camel"):
    """A value that is not secret. `state` is of this run; `waits` if the config file lacks it."""

    name: str
    belongs: str
    state: State
    waits: bool


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The manifest; `status` is ``GO`` or ``NO_GO_LIVE_MONEY``."""

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
    """Build the manifest. `outcome` is of the config file, `selling` is the checkout switch.

    `database` is whether the database outlives the process; `more` are further blockers.
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
    if name in settings.generated:
        return "made"
    return "missing" if is_placeholder(getattr(settings, SECRETS[name])) else "set"


def _route(
    method: str, path: str, needs: tuple[str, ...], states: Mapping[str, State], selling: bool
) -> Route:
    texts = {"made": "was generated for this run", "missing": "is not set"}
    reasons = [f"{name} {texts[states[name]]}" for name in needs if states[name] != "set"]
    if path == wire.CHECKOUT and not selling:
        reasons.append("checkout is switched off")
    return Route(method, path, not reasons, tuple(reasons))


def shown(manifest: Manifest) -> dict[str, Any]:
    """The manifest as JSON."""
    plain: dict[str, Any] = msgspec.to_builtins(manifest)
    return plain
