"""The checklist of a deployment: before it, verification, no-go rules and rollback. Pure.

What a program can see is decided here from settings and the backend's health; what has to be run is
run by `commands.verification`. The rest is for a person, with the command that does it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import msgspec

from keystead.wire import nyra as wire
from keystead_stub.ops import production_values
from keystead_stub.settings import CONFIRMATIONS, Settings

Outcome = Literal["passed", "failed", "blocked", "not_run", "person"]
GO = "GO"


class Line(msgspec.Struct, frozen=True, rename="camel"):
    """One line of the checklist with its outcome, and what shows it or has to be done."""

    what: str
    outcome: Outcome
    detail: str = ""


class Part(msgspec.Struct, frozen=True):
    """A part of the checklist."""

    title: str
    lines: tuple[Line, ...]


def before_deployment(
    settings: Settings, *, waiting: Collection[str], url: str, health: wire.Health | None
) -> Part:
    """Return the lines for before a deployment; `waiting` are values that nobody has entered.

    `health` is null where no backend answers at `url`.
    """
    answers = health is not None
    database_ok = health is not None and health.checks.database.ok
    not_kept = f"no database is named by {production_values.DATABASE}"
    values = [field.name for field in production_values.VALUES]
    open_values = [name for name in values if name in waiting]
    missing_origin = [] if settings.allowed_origin else ["ALLOWED_ORIGIN is not set"]
    return Part(
        "Before deployment",
        (
            line("The backend's host is there and answers", [] if answers else [f"not at {url}"]),
            _confirmed(settings, "The backend's domain is approved", "BACKEND_ADDRESS"),
            line("The database is created", [not_kept] if settings.in_memory else []),
            line(
                "The form is saved, or `keystead-stub config sync` was run",
                [f"not entered: {', '.join(open_values)}"] if open_values else [],
            ),
            line(
                "The configuration has the database and ALLOWED_ORIGIN",
                [*([not_kept] if settings.in_memory else []), *missing_origin],
            ),
            line(
                "Migrations are applied",
                [] if database_ok else ["the backend does not answer with a usable database"],
                # `serve` migrates before it listens.
                "a backend that answers has migrated its database",
            ),
            _confirmed(
                settings,
                "Product and monthly price are at Stripe, for the final price",
                "MONTHLY_PRICE",
                needs=("NYRA_STRIPE_PRICE_PRO_MONTHLY",),
            ),
            _confirmed(
                settings,
                "The customer portal offers canceling, invoices and changing the card",
                "CUSTOMER_PORTAL",
            ),
            _confirmed(settings, "The support inbox is there, secured and tested", "SUPPORT_INBOX"),
            _confirmed(settings, "An attorney or accountant approved the paid beta", "REVIEW"),
        ),
    )


def no_go_rules(
    settings: Settings,
    health: wire.Health | None,
    *,
    token_expires: bool | None,
    checkout_refused: bool | None,
) -> Part:
    """Return the no-go rules.

    `token_expires` and `checkout_refused` are what verification saw, null if it saw nothing.
    """
    unconfirmed = [name for name in CONFIRMATIONS if name not in settings.confirmed]
    return Part(
        "No-go rules",
        (
            line(
                "No live mode before a person has confirmed everything",
                [f"missing: {', '.join(unconfirmed)}"] if unconfirmed else [],
            ),
            # A configuration file with a secret was refused before this line.
            Line(
                "No secret or customer data in files or on the page",
                "passed",
                "the configuration file holds none; the form and the command refuse them",
            ),
            _seen(
                f"Device tokens expire, and are renewed by GET {wire.LICENSE_STATUS}",
                token_expires,
            ),
            _public_checkout(health, checkout_refused),
        ),
    )


def _public_checkout(health: wire.Health | None, refused: bool | None) -> Line:
    what = "No public checkout while deployability is NO_GO_LIVE_MONEY"
    if health is None:
        return Line(what, "not_run", "no backend answers")
    if health.stripe.mode != "live":
        return Line(what, "passed", f"Stripe is {health.stripe.mode}: no real money moves")
    if health.deployability.status == GO:
        return Line(what, "passed", "deployability is GO")
    return _seen(what, refused)


def _seen(what: str, seen: bool | None) -> Line:
    if seen is None:
        return Line(what, "not_run", "the verification did not get that far")
    return Line(what, "passed" if seen else "failed")


ROLLBACK = Part(
    "Rollback",
    (
        Line("Stop public checkouts first", "person", "keystead-stub checkout off"),
        Line(
            "Archive the price at Stripe, or link to no checkout, if activation is broken",
            "person",
            "Stripe's Dashboard, Product catalog",
        ),
        Line(
            "Start the previous version of the backend",
            "person",
            "pip install keystead[stub]==<previous version>; keystead-stub serve",
        ),
        Line(
            "Keep the data before anything destructive",
            "person",
            "pg_dump; an SQLite file is copied before a migration that drops data",
        ),
        Line(
            "Help the affected customers by the support runbook",
            "person",
            "their devices stay active offline until the grace period ends",
        ),
    ),
)


def line(what: str, reasons: list[str], shown: str = "") -> Line:
    """Return a line that is blocked by the reasons, or passed where there are none."""
    return Line(what, "blocked", "; ".join(reasons)) if reasons else Line(what, "passed", shown)


def _confirmed(
    settings: Settings, what: str, confirmation: str, needs: tuple[str, ...] = ()
) -> Line:
    name = f"NYRA_CONFIRMED_{confirmation}"
    unset = [f"{one} is not set" for one in needs if one in settings.generated]
    if name not in settings.confirmed:
        return line(what, [*unset, f"not confirmed ({name})"])
    return line(what, unset, f"confirmed on {settings.confirmed[name].isoformat()}")
