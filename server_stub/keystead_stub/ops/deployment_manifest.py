"""The deployment manifest: what a deployment consists of and needs, and how far this one is. Pure.

It contains names and where each belongs, and never the value of a secret. Keys, names and routes
are the documented ones; runtime and storage are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import msgspec

from keystead.wire import nyra as wire
from keystead_stub.ops import production_values
from keystead_stub.ops.health import SERVICE
from keystead_stub.ops.live_blockers import open_blockers
from keystead_stub.ops.production_values import Outcome
from keystead_stub.settings import (
    CONFIRMATIONS,
    SECRETS,
    Settings,
    blockers,
    is_placeholder,
)

SCOPE = "Billing backend of the paid beta: checkout, portal, webhooks, devices, license status"
RUNTIME = "Python 3.11 or newer, ASGI"
DATABASE_NAME = "nyra_billing"
MIGRATIONS = "server_stub/keystead_stub/store/migrations"
TABLES = ("billing_customers", "processed_events", "device_activations")
REQUIRED_VARS = ("ALLOWED_ORIGIN", "STRIPE_API_VERSION")
CHECKS = ("keystead-stub preflight --mode test --allow-blocked", "keystead-stub checklist")
#: The documented routes; the others of the native billing API are beyond the document.
ROUTES = (
    ("GET", wire.HEALTH),
    ("POST", wire.CHECKOUT),
    ("POST", wire.PORTAL),
    ("POST", wire.WEBHOOK),
    ("GET", wire.LICENSE_STATUS),
)

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
    _SIGNS: "signs licenses and tokens, and clients pin its public key; several, separated by "
    "commas, during a rotation: the first signs",
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
    ("GET", wire.KEYS): (),
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


class Confirmation(msgspec.Struct, frozen=True, rename="camel"):
    """What a person confirms before live payments, and the date on which one did."""

    name: str
    what: str
    confirmed_on: str | None


class Storage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The database; `binding` is the setting that names it."""

    type: str
    binding: str = production_values.DATABASE
    database_name: str = DATABASE_NAME
    migrations_dir: str = MIGRATIONS
    tables: tuple[str, ...] = TABLES


class Deployment(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The documented manifest; `live_blockers` are those that still stand."""

    service: str = SERVICE
    scope: str = SCOPE
    runtime: str = RUNTIME
    storage: Storage
    routes: tuple[str, ...] = tuple(f"{method} {path}" for method, path in ROUTES)
    required_secrets: tuple[str, ...] = tuple(SECRETS)
    required_vars: tuple[str, ...] = REQUIRED_VARS
    checks: tuple[str, ...] = CHECKS
    live_blockers: tuple[str, ...]


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The manifest with the state of this run; `status` is ``GO`` or ``NO_GO_LIVE_MONEY``."""

    deployment: Deployment
    stripe: str
    status: str
    blockers: tuple[str, ...]
    confirmations: tuple[Confirmation, ...]
    checkout_enabled: bool
    route_status: tuple[Route, ...]
    secrets: tuple[Secret, ...]
    values: tuple[Value, ...]


def deployment(settings: Settings, storage: str) -> Deployment:
    """Return the documented manifest of a deployment; `storage` is the kind of its database."""
    given = {name for name, state in _states(settings).items() if state == "set"}
    standing = open_blockers(given, settings.confirmed)
    return Deployment(
        storage=Storage(type=storage), live_blockers=tuple(one.what for one in standing)
    )


def manifest(
    settings: Settings,
    outcome: Outcome,
    *,
    selling: bool,
    storage: str,
    more: tuple[str, ...] = (),
) -> Manifest:
    """Build the manifest. `outcome` is of the config file, `selling` is the checkout switch.

    `storage` is the kind of the database; `more` are further blockers.
    """
    states = _states(settings)
    found = [*blockers(settings), *more]
    if not selling:
        found.append("checkout is switched off")
    return Manifest(
        deployment=deployment(settings, storage),
        stripe=settings.mode,
        status="NO_GO_LIVE_MONEY" if found else "GO",
        blockers=tuple(found),
        confirmations=confirmations_of(settings.confirmed),
        checkout_enabled=selling,
        route_status=tuple(_route(*of, needs, states, selling) for of, needs in _NEEDS.items()),
        secrets=tuple(
            Secret(name, purpose, ENVIRONMENT, states[name]) for name, purpose in PURPOSES.items()
        ),
        values=tuple(
            Value(name, CONFIG_FILE, states[name], name in outcome.waiting)
            for name in production_values.NAMES
        ),
    )


def confirmations_of(dates: Mapping[str, date]) -> tuple[Confirmation, ...]:
    """Return all confirmations, with the dates of those that were given."""
    return tuple(
        Confirmation(name, what, dates[name].isoformat() if name in dates else None)
        for name, what in CONFIRMATIONS.items()
    )


def _states(settings: Settings) -> dict[str, State]:
    """Return the state of each setting in this run."""
    states = {name: _state(settings, name) for name in SECRETS}
    states["ALLOWED_ORIGIN"] = "set" if settings.allowed_origin else "missing"
    states["STRIPE_API_VERSION"] = "set"
    states[production_values.DATABASE] = "made" if settings.in_memory else "set"
    for name in CONFIRMATIONS:
        states[name] = "set" if name in settings.confirmed else "missing"
    return states


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
    """Return the manifest as JSON: the documented keys, then the state of this run."""
    plain: dict[str, Any] = msgspec.to_builtins(manifest)
    documented: dict[str, Any] = plain.pop("deployment")
    return documented | plain
