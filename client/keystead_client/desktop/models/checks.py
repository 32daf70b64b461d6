"""The screen with the checks of diagnostics, a sign for each."""

from __future__ import annotations

import msgspec

from keystead.local_api import Check
from keystead_client import formatting
from keystead_client.desktop.models.known import Doing, Known, Trouble
from keystead_client.desktop.models.words import WORDS

#: What the daemon looks at, in its order; shown as under way until it answers.
_EXPECTED = ("server", "tls", "clock", "keyring", "license")


class CheckRow(msgspec.Struct, frozen=True):
    """``tone`` gives the sign, and ``state`` says the same."""

    name: str
    tone: str
    state: str
    detail: str
    fix: str


class ChecksModel(msgspec.Struct, frozen=True, kw_only=True):
    lead: str
    rows: tuple[CheckRow, ...]
    trouble: Trouble | None
    busy: str
    enabled: bool


def checks_model(known: Known) -> ChecksModel:
    """The screen for what is known."""
    busy = _busy(known)
    return ChecksModel(
        lead=_lead(known),
        rows=_rows(known),
        trouble=known.found_trouble,
        busy=busy,
        enabled=known.up and not busy,
    )


def _lead(known: Known) -> str:
    if Doing.CHECKS in known.doing or known.found is None:
        return ""
    well = all(check.ok for check in known.found.checks)
    return WORDS("checks.well" if well else "checks.not_well")


def _rows(known: Known) -> tuple[CheckRow, ...]:
    if Doing.CHECKS in known.doing:
        under_way = WORDS("checks.running")
        return tuple(CheckRow(_name(one), "wait", under_way, "", "") for one in _EXPECTED)
    if known.found is None:
        return ()
    daemon = WORDS("checks.daemon", version=formatting.printable(known.found.info.version))
    first = Check(name="daemon", ok=True, detail=daemon)
    return tuple(_row(check) for check in (first, *known.found.checks))


def _row(check: Check) -> CheckRow:
    return CheckRow(
        name=_name(check.name),
        tone="ok" if check.ok else "attention",
        state=WORDS("checks.ok" if check.ok else "checks.not_ok"),
        detail=formatting.printable(check.detail),
        fix="" if check.ok else formatting.printable(check.fix or ""),
    )


def _name(name: str) -> str:
    message = f"check.{name}"
    return WORDS(message) if message in WORDS else formatting.printable(name)


def _busy(known: Known) -> str:
    for doing, message in (
        (Doing.CHECKS, "checks.loading"),
        (Doing.BUNDLE, "bundle.saving"),
        (Doing.DIAGNOSTICS, "copying"),
    ):
        if doing in known.doing:
            return WORDS(message)
    return ""
